import { assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import { POLICY } from "../../../lib/policy.ts";
import { MemoryPresence } from "../../../lib/presence/memory.ts";
import type { Presence } from "../../../lib/presence/mod.ts";
import { fakeApp } from "../../helpers/fake_app.ts";

const ROUTES: [method: string, path: string][] = [
  ["POST", "/v1/rooms"],
  ["GET", "/v1/rooms"],
  ["GET", "/v1/rooms/r"],
  ["PATCH", "/v1/rooms/r"],
  ["DELETE", "/v1/rooms/r"],
  ["POST", "/v1/rooms/r/tokens"],
  ["GET", "/v1/rooms/r/participants"],
  ["DELETE", "/v1/rooms/r/participants/p_a"],
  ["POST", "/v1/rooms/r/topology"],
  ["GET", "/v1/sfus"],
];

/** A store that makes rooms in its own way. */
function creating(
  create: (made: () => ReturnType<Presence["create"]>) => ReturnType<Presence["create"]>,
): Presence {
  const presence = new MemoryPresence();
  const made = presence.create.bind(presence);
  presence.create = (room) => create(() => made(room));
  return presence;
}

describe("every REST route", () => {
  const SECRETS: Record<string, string> = {
    "no authorization": "",
    "another scheme": "Basic YWNtZS1zZWNyZXQ=",
    "a wrong secret": "Bearer wrong-secret",
    "no secret": "Bearer ",
    "the tenant with the secret": "Bearer acme:acme-secret",
  };
  for (const [title, authorization] of Object.entries(SECRETS)) {
    it(`refuses ${title}: 401 unauthorized, without repeating it`, async () => {
      const { acme } = fakeApp();
      for (const [method, path] of ROUTES) {
        const answer = await acme.problem(method, path, { headers: { authorization } });
        assertEquals([answer.status, answer.body.code], [401, "unauthorized"], path);
        assertEquals(answer.headers.get("www-authenticate"), `Bearer realm="meshlift"`);
        assertFalse(answer.body.detail.includes("wrong-secret"));
      }
    });
  }

  it("takes the scheme in any letters (RFC 9110)", async () => {
    const headers = { authorization: "bearer acme-secret" };
    assertEquals((await fakeApp().acme.call("GET", "/v1/rooms", { headers })).status, 200);
  });

  for (const [method, path] of ROUTES.filter(([, path]) => path.startsWith("/v1/rooms/r"))) {
    it(`refuses a room id of odd characters: ${method} ${path}`, async () => {
      for (const id of ["a%20b", "%F0%9F%92%A5", "a%0A", "x".repeat(65), "%"]) {
        const odd = path.replace("/r", "/@").replace("/@ooms/r", `/rooms/${id}`);
        const body = method === "GET" || method === "DELETE" ? undefined : { identity: "a" };
        const answer = await fakeApp().acme.problem(method, odd, { body });
        assertEquals([answer.status, answer.body.code], [400, "invalid_request"], odd);
        assertStringIncludes(answer.body.detail, "param.room: expected 1 to 64 of A-Z");
      }
    });
  }
});

describe("an error", () => {
  it("is a problem of RFC 9457 with a stable code", async () => {
    const { body, headers } = await fakeApp().acme.problem("GET", "/v1/rooms/r");
    assertEquals(headers.get("content-type"), "application/problem+json");
    assertEquals(body, {
      type: "about:blank",
      title: "Not Found",
      status: 404,
      code: "room_not_found",
      detail: `Cannot find room "r"; expected one made by POST /v1/rooms that has not ended`,
    });
  });

  it("of an unknown path or method says where to look: 404 not_found", async () => {
    const { acme } = fakeApp();
    for (
      const [method, path] of [["GET", "/v1/calls"], ["PUT", "/v1/rooms"], ["GET", "/nowhere"]]
    ) {
      const { status, body } = await acme.problem(method!, path!);
      assertEquals([status, body.code], [404, "not_found"]);
      assertStringIncludes(body.detail, "/openapi.json");
    }
  });

  it("that nobody expected shows nothing of itself, and is logged: 500 internal", async () => {
    const presence = new MemoryPresence();
    presence.list = () => Promise.reject(new Error("s3cret"));
    const { acme, node } = fakeApp({ presence });
    const { status, body } = await acme.problem("GET", "/v1/rooms");
    assertEquals([status, body.code], [500, "internal"]);
    assertFalse(JSON.stringify(body).includes("s3cret"));
    assertStringIncludes(node.logs.find((line) => line.level === "error")!.fields.error!, "s3cret");
  });
});

describe("a body", () => {
  it("that is no JSON is refused: 400 malformed_json", async () => {
    for (const body of ["{", "{'id':1}", "\ufeff", "undefined"]) {
      const answer = await fakeApp().acme.problem("POST", "/v1/rooms", { body });
      assertEquals([answer.status, answer.body.code], [400, "malformed_json"], body);
    }
  });

  it("of another type is refused, not taken for an empty one: 415 json_expected", async () => {
    const TYPES = [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "application/jsonp",
      "application/vnd.api2+json",
      "application/json; charset",
      "application/json x",
    ];
    for (const type of TYPES) {
      const { acme } = fakeApp();
      const answer = await acme.problem("POST", "/v1/rooms", {
        body: { id: "r" },
        headers: { "content-type": type },
      });
      assertEquals([answer.status, answer.body.code], [415, "json_expected"], type);
      assertEquals((await acme.listRooms()).rooms, []);
    }
  });

  it("of JSON's type is read, with parameters and in any letters", async () => {
    for (
      const type of ["application/json; charset=utf-8", "Application/JSON", "application/a.b+json"]
    ) {
      const { acme } = fakeApp();
      const { status, body } = await acme.call<{ id: string }>("POST", "/v1/rooms", {
        body: { id: "r" },
        headers: { "content-type": type },
      });
      assertEquals([status, body.id], [201, "r"], type);
    }
  });

  it("of one byte too many is refused: 413 body_too_large", async () => {
    const { acme } = fakeApp();
    const pad = (length: number) => `{"name":"x"${" ".repeat(length - 12)}}`;
    const fits = await acme.call("POST", "/v1/rooms", { body: pad(POLICY.rest.bodyBytes) });
    assertEquals(fits.status, 201);
    const { status, body } = await acme.problem("POST", "/v1/rooms", {
      body: pad(POLICY.rest.bodyBytes + 1),
    });
    assertEquals([status, body.code], [413, "body_too_large"]);
    assertStringIncludes(body.detail, "larger than 65536 bytes; expected at most that");
  });

  it("that does not say its length is read no further than the limit: 413", async () => {
    const { app } = fakeApp();
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 16_384;
        controller.enqueue(new Uint8Array(16_384));
      },
    });
    const response = await app.request("/v1/rooms", {
      method: "POST",
      body: endless,
      headers: {
        authorization: "Bearer acme-secret",
        "content-type": "application/json",
        "transfer-encoding": "chunked",
      },
    });
    assertEquals([response.status, (await response.json()).code], [413, "body_too_large"]);
    assertEquals(pulled <= POLICY.rest.bodyBytes + 4 * 16_384, true, `${pulled}`);
  });

  it("that does not come is waited for 10 s: 408 request_timeout", async () => {
    using time = new FakeTime();
    const { app } = fakeApp();
    const answer = app.request("/v1/rooms", {
      method: "POST",
      body: new ReadableStream<Uint8Array>({ start: (c) => c.enqueue(new Uint8Array([123])) }),
      headers: {
        authorization: "Bearer acme-secret",
        "content-type": "application/json",
        "content-length": "100",
      },
    });
    await time.tickAsync(POLICY.rest.requestTimeoutMs);
    const response = await answer;
    assertEquals([response.status, (await response.json()).code], [408, "request_timeout"]);
    assertEquals(response.headers.get("connection"), "close");
  });

  it("as deep as it can be is an answer like any other", async () => {
    const { acme } = fakeApp();
    const deep = "[".repeat(32_000) + "]".repeat(32_000);
    const answer = await acme.problem("POST", "/v1/rooms", { body: `{"metadata":${deep}}` });
    assertEquals([answer.status, answer.body.code], [400, "invalid_request"]);
  });
});

