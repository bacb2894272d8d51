import { assert, assertEquals, assertGreaterOrEqual, assertLessOrEqual } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import { memoryBus } from "../../../lib/bus/memory.ts";
import { POLICY } from "../../../lib/policy.ts";
import { MemoryPresence } from "../../../lib/presence/memory.ts";
import {
  fakeNode,
  FakeWire,
  join,
  makeRoom,
  makeToken,
  resume,
  ROOM,
  seen,
} from "../../helpers/fake_node.ts";

describe("one node", () => {
  it("welcomes with the roster, and tells the others", async () => {
    const node = fakeNode();
    await makeRoom(node, ROOM, { name: "Standup", metadata: { colour: "red" } });
    const ada = await join(node, "ada");
    const bob = await join(node, "bob");
    assertEquals(bob.welcome.participants.map(({ id }) => id), [ada.id]);
    assertEquals(bob.welcome.room, {
      id: "r",
      name: "Standup",
      maxParticipants: 12,
      metadata: { colour: "red" },
    });
    assertEquals(bob.welcome.topology, { mode: "mesh", epoch: 1, reason: "new" });
    assertEquals(bob.welcome.limits, {
      frameLength: 65_536,
      frameUnit: 8_192,
      framesPerSecond: 50,
      frameBurst: 200,
      updatesPerSecond: 5,
      updateBurst: 20,
    });
    const told = await seen(ada, bob.id, "active");
    assertEquals(told, {
      type: "participant",
      version: bob.welcome.version,
      participant: bob.welcome.self,
    });
  });

  it("resumes who is away under the same id: nobody sees it leave", async () => {
    const node = fakeNode();
    await makeRoom(node);
    const ada = await join(node, "ada");
    const bob = await join(node, "bob");
    bob.wire.hangsUp();
    await seen(ada, bob.id, "away");
    const back = await resume(node, bob.welcome.session);
    assertEquals([back.id, back.welcome.resumed], [bob.id, true]);
    await seen(ada, bob.id, "active");
    assertEquals(ada.wire.frames.all.filter(({ type }) => type === "left"), []);
  });

  it("lets the newer socket of a session take over from the older", async () => {
    const node = fakeNode();
    await makeRoom(node);
    const ada = await join(node, "ada");
    const bob = await join(node, "bob");
    const newer = await resume(node, bob.welcome.session);
    assertEquals((await bob.wire.frames.next("error")).code, "taken_over");
    assertEquals((await bob.wire.closed).code, 4409);
    ada.wire.says({ type: "signal", to: bob.id, data: 1 });
    await newer.wire.frames.next("signal");
    assertEquals(node.hub.size, { connections: 2, rooms: 1, participants: 2 });
  });

  it("lets it take over also where nobody else is: it is told of who comes", async () => {
    const node = fakeNode();
    await makeRoom(node);
    const bob = await join(node, "bob");
    const newer = await resume(node, bob.welcome.session);
    assertEquals((await bob.wire.closed).code, 4409);
    assertEquals(node.hub.size, { connections: 1, rooms: 1, participants: 1 });
    const ada = await join(node, "ada");
    await seen(newer, ada.id, "active");
  });

  it("sends nothing to who is away, without an error", async () => {
    const node = fakeNode();
    await makeRoom(node);
    const ada = await join(node, "ada");
    const bob = await join(node, "bob");
    bob.wire.hangsUp();
    await seen(ada, bob.id, "away");
    ada.wire.says({ type: "signal", to: bob.id, data: 1 });
    ada.wire.says({ type: "ping" });
    await ada.wire.frames.next("pong");
    assertEquals(ada.wire.frames.all.filter(({ type }) => type === "error"), []);
  });

  it("lets go who is away for 8 s, by its own clock", async () => {
    using time = new FakeTime();
    const node = fakeNode();
    await makeRoom(node);
    const stop = node.hub.start();
    const ada = await join(node, "ada");
    const bob = await join(node, "bob");
    bob.wire.hangsUp();
    await seen(ada, bob.id, "away");
    for (let ms = 0; ms <= POLICY.awayGraceMs + POLICY.tickMs; ms += POLICY.tickMs) {
      await time.tickAsync(POLICY.tickMs);
    }
    const left = await ada.wire.frames.next("left");
    assertEquals([left.id, left.reason], [bob.id, "lost"]);
    await stop();
    ada.wire.hangsUp();
  });

  it("lets who has left come back by its session: the same id, not resumed", async () => {
    const node = fakeNode();
    await makeRoom(node);
    const ada = await join(node, "ada");
    const bob = await join(node, "bob");
    bob.wire.says({ type: "leave" });
    assertEquals((await bob.wire.closed).code, 1000);
    assertEquals((await ada.wire.frames.next("left")).reason, "left");
    const back = await resume(node, bob.welcome.session);
    assertEquals([back.id, back.welcome.resumed], [bob.id, false]);
  });

  it("ends a room: everyone is told, and all is forgotten", async () => {
    const node = fakeNode();
    await makeRoom(node);
    const people = [await join(node, "ada"), await join(node, "bob")];
    await node.hub.rooms.change(ROOM, { kind: "end" });
    for (const { wire } of people) {
      assertEquals((await wire.frames.next("error")).code, "room_ended");
      assertEquals((await wire.closed).code, 4404);
    }
    assertEquals(node.hub.size, { connections: 0, rooms: 0, participants: 0 });
  });

  it("has nothing become due any more in a room that has ended", async () => {
    const node = fakeNode();
    await makeRoom(node);
    const ada = await join(node, "ada");
    const bob = await join(node, "bob");
    bob.wire.hangsUp();
    await seen(ada, bob.id, "away");
    const later = Date.now() + POLICY.awayGraceMs;
    assertEquals(node.hub.rooms.due(later), [ROOM]);
    await node.hub.rooms.change(ROOM, { kind: "end" });
    assertEquals(node.hub.rooms.due(later), []);
  });

  it("keeps nothing of rooms and sockets that are gone", async () => {
    const node = fakeNode();
    await makeRoom(node);
    for (let n = 0; n < 5; n++) {
      const ada = await join(node, "ada");
      ada.wire.says({ type: "leave" });
      await ada.wire.closed;
      const bob = await join(node, "bob");
      bob.wire.hangsUp();
      await node.hub.rooms.change(ROOM, { kind: "remove", id: bob.id });
    }
    assertEquals(node.hub.size, { connections: 0, rooms: 0, participants: 0 });
  });

  it("drains: each is told when to come back, spread out, and nobody is let in", async () => {
    const node = fakeNode();
    const topology = { mode: "mesh", promoteAt: 5, demoteAt: 3 } as const;
    await makeRoom(node, ROOM, { maxParticipants: 50, topology });
    const people = await Promise.all(Array.from({ length: 50 }, (_, i) => join(node, `p${i}`)));
    node.hub.drain();
    const times = await Promise.all(people.map(async ({ wire }) => {
      const error = await wire.frames.next("error");
      assertEquals(error.code, "draining");
      assertEquals((await wire.closed).code, 1012);
      return error.retryAfterMs!;
    }));
    const { minMs, perClientMs } = POLICY.drain;
    assertGreaterOrEqual(Math.min(...times), minMs);
    assertLessOrEqual(Math.max(...times), minMs + minMs + 50 * perClientMs);
    assert(new Set(times).size > 10, `${times}`);
    const late = new FakeWire(node.hub);
    late.says({ type: "join", token: await makeToken(node, "late") });
    assertEquals((await late.frames.next("error")).code, "draining");
    assertEquals((await late.closed).code, 1012);
  });

  it("shows new settings to who is there and to who comes", async () => {
    const node = fakeNode();
    await makeRoom(node);
    const ada = await join(node, "ada");
    await node.hub.rooms.change(ROOM, { kind: "configure", given: { name: "New" } });
    const told = await ada.wire.frames.next("room");
    assertEquals(told.room.name, "New");
    assertEquals((await join(node, "bob")).welcome.room.name, "New");
  });

  it("ends its drain when the last socket is gone", async () => {
    const node = fakeNode();
    await makeRoom(node);
    const [ada, bob] = [await join(node, "ada"), await join(node, "bob")];
    const drained = node.hub.drain();
    await Promise.all([ada.wire.closed, bob.wire.closed]);
    await drained;
    assertEquals(node.hub.size.connections, 0);
  });

  it("waits in its drain only so long for a socket that does not close", async () => {
    using time = new FakeTime();
    const node = fakeNode();
    const stuck = { id: "s", deliver() {}, end() {}, close() {}, look() {} };
    node.hub.opened(stuck);
    let drained = false;
    const draining = node.hub.drain().then(() => drained = true);
    await time.tickAsync(POLICY.drain.socketsMs - 1);
    assertEquals(drained, false);
    await time.tickAsync(1);
    await draining;
  });

  it("lets two of one token be two: one is removed, the other resumes", async () => {
    const node = fakeNode();
    await makeRoom(node);
    const token = await makeToken(node, "ada");
    const [one, two] = [await join(node, "ada", { token }), await join(node, "ada", { token })];
    await node.hub.rooms.change(ROOM, { kind: "remove", id: one.id });
    assertEquals((await one.wire.closed).code, 4403);
    two.wire.hangsUp();
    const back = await resume(node, two.welcome.session);
    assertEquals([back.id, back.welcome.resumed], [two.id, true]);
    const again = new FakeWire(node.hub);
    again.says({ type: "join", token });
    assertEquals((await again.frames.next("error")).code, "removed");
  });
});

