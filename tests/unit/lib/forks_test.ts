/** Nodes and a store that know different things of a room, and each of them something that the others do not. */
import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { POLICY } from "../../../lib/policy.ts";
import { join, makeRoom, resume, ROOM, seen } from "../../helpers/fake_node.ts";
import { Nodes, type OddNode, told } from "../../helpers/fake_nodes.ts";

const { beatMs, changedMarginMs } = POLICY.lease;

/** A bus whose messages wait until they are let go. */
function holdBus({ bus }: Nodes): { release(): Promise<void> } {
  const publish = bus.publish.bind(bus);
  const held: Parameters<typeof publish>[] = [];
  bus.publish = (...message) => {
    held.push(message);
    return Promise.resolve();
  };
  return {
    async release() {
      bus.publish = publish;
      for (const message of held) await publish(...message);
    },
  };
}

describe("a node whose sign of life was heard and whose answer was lost", () => {
  it("learns with the next one what the answer would have told", async () => {
    using all = await Nodes.make(2);
    const [one, two] = all.nodes as [OddNode, OddNode];
    const ada = await join(one, "ada");
    await all.pass(beatMs);
    all.bus.publish = () => Promise.resolve();
    const bob = await join(two, "bob");
    one.store.goMute();
    await all.pass(beatMs + changedMarginMs);
    one.store.comeBack();
    await all.pass(beatMs);
    await seen(ada, bob.id, "active");
  });
});

describe("a store that has lost everything, and is told first by a node that knows less", () => {
  it("costs nobody the socket that the node did not know of", async () => {
    using all = await Nodes.make(3);
    const [one, two, three] = all.nodes as [OddNode, OddNode, OddNode];
    const [ada, bob] = [await join(two, "ada"), await join(three, "bob")];
    await all.pass(beatMs);
    all.kill(2);
    all.bus.publish = () => Promise.resolve();
    const back = await resume(one, bob.welcome.session);
    all.memory.forget();
    await join(two, "eve");
    back.wire.says({ type: "update", attributes: { hand: 1 } });
    await all.pass(2 * beatMs);
    assertEquals(back.wire.connection.isOpen, true);
    assertEquals(told(ada).filter((what) => what.startsWith("left")), []);
    assertEquals((await all.members())[bob.id], "active");
  });

  it("lets in who enters while the news from before is still on its way", async () => {
    using all = await Nodes.make(2);
    const [one, two] = all.nodes as [OddNode, OddNode];
    const [ada, bob] = [await join(one, "ada"), await join(two, "bob")];
    await all.pass(beatMs);
    const news = holdBus(all);
    const eve = await join(one, "eve");
    all.memory.forget();
    const entered = two.store.holdNext({ kind: "enter" });
    const joining = join(two, "kim");
    const release = await entered;
    await news.release();
    release();
    const kim = await joining;
    await all.pass(2 * beatMs);
    assertEquals(await all.members(), {
      [ada.id]: "active",
      [bob.id]: "active",
      [eve.id]: "active",
      [kim.id]: "active",
    });
    for (const each of [ada, bob, eve, kim]) {
      assertEquals(told(each).filter((what) => what.startsWith("left")), []);
    }
  });

  it("keeps whom it heard of first from another, though older news comes later", async () => {
    using all = await Nodes.make(3);
    const [one, two, three] = all.nodes as [OddNode, OddNode, OddNode];
    const [bob, dave] = [await join(two, "bob"), await join(three, "dave")];
    await all.pass(beatMs + changedMarginMs);
    const news = holdBus(all);
    await join(one, "eve");
    all.kill(0);
    all.memory.forget();
    const carol = await join(three, "carol");
    const asked = two.store.holdNext({ kind: "restore" });
    two.hub.rooms.doubtAll();
    const reconciling = two.hub.rooms.reconcile();
    const release = await asked;
    await news.release();
    release();
    await reconciling;
    await all.pass(3 * beatMs);
    for (const each of [bob, dave, carol]) {
      assertEquals(told(each).filter((what) => what === `left ${carol.id}`), []);
    }
    assertEquals((await all.members())[carol.id], "active");
  });
});

describe("two who leave at once on two nodes", () => {
  it("have both left, for themselves and for the others", async () => {
    using all = await Nodes.make(2);
    const [one, two] = all.nodes as [OddNode, OddNode];
    const [ada, bob] = [await join(one, "ada"), await join(two, "bob")];
    const eve = await join(one, "eve");
    await seen(ada, bob.id, "active");
    for (const { wire } of [ada, bob]) wire.says({ type: "leave" });
    for (const { wire } of [ada, bob]) assertEquals((await wire.closed).code, 1000);
    const left = [await eve.wire.frames.next("left"), await eve.wire.frames.next("left")];
    assertEquals(left.map(({ reason }) => reason), ["left", "left"]);
  });
});

describe("a room that ended", () => {
  it("does not end the next of its id by news that comes late", async () => {
    using all = await Nodes.make(2);
    const [one, two] = all.nodes as [OddNode, OddNode];
    const bob = await join(two, "bob");
    const late = holdBus(all);
    await one.hub.rooms.change(ROOM, { kind: "end" });
    bob.wire.hangsUp();
    await makeRoom(one);
    const ada = await join(two, "ada");
    await late.release();
    await all.pass(beatMs);
    assertEquals(ada.wire.readyState, WebSocket.OPEN);
    assertEquals(await all.members(), { [ada.id]: "active" });
  });

  it("does so nowhere while the store is away: nobody stays there as a ghost", async () => {
    using all = await Nodes.make(1);
    const [one] = all.nodes as [OddNode];
    await one.hub.rooms.change(ROOM, { kind: "configure", given: { emptyTimeoutSeconds: 5 } });
    const ada = await join(one, "ada");
    one.store.goAway();
    ada.wire.says({ type: "leave" });
    await ada.wire.closed;
    await all.pass(10_000);
    one.store.comeBack();
    await all.pass(2 * beatMs);
    assertEquals(await all.members(), {});
  });
});

describe("someone who was removed", () => {
  it("stays out when the store is told again by a node that has not heard of it", async () => {
    using all = await Nodes.make(2);
    const [one, two] = all.nodes as [OddNode, OddNode];
    const ada = await join(one, "ada");
    const eve = await join(two, "eve");
    await seen(ada, eve.id, "active");
    all.bus.publish = () => Promise.resolve();
    await one.hub.rooms.change(ROOM, { kind: "remove", id: eve.id });
    all.memory.forget();
    await two.hub.lease.beat();
    await all.pass(3 * beatMs);
    assertEquals((await eve.wire.closed).code, 4403);
    assertEquals(await all.members(), { [ada.id]: "active" });
  });
});