describe("an Idempotency-Key", () => {
  const headers = { "idempotency-key": "k" };

  it("gives the same answer again, and makes nothing twice", async () => {
    const { acme } = fakeApp();
    const first = await acme.call("POST", "/v1/rooms", { headers, body: { name: "A" } });
    const again = await acme.call("POST", "/v1/rooms", { headers, body: { name: "A" } });
    assertEquals([again.status, again.body], [201, first.body]);
    assertEquals(first.headers.get("idempotency-replayed"), null);
    assertEquals(again.headers.get("idempotency-replayed"), "true");
    assertEquals(again.headers.get("content-type"), first.headers.get("content-type"));
    assertEquals((await acme.listRooms()).rooms.length, 1);
  });

  it("is for one request: with another body or path 422 idempotency_key_reused", async () => {
    const { acme } = fakeApp();
    await acme.makeRoom({ id: "r" });
    await acme.call("POST", "/v1/rooms", { headers, body: { name: "A" } });
    for (
      const [path, body] of [["/v1/rooms", { name: "B" }], ["/v1/rooms/r/tokens", {}]] as const
    ) {
      const answer = await acme.problem("POST", path, { headers, body });
      assertEquals([answer.status, answer.body.code], [422, "idempotency_key_reused"]);
    }
  });

  it("lets one of two at once through; the other is to wait: 409 idempotency_key_in_use", async () => {
    const { acme } = fakeApp();
    const answers = await Promise.all(
      [1, 2].map(() => acme.problem("POST", "/v1/rooms", { headers, body: {} })),
    );
    const late = answers.find(({ status }) => status !== 201)!;
    assertEquals(answers.map(({ status }) => status).toSorted(), [201, 409]);
    assertEquals(late.body.code, "idempotency_key_in_use");
    assertEquals(late.headers.get("retry-after"), "1");
    assertEquals((await acme.listRooms()).rooms.length, 1);
  });

  it("gives the same refusal again, though it would be none now", async () => {
    const { acme } = fakeApp();
    await acme.makeRoom({ id: "r" });
    const body = { id: "r" };
    await acme.call("POST", "/v1/rooms", { headers, body });
    await acme.call("DELETE", "/v1/rooms/r");
    const again = await acme.problem("POST", "/v1/rooms", { headers, body });
    assertEquals([again.status, again.body.code], [409, "room_exists"]);
    assertEquals(again.headers.get("content-type"), "application/problem+json");
  });

  it("is free again after an error of ours", async () => {
    let down = true;
    const { acme } = fakeApp({
      presence: creating((made) => down ? Promise.reject(new Error("down")) : made()),
    });
    assertEquals((await acme.call("POST", "/v1/rooms", { headers, body: {} })).status, 500);
    down = false;
    assertEquals((await acme.call("POST", "/v1/rooms", { headers, body: {} })).status, 201);
  });

  it("is free again after a limit that was reached: 429 is no answer to keep", async () => {
    let full = true;
    const { acme } = fakeApp({
      presence: creating((made) => full ? Promise.resolve("limit") : made()),
    });
    assertEquals((await acme.call("POST", "/v1/rooms", { headers, body: {} })).status, 429);
    full = false;
    const { status, headers: answered } = await acme.call("POST", "/v1/rooms", {
      headers,
      body: {},
    });
    assertEquals([status, answered.get("idempotency-replayed")], [201, null]);
  });

  it("of more than 255 characters is refused: 400 invalid_request", async () => {
    const { acme } = fakeApp();
    const answer = await acme.problem("POST", "/v1/rooms", {
      headers: { "idempotency-key": "k".repeat(256) },
    });
    assertEquals([answer.status, answer.body.code], [400, "invalid_request"]);
  });

  it("says nothing to a GET", async () => {
    const { acme } = fakeApp();
    await acme.call("GET", "/v1/rooms", { headers });
    await acme.makeRoom();
    const { body } = await acme.call<{ rooms: unknown[] }>("GET", "/v1/rooms", { headers });
    assertEquals(body.rooms.length, 1);
  });
});

describe("the log of a request", () => {
  it("names its route, tenant and room, and no secret, token or key", async () => {
    const { acme, node } = fakeApp();
    await acme.makeRoom({ id: "r" });
    const token = await acme.makeToken("r", "ada");
    const { fields } = node.logs.at(-1)!;
    const { durationMs: _, ...rest } = fields;
    assertEquals(rest, {
      method: "POST",
      route: "/v1/rooms/:room/tokens",
      status: 201,
      tenant: "acme",
      room: "r",
    });
    const logs = JSON.stringify(node.logs);
    for (const secret of [token, "acme-secret"]) assertFalse(logs.includes(secret));
  });

  it("also tells of what was refused", async () => {
    const { acme, node } = fakeApp();
    await acme.call("GET", "/v1/rooms", { headers: { authorization: "" } });
    assertEquals(node.logs.map(({ fields }) => fields.status), [401]);
  });
});
