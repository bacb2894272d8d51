/** Sockets come and go; participants stay. */
import { assertEquals, assertGreater } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { type CallService, callService } from "../../helpers/call_service.ts";

describe("a session", () => {
  let calls: CallService;
  /** Begun first, for it takes longest. */
  let lost: ReturnType<typeof lose>;

  beforeAll(async () => {
    calls = await callService();
    lost = lose();
    lost.catch(() => {}); // told by the test that awaits it
  });
  afterAll(() => calls[Symbol.asyncDispose]());

  it("begins with a welcome that says all there is to know", async () => {
    const room = await calls.room({ name: "Standup" });
    await using ada = await calls.join(room, "ada");
    await using bob = await calls.join(room, "bob", { name: "Bob" });
    const { self, participants, ...rest } = bob.welcome;
    assertEquals([self.identity, self.name, self.state], ["bob", "Bob", "active"]);
    assertEquals(participants, [ada.welcome.self]);
    assertEquals({ ...rest, session: "" }, {
      type: "welcome",
      session: "",
      resumed: false,
      room: { id: room, name: "Standup", maxParticipants: 12 },
      version: ada.welcome.version + 1,
      topology: { mode: "mesh", epoch: 1, reason: "new" },
      iceServers: [],
      limits: {
        frameLength: 65_536,
        frameUnit: 8_192,
        framesPerSecond: 50,
        frameBurst: 200,
        updatesPerSecond: 5,
        updateBurst: 20,
      },
    });
    assertEquals((await ada.next("participant")).participant, self);
  });

  it("is resumed under the same id; the others see it away and back, never gone", async () => {
    const room = await calls.room();
    await using ada = await calls.join(room, "ada");
    const bob = await calls.join(room, "bob");
    await ada.next("participant");
    bob.hangUp();
    assertEquals((await ada.next("participant")).participant.state, "away");
    await using back = await calls.resume(bob.welcome.session);
    assertEquals((await ada.next("participant")).participant.state, "active");
    assertEquals([back.id, back.welcome.resumed], [bob.id, true]);
    ada.send({ type: "signal", to: bob.id, data: "still here?" });
    assertEquals((await back.next("signal")).from, ada.id);
    assertEquals(ada.frames.all.filter(({ type }) => type === "left"), []);
  });

  it("keeps its media and attributes, unless the resume says others", async () => {
    const room = await calls.room();
    const bob = await calls.join(room, "bob");
    const media = { microphone: true, camera: false, screen: false };
    bob.send({ type: "update", media, attributes: { hand: true } });
    bob.send({ type: "ping" });
    await bob.next("pong");
    bob.hangUp();
    await bob.closed;
    await using back = await calls.resume(bob.welcome.session);
    assertEquals([back.welcome.self.media, back.welcome.self.attributes], [media, { hand: true }]);
    await using again = await calls.open();
    again.send({ type: "resume", session: bob.welcome.session, attributes: {} });
    const { self } = await again.next("welcome");
    assertEquals([self.media, self.attributes], [media, {}]);
  });

  it("is taken over by a newer socket: taken_over, 4409, on the older", async () => {
    const room = await calls.room();
    await using ada = await calls.join(room, "ada");
    await using bob = await calls.join(room, "bob");
    await using newer = await calls.resume(bob.welcome.session);
    const { code, close } = await bob.refusal();
    assertEquals([code, close], ["taken_over", 4409]);
    assertEquals([newer.id, newer.welcome.resumed], [bob.id, true]);
    ada.send({ type: "signal", to: bob.id, data: 1 });
    await newer.next("signal");
    assertEquals((await calls.api.listParticipants(room)).map(({ state }) => state), [
      "active",
      "active",
    ]);
  });

  it("that leaves is gone at once: 1000", async () => {
    const room = await calls.room();
    await using ada = await calls.join(room, "ada");
    const bob = await calls.join(room, "bob");
    bob.send({ type: "leave" });
    assertEquals((await bob.closed).code, 1000);
    assertEquals(await ada.next("left"), {
      type: "left",
      version: bob.welcome.version + 1,
      id: bob.id,
      reason: "left",
    });
    assertEquals((await calls.api.listParticipants(room)).length, 1);
  });

  it("of one token may be had by several: each is a participant of its own", async () => {
    const room = await calls.room();
    const token = await calls.api.makeToken(room, "ada");
    await using one = await calls.open();
    await using two = await calls.open();
    for (const client of [one, two]) client.send({ type: "join", token });
    const ids = [(await one.next("welcome")).self.id, (await two.next("welcome")).self.id];
    assertEquals(new Set(ids).size, 2);
  });

  it("of one token is its own: where one is removed, the other resumes", async () => {
    const room = await calls.room();
    const token = await calls.api.makeToken(room, "ada");
    await using one = await calls.open();
    await using two = await calls.open();
    for (const client of [one, two]) {
      client.send({ type: "join", token });
      client.welcome = await client.next("welcome");
    }
    await calls.api.call("DELETE", `/v1/rooms/${room}/participants/${one.id}`);
    assertEquals((await one.refusal()).close, 4403);
    two.hangUp();
    await two.closed;
    await using back = await calls.resume(two.welcome.session);
    assertEquals([back.id, back.welcome.resumed], [two.id, true]);
  });

  it("is told to all with what it says of itself, and each change of it", async () => {
    const room = await calls.room();
    await using ada = await calls.join(room, "ada");
    await using bob = await calls.join(room, "bob");
    await ada.next("participant");
    const media = { microphone: true, camera: true, screen: false };
    bob.send({ type: "update", media, attributes: { colour: "red" } });
    const { participant } = await ada.next("participant");
    assertEquals([participant.media, participant.attributes], [media, { colour: "red" }]);
  });

  it("carries messages and signals in order, whatever is in them", async () => {
    const room = await calls.room();
    await using ada = await calls.join(room, "ada");
    await using bob = await calls.join(room, "bob");
    const values = [
      null,
      0,
      "",
      "\u2028💥\\u0000",
      { from: "x", type: "y" },
      [[[]]],
      "x".repeat(60_000),
    ];
    for (const data of values) ada.send({ type: "message", to: bob.id, data });
    for (const data of values) {
      assertEquals(await bob.next("message"), { type: "message", from: ada.id, data });
    }
  });

  it("not resumed has left after 8 s, and may come back under its id", async () => {
    const { ada, bob, awaySince } = await lost;
    await using _ada = ada;
    const left = await ada.next("left", { timeoutMs: 15_000 });
    assertEquals([left.id, left.reason], [bob.id, "lost"]);
    assertGreater(performance.now() - awaySince, 7_900);
    await using back = await calls.resume(bob.welcome.session);
    assertEquals([back.id, back.welcome.resumed], [bob.id, false]);
  });

  /** Somebody who hangs up and does not come back, and somebody who sees it. */
  async function lose() {
    const room = await calls.room();
    const ada = await calls.join(room, "ada");
    const bob = await calls.join(room, "bob");
    const awaySince = performance.now();
    bob.hangUp();
    await ada.next("participant", { where: ({ participant }) => participant.state === "away" });
    return { ada, bob, awaySince };
  }
});

describe("a room", () => {
  let calls: CallService;
  beforeAll(async () => {
    calls = await callService();
  });
  afterAll(() => calls[Symbol.asyncDispose]());

  it("that nobody entered ends after its time", async () => {
    const room = await calls.room({ emptyTimeoutSeconds: 1 });
    const token = await calls.api.makeToken(room, "ada");
    const start = performance.now();
    await calls.service.log(new RegExp(`"event":"room_ended".*"${room}"`), 5_000);
    assertGreater(performance.now() - start, 900);
    assertEquals((await calls.api.call("GET", `/v1/rooms/${room}`)).status, 404);
    await using late = await calls.open();
    late.send({ type: "join", token });
    const { code, close } = await late.refusal();
    assertEquals([code, close], ["room_not_found", 4404]);
  });

  it("that is ended over REST tells everyone: room_ended, 4404", async () => {
    const room = await calls.room();
    await using ada = await calls.join(room, "ada");
    await using bob = await calls.join(room, "bob");
    assertEquals((await calls.api.call("DELETE", `/v1/rooms/${room}`)).status, 204);
    for (const client of [ada, bob]) {
      const { code, close } = await client.refusal();
      assertEquals([code, close], ["room_ended", 4404]);
    }
  });
});
