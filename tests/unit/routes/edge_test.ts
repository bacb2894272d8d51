import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { fakeApp } from "../../helpers/fake_app.ts";
import { join } from "../../helpers/fake_node.ts";

const HANDSHAKE = {
  connection: "keep-alive, Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "c2l4dGVlbiBieXRlcyBvaw==",
};

describe("/v1/signal", () => {
  it("is no place for plain HTTP: 426 upgrade_required", async () => {
    const { status, body, headers } = await fakeApp().acme.problem("GET", "/v1/signal");
    assertEquals([status, body.code], [426, "upgrade_required"]);
    assertEquals(headers.get("upgrade"), "websocket");
  });

  for (const missing of Object.keys(HANDSHAKE)) {
    it(`refuses a handshake without ${missing}: 426 upgrade_required`, async () => {
      const { [missing as keyof typeof HANDSHAKE]: _, ...headers } = HANDSHAKE;
      const { status, body } = await fakeApp().acme.problem("GET", "/v1/signal", { headers });
      assertEquals([status, body.code], [426, "upgrade_required"]);
    });
  }

  it("refuses a handshake of another version: 426 upgrade_required", async () => {
    const headers = { ...HANDSHAKE, "sec-websocket-version": "12" };
    const { status, body } = await fakeApp().acme.problem("GET", "/v1/signal", { headers });
    assertEquals([status, body.code], [426, "upgrade_required"]);
  });

  const env = { ALLOWED_ORIGINS: "https://app.example.com,http://localhost:3000" };

  it("takes a page of no origin for none of its own, also where no host is named", async () => {
    const { status } = await fakeApp({ env }).acme.problem("GET", "/v1/signal", {
      headers: { ...HANDSHAKE, origin: "null" },
    });
    assertEquals(status, 403);
  });

  for (
    const origin of [
      "https://evil.example",
      "http://app.example.com",
      "https://app.example.com.evil.example",
      "https://app.example.com:8443",
      "null",
    ]
  ) {
    it(`refuses a page of ${origin}: 403 origin_not_allowed`, async () => {
      const { status, body } = await fakeApp({ env }).acme.problem("GET", "/v1/signal", {
        headers: { ...HANDSHAKE, host: "calls.example.com", origin },
      });
      assertEquals([status, body.code], [403, "origin_not_allowed"]);
      assertStringIncludes(body.detail, origin);
    });
  }
});

describe("operations", () => {
  it("/healthz says that the node lives, which it is and where", async () => {
    const { status, body } = await fakeApp({ env: { REGION: "eu" } }).acme.call("GET", "/healthz");
    assertEquals([status, body], [200, { status: "ok", node: "n1", region: "eu" }]);
  });

  it("/readyz says 503 when the node drains, /healthz does not", async () => {
    const { acme, node } = fakeApp();
    const ready = await acme.call("GET", "/readyz");
    assertEquals([ready.status, ready.body], [200, { status: "serving", store: "up", bus: "up" }]);
    node.hub.drain();
    const draining = await acme.call("GET", "/readyz");
    assertEquals([draining.status, draining.body], [503, {
      status: "draining",
      store: "up",
      bus: "up",
    }]);
    assertEquals((await acme.call("GET", "/healthz")).status, 200);
  });

  it("/metrics tells of sockets, frames, errors and requests, without ids", async () => {
    const { acme, node } = fakeApp();
    await acme.makeRoom({ id: "r" });
    const ada = await join(node, "ada");
    const bob = await join(node, "bob");
    ada.wire.says({ type: "signal", to: bob.id, data: 1 });
    ada.wire.says({ type: "signal", to: ada.id, data: 1 });
    await ada.wire.frames.next("error");
    const { body, headers } = await acme.call<string>("GET", "/metrics");
    assertStringIncludes(headers.get("content-type")!, "text/plain; version=0.0.4");
    const EXPECTED = [
      /^meshlift_connections\{.*\} 2$/m,
      /^meshlift_participants\{.*\} 2$/m,
      /^meshlift_rooms\{.*\} 1$/m,
      /^meshlift_serving\{.*\} 1$/m,
      /^meshlift_frames_total\{class="signal",.*\} 1$/m,
      /^meshlift_entered_total\{how="joined",.*\} 2$/m,
      /^meshlift_errors_total\{code="not_to_self",.*\} 1$/m,
      /^http_server_request_duration_count\{.*http_route="\/v1\/rooms".*\} 1$/m,
    ];
    for (const line of EXPECTED) assertMatch(body, line);
    for (const id of [ada.id, "acme", `"r"`]) assertEquals(body.includes(id), false, id);
  });
});

