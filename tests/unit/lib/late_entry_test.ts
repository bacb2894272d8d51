/** Entries that come to nothing: given up before their turn on a busy node, or refused. */
import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { memoryBus } from "../../../lib/bus/memory.ts";
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
import { OddPresence } from "../../helpers/odd_presence.ts";

describe("a socket that was given up before its turn came", () => {
  it("takes nothing over from the one that its client is back by, on another node", async () => {
    const [store, bus] = [new MemoryPresence(), memoryBus()];
    const presence = new OddPresence(store);
    const slow = fakeNode({ node: "slow", presence, bus });
    const quick = fakeNode({ node: "quick", presence: store, bus });
    const stops = [slow, quick].map(({ hub }) => hub.start());
    await makeRoom(slow);
    const ada = await join(slow, "ada");
    const bob = await join(quick, "bob");
    bob.wire.hangsUp();
    await seen(ada, bob.id, "away");

    // Ada's update keeps the slow node's store busy; Bob's resume has to wait for it.
    const held = presence.holdNext({ kind: "update" });
    ada.wire.says({ type: "update", attributes: { hand: true } });
    const release = await held;
    const late = new FakeWire(slow.hub);
    late.says({ type: "resume", session: bob.welcome.session });
    await Promise.resolve();
    late.hangsUp();
    const back = await resume(quick, bob.welcome.session);
    assertEquals(back.id, bob.id);

    release();
    await slow.hub.rooms.change(ROOM, { kind: "tick", dead: {} });
    assertEquals((await store.read(ROOM))!.members[bob.id]!.node, "quick");
    assertEquals(back.wire.frames.all.filter(({ type }) => type === "error"), []);
    await Promise.all(stops.map((stop) => stop()));
  });
});

describe("an entry that is refused", () => {
  it("ends there, whatever was told of the room meanwhile", async () => {
    const [store, bus] = [new MemoryPresence(), memoryBus()];
    const presence = new OddPresence(store);
    const one = fakeNode({ node: "one", presence: store, bus });
    const two = fakeNode({ node: "two", presence, bus });
    const stops = [one, two].map(({ hub }) => hub.start());
    await makeRoom(one, ROOM, { maxParticipants: 2 });
    const ada = await join(one, "ada");

    // By the store Bob is on the second node, which does not know it.
    presence.loseAnswerOfNext({ kind: "enter" });
    const bob = new FakeWire(two.hub);
    bob.says({ type: "join", token: await makeToken(two, "bob") });
    await bob.frames.next("error");

    const held = presence.holdNext({ kind: "enter" });
    const cy = new FakeWire(two.hub);
    cy.says({ type: "join", token: await makeToken(two, "cy") });
    const release = await held;
    ada.wire.says({ type: "update", attributes: { hand: true } });
    await ada.wire.frames.next("participant", {
      where: ({ participant }) => participant.id === ada.id,
    });
    release();
    assertEquals((await cy.frames.next("error")).code, "room_full");
    await Promise.all(stops.map((stop) => stop()));
  });
});