describe("two nodes with one store", () => {
  async function twoNodes() {
    const shared = { presence: new MemoryPresence(), bus: memoryBus() };
    const one = fakeNode({ ...shared, node: "n1" });
    const two = fakeNode({ ...shared, node: "n2" });
    await makeRoom(one);
    const stops = [one.hub.start(), two.hub.start()];
    return {
      one,
      two,
      async [Symbol.asyncDispose]() {
        for (const stop of stops) await stop();
      },
    };
  }

  it("see each other's people join, change, go away and leave", async () => {
    await using nodes = await twoNodes();
    const ada = await join(nodes.one, "ada");
    const bob = await join(nodes.two, "bob");
    assertEquals(bob.welcome.participants.map(({ id }) => id), [ada.id]);
    await seen(ada, bob.id, "active");
    bob.wire.says({ type: "update", attributes: { hand: true } });
    assertEquals((await seen(ada, bob.id, "active")).participant.attributes, { hand: true });
    bob.wire.hangsUp();
    await seen(ada, bob.id, "away");
    const back = await resume(nodes.two, bob.welcome.session);
    await seen(ada, bob.id, "active");
    back.wire.says({ type: "leave" });
    assertEquals((await ada.wire.frames.next("left")).id, bob.id);
  });

  it("count up one version across both, and tell each of them once", async () => {
    await using nodes = await twoNodes();
    const ada = await join(nodes.one, "ada");
    const bob = await join(nodes.two, "bob");
    for (const [n, { wire }] of [ada, bob, ada].entries()) {
      wire.says({ type: "update", attributes: { n } });
      await wire.frames.next("participant", {
        where: ({ participant }) => participant.attributes.n === n,
      });
    }
    const last = ada.welcome.version + 4;
    await bob.wire.frames.next("participant", { where: (frame) => frame.version === last });
    for (const { wire } of [ada, bob]) {
      const versions = wire.frames.all.flatMap((f) => f.type === "participant" ? [f.version] : []);
      // Where the news of the other node came late, one step may tell of two changes.
      assertEquals(versions, versions.toSorted((a, b) => a - b));
      assert(versions.length <= 5, `${versions}`);
    }
  });

  it("carry signals and messages both ways, in order", async () => {
    await using nodes = await twoNodes();
    const ada = await join(nodes.one, "ada");
    const bob = await join(nodes.two, "bob");
    await seen(ada, bob.id, "active");
    for (let n = 0; n < 5; n++) ada.wire.says({ type: "signal", to: bob.id, data: n });
    for (let n = 0; n < 5; n++) {
      const { from, data } = await bob.wire.frames.next("signal");
      assertEquals([from, data], [ada.id, n]);
    }
    bob.wire.says({ type: "message", to: ada.id, data: "hi" });
    assertEquals(await ada.wire.frames.next("message"), {
      type: "message",
      from: bob.id,
      data: "hi",
    });
  });

  it("resume on one who was on the other: no leave is seen", async () => {
    await using nodes = await twoNodes();
    const ada = await join(nodes.one, "ada");
    const bob = await join(nodes.two, "bob");
    bob.wire.hangsUp();
    await seen(ada, bob.id, "away");
    const back = await resume(nodes.one, bob.welcome.session);
    assertEquals(back.welcome.resumed, true);
    await seen(ada, bob.id, "active");
    ada.wire.says({ type: "signal", to: bob.id, data: 1 });
    await back.wire.frames.next("signal");
    assertEquals(ada.wire.frames.all.filter(({ type }) => type === "left"), []);
  });

  it("let a socket on one take over from a socket on the other", async () => {
    await using nodes = await twoNodes();
    const bob = await join(nodes.one, "bob");
    await resume(nodes.two, bob.welcome.session);
    assertEquals((await bob.wire.frames.next("error")).code, "taken_over");
    assertEquals((await bob.wire.closed).code, 4409);
    assertEquals(nodes.one.hub.size, { connections: 0, rooms: 0, participants: 0 });
    const state = await nodes.one.presence.read(ROOM);
    assertEquals(state?.members[bob.id]?.presence, { state: "active" });
  });

  it("remove one's only participant by a request to the other", async () => {
    await using nodes = await twoNodes();
    const bob = await join(nodes.one, "bob");
    await nodes.two.hub.rooms.change(ROOM, { kind: "remove", id: bob.id });
    assertEquals((await bob.wire.closed).code, 4403);
    assertEquals(nodes.one.hub.size.rooms, 0);
  });

  it("end a room on both by a request to the one where nobody is", async () => {
    await using nodes = await twoNodes();
    const bob = await join(nodes.one, "bob");
    await nodes.two.hub.rooms.change(ROOM, { kind: "end" });
    assertEquals((await bob.wire.closed).code, 4404);
  });

  it("let go, by the tick of either, who was away on one", async () => {
    await using nodes = await twoNodes();
    const ada = await join(nodes.one, "ada");
    const bob = await join(nodes.two, "bob");
    bob.wire.hangsUp();
    await seen(ada, bob.id, "away");
    using time = new FakeTime(Date.now() + POLICY.awayGraceMs);
    await nodes.two.hub.tick(time.now);
    const left = await ada.wire.frames.next("left");
    assertEquals([left.id, left.reason], [bob.id, "lost"]);
  });
});
