/** A node so busy that clients give up waiting for their welcome, and come back before their turn has come. */
import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { memoryBus } from "../../../lib/bus/memory.ts";
import { MemoryPresence } from "../../../lib/presence/memory.ts";
import { fakeNode, FakeWire, join, makeRoom, resume, ROOM, seen } from "../../helpers/fake_node.ts";
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
