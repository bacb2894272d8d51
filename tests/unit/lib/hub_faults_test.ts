/** A hub whose store fails or answers late, and whose bus loses messages: nobody is left with a wrong picture. */
import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import type { BusMessage } from "../../../lib/bus/mod.ts";
import { POLICY } from "../../../lib/policy.ts";
import type { RoomKey } from "../../../lib/room_state.ts";
import {
  type FakeNode,
  fakeNode,
  FakeWire,
  join,
  makeRoom,
  makeToken,
  resume,
  ROOM,
  seen,
} from "../../helpers/fake_node.ts";
import { LossyBus } from "../../helpers/lossy_bus.ts";
import { OddPresence } from "../../helpers/odd_presence.ts";

type Joined = Awaited<ReturnType<typeof join>>;

/** A node on a store that can be told to misbehave, with the room. */
async function oddNode() {
  const presence = new OddPresence();
  const node = fakeNode({ presence });
  await makeRoom(node);
  return { presence, node };
}

/** Who is in the room by what a client was told: welcome and all frames since. */
function rosterOf({ wire }: { wire: FakeWire }): Record<string, string> {
  const roster: Record<string, string> = {};
  for (const frame of wire.frames.all) {
    if (frame.type === "welcome") {
      for (const { id, state } of [frame.self, ...frame.participants]) roster[id] = state;
    } else if (frame.type === "participant") {
      roster[frame.participant.id] = frame.participant.state;
    } else if (frame.type === "left") {
      delete roster[frame.id];
    }
  }
  return roster;
}

/** Checks that everyone was told of the same room, which is the store's. */
async function agree(node: FakeNode, people: { wire: FakeWire }[]): Promise<void> {
  const members = Object.values((await node.presence.read(ROOM))!.members);
  const expected = Object.fromEntries(members.map(({ id, presence }) => [id, presence.state]));
  for (const person of people) assertEquals(rosterOf(person), expected);
}

async function beginJoin(node: FakeNode, identity: string): Promise<FakeWire> {
  const wire = new FakeWire(node.hub);
  wire.says({ type: "join", token: await makeToken(node, identity) });
  return wire;
}

describe("no ghost is left by a socket", () => {
  it("that is too slow for its welcome", async () => {
    const { node } = await oddNode();
    const ada = await join(node, "ada");
    const wire = new FakeWire(node.hub);
    wire.bufferedAmount = POLICY.sendBufferBytes + 1;
    wire.says({ type: "join", token: await makeToken(node, "bob") });
    assertEquals(await wire.closed, { code: 1013, reason: "too_slow" });
    const { participant } = await ada.wire.frames.next("participant", {
      where: ({ participant }) => participant.state === "away",
    });
    assertEquals(participant.identity, "bob");
    assertEquals(node.hub.size, { connections: 1, rooms: 1, participants: 1 });
    await node.hub.tick(Date.now() + POLICY.awayGraceMs);
    assertEquals((await ada.wire.frames.next("left")).id, participant.id);
  });

  it("that closes before the store has answered", async () => {
    const { node, presence } = await oddNode();
    const ada = await join(node, "ada");
    const held = presence.holdNext({ kind: "enter" });
    const wire = await beginJoin(node, "bob");
    const answer = await held;
    wire.hangsUp();
    answer();
    const { participant } = await ada.wire.frames.next("participant", {
      where: ({ participant }) => participant.state === "away",
    });
    assertEquals(participant.identity, "bob");
    assertEquals(wire.frames.all, []);
    assertEquals(node.hub.size, { connections: 1, rooms: 1, participants: 1 });
  });

  it("that closes before the store has answered, as the first of its room", async () => {
    const { node, presence } = await oddNode();
    const held = presence.holdNext({ kind: "enter" });
    const wire = await beginJoin(node, "bob");
    const answer = await held;
    const told = presence.holdNext({ kind: "away" });
    wire.hangsUp();
    answer();
    (await told)();
    const [bob] = Object.values((await presence.read(ROOM))!.members);
    assertEquals(bob!.presence.state, "away");
    assertEquals(node.hub.size, { connections: 0, rooms: 1, participants: 0 });
  });

  it("whose absence the store would not hear of: it is told when the store is back", async () => {
    const { node, presence } = await oddNode();
    const [ada, bob] = [await join(node, "ada"), await join(node, "bob")];
    presence.goAway();
    bob.wire.hangsUp();
    await seen(ada, bob.id, "away");
    presence.comeBack();
    assertEquals((await presence.read(ROOM))!.members[bob.id]!.presence.state, "active");
    await node.hub.rooms.reconcile();
    assertEquals((await presence.read(ROOM))!.members[bob.id]!.presence.state, "away");
    await agree(node, [ada]);
  });

  it("that was let in by an answer that nobody heard", async () => {
    using time = new FakeTime();
    const { node, presence } = await oddNode();
    presence.loseAnswerOfNext({ kind: "enter" });
    const wire = await beginJoin(node, "bob");
    assertEquals((await wire.frames.next("error")).code, "unavailable");
    assertEquals(Object.keys((await presence.read(ROOM))!.members).length, 1);
    await node.hub.lease.beat();
    await time.tickAsync(POLICY.lease.changedMarginMs);
    await node.hub.lease.beat();
    await node.hub.tick(Date.now() + POLICY.awayGraceMs);
    assertEquals((await presence.read(ROOM))!.members, {});
    assertEquals(node.hub.size, { connections: 0, rooms: 0, participants: 0 });
  });
});