describe("the duration of requests", () => {
  it("has one label for all methods that HTTP does not know", async () => {
    const { acme } = fakeApp();
    for (const method of ["DANCE", "X1", "X2", "PUT"]) await acme.call(method, "/v1/rooms");
    const { body } = await acme.call<string>("GET", "/metrics");
    assertMatch(body, /^http_server_request_duration_count\{http_request_method="_OTHER".*\} 3$/m);
    assertMatch(body, /^http_server_request_duration_count\{http_request_method="PUT".*\} 1$/m);
    for (const method of ["DANCE", "X1"]) assertEquals(body.includes(method), false);
  });
});

describe("the demo's tokens", () => {
  const path = "/demo/rooms/tea/tokens";
  const env = { DEMO: "on" };

  it("are not there without DEMO: 404", async () => {
    const { status } = await fakeApp().acme.call("POST", path, { body: { name: "Ada" } });
    assertEquals(status, 404);
  });

  it("let anyone into a room that is made for them, under the name they give", async () => {
    const { acme, node } = fakeApp({ env });
    const anyone = acme.as("");
    const made = await anyone.call<{ token: string }>("POST", path, { body: { name: "Ada" } });
    assertEquals(made.status, 201);
    const { welcome } = await join(node, "", { token: made.body.token });
    assertEquals([welcome.self.name, welcome.room.id], ["Ada", "tea"]);
    assertEquals(welcome.self.permissions.moderate, false);
    assertEquals((await acme.listRooms()).rooms, []);
    assertEquals((await anyone.call("POST", path, { body: { name: "Bob" } })).status, 201);
  });

  const REFUSED: [title: string, path: string, body: unknown, status: number, code: string][] = [
    ["a name of blanks", path, { name: " " }, 400, "invalid_request"],
    ["no name", path, {}, 400, "invalid_request"],
    ["a name too long", path, { name: "x".repeat(65) }, 400, "invalid_request"],
    ["an odd room", "/demo/rooms/a%20b/tokens", { name: "Ada" }, 400, "invalid_request"],
    ["no JSON", path, "{", 400, "malformed_json"],
    ["a huge body", path, { name: "x".repeat(70_000) }, 413, "body_too_large"],
  ];
  for (const [title, path, body, status, code] of REFUSED) {
    it(`refuse ${title}: ${status} ${code}`, async () => {
      const answer = await fakeApp({ env }).acme.problem("POST", path, { body });
      assertEquals([answer.status, answer.body.code], [status, code]);
    });
  }
});

describe("built files", () => {
  const asset = (text: string, contentType: string) => ({
    body: new TextEncoder().encode(text),
    contentType,
    etag: `"${text}"`,
  });
  const assets = new Map([
    ["client.js", asset("sdk", "text/javascript; charset=utf-8")],
    ["demo/index.html", asset("demo", "text/html; charset=utf-8")],
    ["docs/index.html", asset("docs", "text/html; charset=utf-8")],
  ]);

  it("give the SDK to pages of every origin", async () => {
    const { status, body, headers } = await fakeApp({ assets }).acme.call("GET", "/client.js");
    assertEquals([status, body], [200, "sdk"]);
    assertEquals(headers.get("access-control-allow-origin"), "*");
    assertEquals(headers.get("content-type"), "text/javascript; charset=utf-8");
    assertEquals(headers.get("x-typescript-types"), "/client.d.ts");
  });

  it("say that nothing has changed to who has it already: 304", async () => {
    const { status, body } = await fakeApp({ assets }).acme.call("GET", "/client.js", {
      headers: { "if-none-match": `"sdk"` },
    });
    assertEquals([status, body], [304, ""]);
  });

  it("give the pages with a policy of what they may load", async () => {
    const { acme } = fakeApp({ assets });
    for (const [path, text] of [["/", "demo"], ["/docs/", "docs"]]) {
      const { status, body, headers } = await acme.call("GET", path!);
      assertEquals([status, body], [200, text]);
      assertStringIncludes(headers.get("content-security-policy")!, "default-src 'self'");
    }
  });

  it("are no way to others: 404", async () => {
    const { acme } = fakeApp({ assets });
    for (const path of ["/demo/..%2fclient.js", "/other.js", "/demo/main.ts", "/docs/x"]) {
      assertEquals((await acme.call("GET", path)).status, 404, path);
    }
  });
});
