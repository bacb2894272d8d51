import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { stub } from "@std/testing/mock";
import { Hono } from "hono";
import { memoryLimits } from "../../../lib/limits/memory.ts";
import { DEFAULT_RULES, type Limits, type Rule } from "../../../lib/limits/mod.ts";
import { addressBehind } from "../../../routes/caller.ts";
import { limitAddress, limitTenant } from "../../../routes/middleware/rate_limit.ts";
import { requireTenant, type TenantEnv } from "../../../routes/middleware/tenant.ts";
import { answerError, ProblemError } from "../../../routes/problem.ts";

/** An app with the middleware as the service has it, and one who asks it. */
function makeApp(rest: Rule, wrap = (limits: Limits) => limits) {
  const limits = wrap(memoryLimits({ ...DEFAULT_RULES, rest }));
  const tenants: Record<string, string> = { "acme-secret": "acme", "globex-secret": "globex" };
  const app = new Hono<TenantEnv>();
  app.onError(answerError(() => {}));
  app.use(
    "/v1/*",
    limitAddress(limits, addressBehind(0)),
    requireTenant((secret) => tenants[secret]),
    limitTenant(limits),
  );
  app.get("/v1/rooms", (c) => c.json({ rooms: [] }));
  app.get("/v1/broken", () => {
    throw new ProblemError("room_not_found", "Cannot find it");
  });
  return function get(path: string, { secret = "acme-secret", from = "192.0.2.1" } = {}) {
    // What `Deno.serve` hands to its handler beside the request.
    const info = {
      remoteAddr: { transport: "tcp", hostname: from, port: 50_000 } as const,
      completed: Promise.resolve(),
    } satisfies Deno.ServeHandlerInfo;
    return app.request(path, { headers: { authorization: `Bearer ${secret}` } }, info);
  };
}

/** Time stands still, so that no token comes back while a test runs. */
function frozen(test: () => Promise<void>): () => Promise<void> {
  return async () => {
    const now = Date.now();
    using _ = stub(Date, "now", () => now);
    await test();
  };
}

const shared = (limits: Limits): Limits => ({
  take: async (...args) => ({ ...await limits.take(...args), decidedBy: "shared" }),
});

describe("rate limits of REST", () => {
  it(
    "are told with each answer, of the tenant and of the address",
    frozen(async () => {
      const get = makeApp({ rate: 4, burst: 10 }, shared);
      await get("/v1/rooms", { from: "192.0.2.2" });
      const { status, headers } = await get("/v1/rooms");
      assertEquals(status, 200);
      assertEquals(headers.get("ratelimit-policy"), `"tenant";q=10;w=3, "address";q=10;w=3`);
      assertEquals(headers.get("ratelimit"), `"tenant";r=8;t=1, "address";r=9;t=1`);
      assertEquals(headers.get("retry-after"), null);
    }),
  );

  it(
    "are told with an answer that is an error",
    frozen(async () => {
      const { status, headers } = await makeApp({ rate: 1, burst: 10 }, shared)("/v1/broken");
      assertEquals(status, 404);
      assertEquals(headers.get("content-type"), "application/problem+json");
      assertEquals(headers.get("ratelimit"), `"tenant";r=9;t=1, "address";r=9;t=1`);
    }),
  );

  it(
    "say where this node decided alone",
    frozen(async () => {
      const { headers } = await makeApp({ rate: 1, burst: 10 })("/v1/rooms");
      assertEquals(headers.get("ratelimit-policy"), `"tenant";q=10;w=10, "address";q=10;w=10`);
      assertEquals(
        headers.get("ratelimit"),
        `"tenant";r=9;t=1;meshlift-decided="local", "address";r=9;t=1;meshlift-decided="local"`,
      );
    }),
  );

  it(
    "deny a tenant wherever it asks from: 429 rate_limited",
    frozen(async () => {
      const get = makeApp({ rate: 1, burst: 2 }, shared);
      await get("/v1/rooms");
      await get("/v1/rooms", { from: "192.0.2.2" });
      const denied = await get("/v1/rooms", { from: "192.0.2.3" });
      assertEquals(denied.status, 429);
      assertEquals(denied.headers.get("retry-after"), "1");
      assertEquals(denied.headers.get("ratelimit"), `"tenant";r=0;t=1, "address";r=1;t=1`);
      const { code, title, detail } = await denied.json();
      assertEquals([code, title], ["rate_limited", "Too Many Requests"]);
      assertStringIncludes(detail, "this tenant");
      assertEquals((await get("/v1/rooms", { secret: "globex-secret" })).status, 200);
    }),
  );

  it(
    "deny an address whoever asks there, before it is known who: 429 rate_limited",
    frozen(async () => {
      const get = makeApp({ rate: 1, burst: 2 }, shared);
      const wrong = await get("/v1/rooms", { secret: "wrong" });
      assertEquals([wrong.status, wrong.headers.get("ratelimit")], [401, `"address";r=1;t=1`]);
      await get("/v1/rooms", { secret: "wrong too" });
      const denied = await get("/v1/rooms");
      assertEquals([denied.status, (await denied.json()).code], [429, "rate_limited"]);
      assertEquals(denied.headers.get("ratelimit-policy"), `"address";q=2;w=2`);
      assertEquals(denied.headers.get("ratelimit"), `"address";r=0;t=1`);
      assertEquals((await get("/v1/rooms", { from: "192.0.2.2" })).status, 200);
    }),
  );

  it("let in again after Retry-After", async () => {
    let now = Date.now();
    using _ = stub(Date, "now", () => now);
    const get = makeApp({ rate: 1, burst: 1 });
    await get("/v1/rooms");
    const denied = await get("/v1/rooms");
    assertEquals(denied.status, 429);
    now += Number(denied.headers.get("retry-after")) * 1000;
    assertEquals((await get("/v1/rooms")).status, 200);
  });

  it("take a request of no known address as one of all such", async () => {
    const address = addressBehind(0);
    const app = new Hono().get("/", (c) => c.text(address(c)));
    assertEquals(await (await app.request("/")).text(), "unknown");
  });
});

describe("the caller's address", () => {
  it("is found by the info that Deno.serve hands to its handler", async () => {
    const address = addressBehind(0);
    const app = new Hono().get("/", (c) => c.text(address(c)));
    await using server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      (request, info) => app.fetch(request, info),
    );
    const answer = await fetch(`http://127.0.0.1:${server.addr.port}/`);
    assertEquals(await answer.text(), "127.0.0.1");
  });

  it("is the one that the trusted proxy names", async () => {
    const address = addressBehind(1);
    const app = new Hono().get("/", (c) => c.text(address(c)));
    const answer = await app.request("/", {
      headers: { "x-forwarded-for": "203.0.113.9, 2001:db8::7" },
    });
    assert(answer.ok);
    assertEquals(await answer.text(), "2001:db8:0:0::/64");
  });
});