describe("a tick", () => {
  it("that fails for one room holds up no other", async () => {
    const { node, presence } = await oddNode();
    const other: RoomKey = { tenant: "acme", id: "other" };
    await makeRoom(node, other);
    const [ada, bob] = [await join(node, "ada"), await join(node, "bob")];
    const [cleo, dan] = [
      await join(node, "cleo", { room: other }),
      await join(node, "dan", { room: other }),
    ];
    bob.wire.hangsUp();
    dan.wire.hangsUp();
    await seen(ada, bob.id, "away");
    await seen(cleo, dan.id, "away");
    presence.failNext({ kind: "tick" });
    const later = Date.now() + POLICY.awayGraceMs;
    await node.hub.tick(later);
    const gone = () =>
      [ada, cleo].filter(({ wire }) => wire.frames.all.some((f) => f.type === "left"));
    assertEquals(gone().length, 1);
    assert(node.logs.some(({ event }) => event === "tick_failed"));
    await node.hub.tick(later);
    assertEquals(gone().length, 2);
  });
});

describe("a store that is slow to answer", () => {
  it("of two resumes: the newer socket lives, the older gets 4409", async () => {
    const { node, presence } = await oddNode();
    const [ada, bob] = [await join(node, "ada"), await join(node, "bob")];
    bob.wire.hangsUp();
    await seen(ada, bob.id, "away");
    const held = presence.holdNext({ kind: "enter" });
    const older = new FakeWire(node.hub);
    older.says({ type: "resume", session: bob.welcome.session });
    const answer = await held;
    const newer = resume(node, bob.welcome.session);
    answer();
    assertEquals((await older.frames.next("error")).code, "taken_over");
    assertEquals((await older.closed).code, 4409);
    ada.wire.says({ type: "signal", to: bob.id, data: 1 });
    await (await newer).wire.frames.next("signal");
    await agree(node, [ada, await newer]);
  });

  it("of a join and the end of its room: nobody stays in a room that is not there", async () => {
    const { node, presence } = await oddNode();
    const held = presence.holdNext({ kind: "enter" });
    const late = await beginJoin(node, "bob");
    const answer = await held;
    const ended = node.hub.rooms.change(ROOM, { kind: "end" });
    answer();
    await ended;
    assertEquals((await late.frames.next("error")).code, "room_ended");
    assertEquals((await late.closed).code, 4404);
    assertEquals(node.hub.size, { connections: 0, rooms: 0, participants: 0 });
  });
});

