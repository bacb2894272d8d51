import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import { POLICY } from "../../../lib/policy.ts";
import { LIMITS } from "../../../lib/protocol.ts";
import {
  fakeNode,
  FakeWire,
  join,
  makeRoom,
  makeToken,
  STRANGER,
} from "../../helpers/fake_node.ts";
import { OddPresence } from "../../helpers/odd_presence.ts";

/** A node with the room, and two who are in it. */
async function pair(env: Record<string, string> = {}) {
  const node = fakeNode({ env });
  await makeRoom(node);
  const ada = await join(node, "ada");
  const bob = await join(node, "bob");
  return { node, ada, bob };
}

/** Ada is in, and the store is letting somebody else in. */
async function halfway(identity: string) {
  const presence = new OddPresence();
  const node = fakeNode({ presence });
  await makeRoom(node);
  const ada = await join(node, "ada");
  const held = presence.holdNext({ kind: "enter" });
  const wire = new FakeWire(node.hub);
  wire.says({ type: "join", token: await makeToken(node, identity) });
  return { node, ada, wire, letIn: await held };
}

describe("before a join, a connection", () => {
  const ENDS: [title: string, frame: string, code: string, close: number][] = [
    ["that sends no JSON", "{", "malformed_frame", 4400],
    ["that sends an unknown type", `{"type":"dance"}`, "unknown_type", 4400],
    ["that sends wrong fields", `{"type":"join"}`, "invalid_frame", 4400],
    ["that does not join first", `{"type":"leave"}`, "not_joined", 4400],
    ["with a bad token", `{"type":"join","token":"x"}`, "token_invalid", 4401],
    ["with a bad session", `{"type":"resume","session":"x"}`, "session_invalid", 4401],
    ["with a frame too large", "x".repeat(LIMITS.frameLength + 1), "frame_too_large", 4413],
  ];
  for (const [title, frame, code, close] of ENDS) {
    it(`${title} ends with ${code} and ${close}`, async () => {
      const wire = new FakeWire(fakeNode().hub);
      wire.says(frame);
      const error = await wire.frames.next("error");
      assertEquals(error.code, code);
      assertStringIncludes(error.message, "expected");
      assertEquals(await wire.closed, { code: close, reason: code });
    });
  }

  it("that sends a binary frame ends with 4400", async () => {
    const wire = new FakeWire(fakeNode().hub);
    wire.connection.receive(new ArrayBuffer(1));
    assertEquals((await wire.frames.next("error")).code, "malformed_frame");
    assertEquals((await wire.closed).code, 4400);
  });

  it("that says nothing for 5 s ends with 4408", async () => {
    using time = new FakeTime();
    const { hub } = fakeNode();
    const wire = new FakeWire(hub);
    hub.lookAtSockets(time.now + LIMITS.joinTimeoutMs - 1);
    assert(wire.connection.isOpen);
    hub.lookAtSockets(time.now + LIMITS.joinTimeoutMs);
    assertEquals((await wire.frames.next("error")).code, "join_timeout");
    assertEquals((await wire.closed).code, 4408);
  });

  it("may ping, which does not make it wait longer for a join", async () => {
    using time = new FakeTime();
    const { hub } = fakeNode();
    const wire = new FakeWire(hub);
    time.tick(LIMITS.joinTimeoutMs - 1);
    wire.says({ type: "ping", id: 7 });
    assertEquals((await wire.frames.next("pong")).id, 7);
    hub.lookAtSockets(time.now + 1);
    assertEquals((await wire.closed).code, 4408);
  });

  it("joins a room that exists: another ends with room_not_found and 4404", async () => {
    const node = fakeNode();
    const wire = new FakeWire(node.hub);
    wire.says({ type: "join", token: await makeToken(node, "ada") });
    assertEquals((await wire.frames.next("error")).code, "room_not_found");
    assertEquals((await wire.closed).code, 4404);
  });

  it("that names another room than its token ends with token_invalid and 4401", async () => {
    const node = fakeNode();
    await makeRoom(node);
    const wire = new FakeWire(node.hub);
    wire.says({ type: "join", token: await makeToken(node, "ada"), room: "other" });
    const error = await wire.frames.next("error");
    assertEquals(error.code, "token_invalid");
    assertStringIncludes(error.message, `Cannot join room "other": the token is for room "r"`);
    assertEquals((await wire.closed).code, 4401);
  });

  it("of one too many for the room ends with room_full, when to try again, and 1013", async () => {
    const node = fakeNode();
    await makeRoom(node, undefined, { maxParticipants: 1 });
    await join(node, "ada");
    const wire = new FakeWire(node.hub);
    wire.says({ type: "join", token: await makeToken(node, "bob") });
    const error = await wire.frames.next("error");
    assertEquals([error.code, error.retryAfterMs], ["room_full", POLICY.roomFullRetryMs]);
    assertEquals((await wire.closed).code, 1013);
  });

  it("that publishes without the permission ends with not_permitted and 4401", async () => {
    const node = fakeNode();
    await makeRoom(node);
    const wire = new FakeWire(node.hub);
    const token = await makeToken(node, "ada", { permissions: { publish: false } });
    wire.says({ type: "join", token, media: { microphone: true, camera: false, screen: false } });
    assertEquals((await wire.frames.next("error")).code, "not_permitted");
    assertEquals((await wire.closed).code, 4401);
  });
});

