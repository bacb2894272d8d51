/** What an operator sees of a node at work. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { type CallService, callService, PRODUCTION } from "../helpers/call_service.ts";

const SDP = "v=0 o=- 4611731400430051336 2 IN IP4 127.0.0.1";

describe("a node at work", () => {
  let calls: CallService;
  beforeAll(async () => {
    calls = await callService({
      env: { TURN_URLS: "turn:turn.example.com", TURN_SECRET: "turn-secret-north", REGION: "eu" },
    });
  });
  afterAll(() => calls[Symbol.asyncDispose]());

  it("says at /healthz and /readyz that it is well", async () => {
    const health = await calls.api.call<{ status: string; region: string }>("GET", "/healthz");
    assertEquals([health.status, health.body.status, health.body.region], [200, "ok", "eu"]);
    const ready = await calls.api.call("GET", "/readyz");
    assertEquals([ready.status, ready.body], [200, { status: "serving", store: "up", bus: "up" }]);
  });

  it("counts at /metrics what it does", async () => {
    const room = await calls.room();
    await using ada = await calls.join(room, "ada");
    await using bob = await calls.join(room, "bob");
    ada.send({ type: "signal", to: bob.id, data: 1 });
    await bob.next("signal");
    const { body, headers } = await calls.api.call<string>("GET", "/metrics");
    assertStringIncludes(headers.get("content-type")!, "text/plain; version=0.0.4");
    assertMatch(body, /^meshlift_connections\S* 2$/m);
    assertMatch(body, /^meshlift_rooms\S* 1$/m);
    assertMatch(body, /^meshlift_frames_total\{class="signal"\S* 1$/m);
    assertMatch(body, /^http_server_request_duration_count\{\S*201\S* [1-9]/m);
    assert(!body.includes(room) && !body.includes(ada.id), body);
  });

  it("logs who came to which room, and no token, no secret, no session description", async () => {
    const room = await calls.room();
    const token = await calls.api.makeToken(room, "ada");
    await using ada = await calls.open();
    ada.send({ type: "join", token });
    ada.welcome = await ada.next("welcome");
    await using bob = await calls.join(room, "bob");
    ada.send({ type: "signal", to: bob.id, data: { type: "offer", sdp: SDP } });
    await bob.next("signal");
    ada.send({ type: "message", to: bob.id, data: "a private word" });
    await bob.next("message");
    await using resumed = await calls.resume(ada.welcome.session);
    resumed.sendRaw(`{"type":"update","attributes":{"sdp":"${SDP}`);
    await resumed.closed;
    await using refused = await calls.open();
    refused.send({ type: "join", token: `${token}x` });
    await refused.closed;
    await calls.api.as("a-wrong-secret").call("GET", "/v1/rooms");
    await calls.service.log(/"status":401/);

    const lines = calls.service.logs.filter((line) => line.startsWith("{"));
    const joins = lines.map((line) => JSON.parse(line)).filter(({ event }) => event === "joined");
    const { time, ...join } = joins.find(({ participant }) => participant === ada.id);
    assertEquals(join, {
      level: "info",
      event: "joined",
      tenant: "acme",
      room,
      participant: ada.id,
    });
    assert(Math.abs(Date.parse(time) - Date.now()) < 60_000, time);
    const printed = calls.service.logs.join("\n");
    const secrets = [
      token.split(".")[2]!,
      ada.welcome.session.split(".")[2]!,
      "acme-secret",
      "a-wrong-secret",
      "turn-secret",
      PRODUCTION.TOKEN_SECRET,
      ada.welcome.iceServers[0]!.credential!,
      "4611731400430051336",
      "a private word",
    ];
    for (const secret of secrets) assert(!printed.includes(secret), `printed: ${secret}`);
  });

  it("shows its contract at /openapi.json", async () => {
    const { status, body } = await calls.api.call<{ openapi: string }>("GET", "/openapi.json");
    assertEquals([status, body.openapi], [200, "3.1.0"]);
  });
});