describe("two nodes whose bus loses messages", () => {
  async function twoNodes() {
    const bus = new LossyBus();
    const presence = new OddPresence();
    const one = fakeNode({ presence, bus, node: "n1" });
    const two = fakeNode({ presence, bus, node: "n2" });
    await makeRoom(one);
    const stops = [one.hub.start(), two.hub.start()];
    return {
      bus,
      presence,
      one,
      two,
      async [Symbol.asyncDispose]() {
        for (const stop of stops) await stop();
      },
    };
  }
  const told = (who: Joined, id: string) =>
    who.wire.frames.next("participant", { where: ({ participant }) => participant.id === id });

  it("tell of a change that was missed with the next one", async () => {
    await using nodes = await twoNodes();
    const ada = await join(nodes.one, "ada");
    nodes.bus.loses = () => true;
    const bob = await join(nodes.two, "bob");
    nodes.bus.loses = () => false;
    const eve = await join(nodes.two, "eve");
    await told(ada, bob.id);
    await told(ada, eve.id);
    ada.wire.says({ type: "signal", to: bob.id, data: 1 });
    await bob.wire.frames.next("signal");
    await agree(nodes.one, [ada, bob, eve]);
  });

  it("tell of who left unseen", async () => {
    await using nodes = await twoNodes();
    const ada = await join(nodes.one, "ada");
    const [bob, eve] = [await join(nodes.two, "bob"), await join(nodes.two, "eve")];
    await told(ada, eve.id);
    nodes.bus.loses = () => true;
    await nodes.two.hub.rooms.change(ROOM, { kind: "remove", id: bob.id });
    nodes.bus.loses = () => false;
    eve.wire.says({ type: "update", attributes: { hand: true } });
    const left = await ada.wire.frames.next("left");
    assertEquals([left.id, left.reason], [bob.id, "removed"]);
    await agree(nodes.one, [ada, eve]);
  });

  it("read all rooms again when messages may have been missed", async () => {
    await using nodes = await twoNodes();
    const other: RoomKey = { tenant: "acme", id: "other" };
    await makeRoom(nodes.one, other);
    const here = [await join(nodes.one, "ada"), await join(nodes.one, "cleo", { room: other })];
    nodes.bus.loses = () => true;
    const there = [await join(nodes.two, "bob"), await join(nodes.two, "dan", { room: other })];
    nodes.bus.loses = () => false;
    nodes.bus.reconnect("n1");
    for (const i of [0, 1]) await told(here[i]!, there[i]!.id);
  });

  it("end a room whose end was missed, as soon as they may have missed something", async () => {
    await using nodes = await twoNodes();
    const ada = await join(nodes.one, "ada");
    nodes.bus.loses = () => true;
    await nodes.two.hub.rooms.change(ROOM, { kind: "end" });
    nodes.bus.reconnect("n1");
    assertEquals((await ada.wire.frames.next("error")).code, "room_ended");
    assertEquals((await ada.wire.closed).code, 4404);
    assertEquals(nodes.one.hub.size.rooms, 0);
  });

  it("end a room whose end was missed when anyone there wants to change it", async () => {
    await using nodes = await twoNodes();
    const [ada, bob] = [await join(nodes.one, "ada"), await join(nodes.one, "bob")];
    nodes.bus.loses = () => true;
    await nodes.two.hub.rooms.change(ROOM, { kind: "end" });
    ada.wire.says({ type: "update", attributes: {} });
    for (const { wire } of [ada, bob]) {
      assertEquals((await wire.frames.next("error")).code, "room_ended");
      assertEquals((await wire.closed).code, 4404);
    }
  });

  it("let people into a room that was made anew where the end of the old one was missed", async () => {
    await using nodes = await twoNodes();
    const ada = await join(nodes.one, "ada");
    for (let n = 0; n < 5; n++) ada.wire.says({ type: "update", attributes: { n } });
    await ada.wire.frames.next("participant", {
      where: ({ participant }) => participant.attributes.n === 4,
    });
    nodes.bus.loses = () => true;
    await nodes.two.hub.rooms.change(ROOM, { kind: "end" });
    using _later = new FakeTime(Date.now() + 1_000);
    await makeRoom(nodes.two);
    nodes.bus.loses = () => false;
    const bob = await join(nodes.one, "bob");
    assertEquals((await ada.wire.closed).code, 4404);
    const eve = await join(nodes.two, "eve");
    await told(bob, eve.id);
    await agree(nodes.one, [bob, eve]);
  });

  it("go on after a message that no node of theirs could have sent", async () => {
    await using nodes = await twoNodes();
    const ada = await join(nodes.one, "ada");
    const foreign = [{ kind: "news", room: ROOM }, { kind: "changes", room: ROOM }, { room: {} }];
    for (const message of foreign) await nodes.bus.publish("n1", message as unknown as BusMessage);
    const bob = await join(nodes.two, "bob");
    await told(ada, bob.id);
    assertEquals(nodes.one.logs.filter(({ event }) => event === "message_failed").length, 3);
  });

  it("miss nothing between the store's answer to the first of a room and its welcome", async () => {
    await using nodes = await twoNodes();
    const held = nodes.presence.holdNext({ kind: "enter" });
    const wire = await beginJoin(nodes.one, "ada");
    const answer = await held;
    const bob = await join(nodes.two, "bob");
    answer();
    await wire.frames.next("welcome");
    await agree(nodes.one, [{ wire }, bob]);
  });

  it("send away a socket that was taken over unseen", async () => {
    await using nodes = await twoNodes();
    const ada = await join(nodes.one, "ada");
    const bob = await join(nodes.one, "bob");
    nodes.bus.loses = () => true;
    const newer = await resume(nodes.two, bob.welcome.session);
    nodes.bus.loses = () => false;
    nodes.bus.reconnect("n1");
    assertEquals((await bob.wire.frames.next("error")).code, "taken_over");
    assertEquals((await bob.wire.closed).code, 4409);
    ada.wire.says({ type: "signal", to: bob.id, data: 1 });
    await newer.wire.frames.next("signal");
  });
});