describe("a connection", () => {
  it("handles what comes before its welcome after it, in order", async () => {
    const { node, bob } = await pair();
    const wire = new FakeWire(node.hub);
    wire.says({ type: "join", token: await makeToken(node, "eve") });
    for (let n = 0; n < 3; n++) wire.says({ type: "signal", to: bob.id, data: n });
    wire.says({ type: "update", attributes: { hand: true } });
    wire.says({ type: "signal", to: bob.id, data: 3 });
    wire.says({ type: "ping", id: 1 });
    await wire.frames.next("participant");
    // A ping waits for no change.
    assertEquals(wire.frames.all.map((frame) => frame.type), ["welcome", "pong", "participant"]);
    const got = bob.wire.frames.all.flatMap((frame) => frame.type === "signal" ? [frame.data] : []);
    assertEquals(got, [0, 1, 2, 3]);
    const hand = await bob.wire.frames.next("participant", {
      where: ({ participant }) => participant.attributes.hand === true,
    });
    assertEquals(hand.participant.identity, "eve");
  });

  it("takes as many frames before its welcome as the protocol says, and not one more", async () => {
    const { node, bob } = await pair();
    for (const more of [0, 1]) {
      const wire = new FakeWire(node.hub);
      wire.says({ type: "join", token: await makeToken(node, "eve") });
      const frames = LIMITS.framesBeforeWelcome + more;
      for (let n = 0; n < frames; n++) wire.says({ type: "signal", to: bob.id, data: n });
      if (more === 0) {
        await wire.frames.next("welcome");
        const data = async () => (await bob.wire.frames.next("signal")).data;
        for (let n = 0; n < frames; n++) assertEquals(await data(), n);
        continue;
      }
      const error = await wire.frames.next("error");
      assertEquals(error.code, "too_fast");
      assertStringIncludes(error.message, `${LIMITS.framesBeforeWelcome} before the welcome`);
      assertEquals((await wire.closed).code, 4429);
    }
  });

  it("lets no signal, message or ping wait for a change that the store is slow at", async () => {
    const presence = new OddPresence();
    const node = fakeNode({ presence });
    await makeRoom(node);
    const [ada, bob] = [await join(node, "ada"), await join(node, "bob")];
    const held = presence.holdNext({ kind: "update" });
    ada.wire.says({ type: "update", attributes: { n: 1 } });
    const answer = await held;
    ada.wire.says({ type: "update", attributes: { n: 2 } });
    ada.wire.says({ type: "signal", to: bob.id, data: 1 });
    ada.wire.says({ type: "message", to: bob.id, data: 2 });
    ada.wire.says({ type: "ping", id: 3 });
    assertEquals((await bob.wire.frames.next("signal")).data, 1);
    assertEquals((await bob.wire.frames.next("message")).data, 2);
    assertEquals((await ada.wire.frames.next("pong")).id, 3);
    assertEquals(bob.wire.frames.all.filter(({ type }) => type === "participant"), []);
    answer();
    for (const n of [1, 2]) {
      const { participant } = await bob.wire.frames.next("participant");
      assertEquals(participant.attributes, { n });
    }
  });

  it("that updates too often is told so, keeps its socket, and may again a moment later", async () => {
    using time = new FakeTime();
    const { ada, bob } = await pair();
    const { burst } = POLICY.updates;
    for (let n = 1; n <= burst + 1; n++) ada.wire.says({ type: "update", attributes: { n } });
    const error = await ada.wire.frames.next("error");
    assertEquals([error.code, error.retryAfterMs], ["too_fast", 1000 / POLICY.updates.rate]);
    const told = (n: number) =>
      bob.wire.frames.next("participant", {
        where: ({ participant }) => participant.attributes.n === n,
      });
    await told(burst);
    time.tick(error.retryAfterMs!);
    ada.wire.says({ type: "update", attributes: { n: "again" } });
    await bob.wire.frames.next("participant", {
      where: ({ participant }) => participant.attributes.n === "again",
    });
    ada.wire.says({ type: "signal", to: bob.id, data: 1 });
    await bob.wire.frames.next("signal");
    ada.wire.says({ type: "leave" });
    assertEquals((await ada.wire.closed).code, 1000);
  });

  it("forgets what waits behind a join that is refused", async () => {
    const { node, bob } = await pair();
    const wire = new FakeWire(node.hub);
    wire.says({ type: "join", token: "x" });
    wire.says({ type: "signal", to: bob.id, data: 1 });
    await wire.closed;
    await node.hub.tick(Date.now());
    assertEquals(bob.wire.frames.all.filter((frame) => frame.type === "signal"), []);
  });

  it("that leaves and closes while it joins has left", async () => {
    const { ada, wire, letIn } = await halfway("bob");
    wire.says({ type: "leave" });
    wire.hangsUp();
    letIn();
    assertEquals((await ada.wire.frames.next("left")).reason, "left");
  });

  it("that closes while it joins leaves nobody behind but someone who is away", async () => {
    const { node, ada, wire, letIn } = await halfway("eve");
    wire.hangsUp();
    letIn();
    const { participant } = await ada.wire.frames.next("participant", {
      where: ({ participant }) => participant.state === "away",
    });
    assertEquals(participant.identity, "eve");
    assertEquals(node.hub.size.connections, 1);
  });

  it("that closes before it is let in is not let in", async () => {
    const presence = new OddPresence();
    const node = fakeNode({ presence });
    await makeRoom(node);
    const token = await makeToken(node, "eve");
    const before = presence.calls;
    const wire = new FakeWire(node.hub);
    wire.says({ type: "join", token });
    wire.hangsUp();
    await node.hub.entries.settled();
    assertEquals(presence.calls, before);
  });

  it("that is joined gets an error for a frame of wrong fields, and lives", async () => {
    const { ada } = await pair();
    ada.wire.says(`{"type":"signal","to":"p_x"}`);
    assertEquals((await ada.wire.frames.next("error")).code, "invalid_frame");
    ada.wire.says(`{"type":"dance"}`);
    assertEquals((await ada.wire.frames.next("error")).code, "unknown_type");
    assert(ada.wire.connection.isOpen);
  });

  it("that is joined gets an error for a second join or resume, and lives", async () => {
    const { node, ada } = await pair();
    ada.wire.says({ type: "join", token: await makeToken(node, "ada") });
    assertEquals((await ada.wire.frames.next("error")).code, "already_joined");
    ada.wire.says({ type: "resume", session: ada.welcome.session });
    assertEquals((await ada.wire.frames.next("error")).code, "already_joined");
    assert(ada.wire.connection.isOpen);
  });

  it("reaches neither itself nor a stranger", async () => {
    const { ada } = await pair();
    ada.wire.says({ type: "signal", to: ada.id, data: 1 });
    assertEquals((await ada.wire.frames.next("error")).code, "not_to_self");
    for (const to of [STRANGER, "constructor", "__proto__"]) {
      ada.wire.says({ type: "signal", to, data: 1 });
      assertEquals((await ada.wire.frames.next("error")).code, "participant_not_found");
    }
  });

  it("whose addressee looks like the rest of a frame reaches nobody", async () => {
    const { ada, bob } = await pair();
    const to = `${bob.id}","data":{"k":1,"z":"`;
    ada.wire.says(`{"type":"signal","to":"${to}","data":5},"to":${JSON.stringify(to)}}`);
    assertEquals((await ada.wire.frames.next("error")).code, "participant_not_found");
    assertEquals(bob.wire.frames.all.length, 1);
  });

  it("that sends too fast ends with too_fast, when to come back, and 4429", async () => {
    const { ada } = await pair({ FRAME_RATE: "10", FRAME_BURST: "5" });
    for (let n = 0; n < 5; n++) ada.wire.says({ type: "ping", id: n });
    const error = await ada.wire.frames.next("error");
    assertEquals(error.code, "too_fast");
    assertEquals(error.retryAfterMs, POLICY.drain.minMs);
    assertEquals((await ada.wire.closed).code, 4429);
  });

  it("pays for a long frame as for several", async () => {
    const { ada, bob } = await pair({ FRAME_BURST: "20", FRAME_RATE: "1" });
    const data = "x".repeat(LIMITS.frameUnit * 7);
    ada.wire.says({ type: "signal", to: bob.id, data });
    ada.wire.says({ type: "signal", to: bob.id, data });
    await bob.wire.frames.next("signal");
    await bob.wire.frames.next("signal");
    ada.wire.says({ type: "signal", to: bob.id, data });
    assertEquals((await ada.wire.frames.next("error")).code, "too_fast");
    assertEquals((await ada.wire.closed).code, 4429);
  });

  it("whose client does not read is cut off with 1013, and the others hear that it is away", async () => {
    const { node, ada, bob } = await pair();
    bob.wire.bufferedAmount = POLICY.sendBufferBytes + 1;
    ada.wire.says({ type: "signal", to: bob.id, data: 1 });
    assertEquals(await bob.wire.closed, { code: 1013, reason: "too_slow" });
    const { participant } = await ada.wire.frames.next("participant", {
      where: ({ participant }) => participant.state === "away",
    });
    assertEquals(participant.id, bob.id);
    assert(node.logs.some(({ event, fields }) => event === "ended" && fields.code === "too_slow"));
  });

  it("that is closing by itself is spared what is sent to it meanwhile", async () => {
    const { node, ada, bob } = await pair();
    bob.wire.readyState = WebSocket.CLOSING;
    ada.wire.says({ type: "signal", to: bob.id, data: 1 });
    ada.wire.says({ type: "ping" });
    await ada.wire.frames.next("pong");
    bob.wire.connection.end("draining", "Cannot stay");
    assertEquals(node.logs.filter(({ level }) => level === "error"), []);
  });

  it("ends, and only it, when a frame sets off what nobody expected", async () => {
    const presence = new OddPresence();
    presence.failNext({ kind: "update" });
    const node = fakeNode({ presence });
    await makeRoom(node);
    const [ada, bob] = [await join(node, "ada"), await join(node, "bob")];
    ada.wire.says({ type: "update", attributes: {} });
    const error = await ada.wire.frames.next("error");
    assertEquals(error.code, "unavailable");
    assert(!error.message.includes("store"), error.message);
    assertEquals((await ada.wire.closed).code, 1013);
    assertMatch(node.logs.find(({ level }) => level === "error")?.fields.error ?? "", /the store/);
    assert(bob.wire.connection.isOpen);
  });

  it("takes what it wants updated along with an update that waits", async () => {
    const presence = new OddPresence();
    const node = fakeNode({ presence });
    await makeRoom(node);
    const [ada, bob] = [await join(node, "ada"), await join(node, "bob")];
    const held = presence.holdNext({ kind: "update" });
    ada.wire.says({ type: "update", attributes: { n: 0 } });
    const answer = await held;
    for (let n = 1; n <= 9; n++) ada.wire.says({ type: "update", attributes: { n } });
    ada.wire.says({ type: "leave" });
    answer();
    await bob.wire.frames.next("left");
    const told = bob.wire.frames.all.flatMap((frame) =>
      frame.type === "participant" ? [frame.participant.attributes.n] : []
    );
    assertEquals(told, [0, 9]);
  });

  it("asks the store to remove only who is there, and once", async () => {
    const presence = new OddPresence();
    const node = fakeNode({ presence });
    await makeRoom(node);
    const ada = await join(node, "ada", { permissions: { moderate: true } });
    const bob = await join(node, "bob");
    const before = presence.calls;
    for (let n = 0; n < 3; n++) ada.wire.says({ type: "remove", participant: `p_${n}` });
    for (let n = 0; n < 3; n++) ada.wire.says({ type: "remove", participant: bob.id });
    assertEquals((await bob.wire.closed).code, 4403);
    ada.wire.says({ type: "leave" });
    await ada.wire.closed;
    const errors = ada.wire.frames.all.flatMap((frame) =>
      frame.type === "error" ? [frame.code] : []
    );
    assertEquals(errors, Array(3).fill("participant_not_found"));
    assertEquals(presence.calls - before, 2, "a removal and a leave");
  });

  it("holds every permission that its token does not give against its client", async () => {
    const node = fakeNode();
    await makeRoom(node);
    const bob = await join(node, "bob");
    const ada = await join(node, "ada", { permissions: { chat: false, publish: false } });
    ada.wire.says({ type: "message", to: bob.id, data: 1 });
    ada.wire.says({ type: "remove", participant: bob.id });
    ada.wire.says({ type: "update", media: { microphone: false, camera: true, screen: false } });
    for (const named of ["chat=false", "moderate=false", "publish=false"]) {
      const error = await ada.wire.frames.next("error");
      assertEquals(error.code, "not_permitted");
      assertStringIncludes(error.message, named);
    }
    ada.wire.says({ type: "signal", to: bob.id, data: "signals need no permission" });
    await bob.wire.frames.next("signal");
    assertEquals(bob.wire.frames.all.filter(({ type }) => type === "message"), []);
  });
});
