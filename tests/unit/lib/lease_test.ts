/** Nodes whose store goes away, forgets or comes back, and nodes that die: nobody in a call notices. */
import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { POLICY } from "../../../lib/policy.ts";
import { FakeWire, join, makeToken, resume, seen } from "../../helpers/fake_node.ts";
import { Nodes, type OddNode, told } from "../../helpers/fake_nodes.ts";

const { beatMs, lapsesAfterMs, changedMarginMs } = POLICY.lease;

describe("a store that has lost everything", () => {
  it("is told again by the nodes, and nobody in the room notices", async () => {
    using all = await Nodes.make(2);
    const [one, two] = all.nodes as [OddNode, OddNode];
    const [ada, bob] = [await join(one, "ada"), await join(two, "bob")];
    await seen(ada, bob.id, "active");
    await all.pass(beatMs + changedMarginMs);
    const before = [told(ada), told(bob)];
    all.memory.forget();
    assertEquals(await all.members(), {});
    await all.pass(beatMs);
    assertEquals(await all.members(), { [ada.id]: "active", [bob.id]: "active" });
    await all.pass(2 * beatMs);
    assertEquals([told(ada), told(bob)], before);
  });

  it("is told of the room also by whoever changes it first", async () => {
    using all = await Nodes.make(1);
    const [one] = all.nodes as [OddNode];
    const ada = await join(one, "ada");
    all.memory.forget();
    const bob = await join(one, "bob");
    assertEquals(bob.welcome.participants.map(({ id }) => id), [ada.id]);
    assertEquals(Object.keys(await all.members()).length, 2);
  });
});

describe("a node that has died", () => {
  it("leaves no ghost: the others see its people leave within 10 s", async () => {
    using all = await Nodes.make(2);
    const [one, two] = all.nodes as [OddNode, OddNode];
    const [ada, bob] = [await join(one, "ada"), await join(two, "bob")];
    await all.pass(beatMs);
    all.kill(1);
    await all.pass(10_000);
    assertEquals(told(ada).at(-1), `left ${bob.id}`);
    assertEquals(await all.members(), { [ada.id]: "active" });
  });

  it("leaves no ghost in a room where nobody else is", async () => {
    using all = await Nodes.make(2);
    const [, two] = all.nodes as [OddNode, OddNode];
    await join(two, "bob");
    await all.pass(beatMs);
    all.kill(1);
    await all.pass(10_000 + beatMs);
    assertEquals(await all.members(), {});
  });

  it("does not take those along who resumed on another: nobody sees them leave", async () => {
    using all = await Nodes.make(3);
    const [one, two, three] = all.nodes as [OddNode, OddNode, OddNode];
    const [ada, bob] = [await join(one, "ada"), await join(two, "bob")];
    all.kill(1);
    const back = await resume(three, bob.welcome.session);
    assertEquals([back.id, back.welcome.resumed], [bob.id, true]);
    await all.pass(3 * lapsesAfterMs);
    assertEquals(told(ada).filter((what) => what.startsWith("left")), []);
    assertEquals(await all.members(), { [ada.id]: "active", [bob.id]: "active" });
  });
});

describe("a node that cannot reach the store", () => {
  it("goes on with its rooms: joins, updates, signals and leaves", async () => {
    using all = await Nodes.make(1);
    const [one] = all.nodes as [OddNode];
    const [ada, bob] = [await join(one, "ada"), await join(one, "bob")];
    one.store.goAway();
    const eve = await join(one, "eve");
    assertEquals(eve.welcome.participants.length, 2);
    await seen(ada, eve.id, "active");
    eve.wire.says({ type: "update", attributes: { hand: true } });
    assertEquals((await seen(ada, eve.id, "active")).participant.attributes, { hand: true });
    eve.wire.says({ type: "signal", to: ada.id, data: 1 });
    await ada.wire.frames.next("signal");
    bob.wire.says({ type: "leave" });
    assertEquals((await ada.wire.frames.next("left")).id, bob.id);
  });

  it("tells the store what happened meanwhile, when it is back", async () => {
    using all = await Nodes.make(1);
    const [one] = all.nodes as [OddNode];
    const [ada, bob] = [await join(one, "ada"), await join(one, "bob")];
    one.store.goAway();
    const eve = await join(one, "eve");
    bob.wire.says({ type: "leave" });
    await ada.wire.frames.next("left");
    one.store.comeBack();
    await all.pass(beatMs + 1_000);
    assertEquals(await all.members(), { [ada.id]: "active", [eve.id]: "active" });
  });

  it("refuses who comes to a room that it does not know, and says when to come again", async () => {
    using all = await Nodes.make(1);
    const [one] = all.nodes as [OddNode];
    one.store.goAway();
    const wire = new FakeWire(one.hub);
    wire.says({ type: "join", token: await makeToken(one, "ada") });
    const { code, retryAfterMs } = await wire.frames.next("error");
    assertEquals([code, (await wire.closed).code], ["unavailable", 1013]);
    assert(retryAfterMs! >= 1_000);
  });

  it("refuses a removal, and the socket stays", async () => {
    using all = await Nodes.make(1);
    const [one] = all.nodes as [OddNode];
    const ada = await join(one, "ada", { permissions: { moderate: true } });
    const bob = await join(one, "bob");
    one.store.goAway();
    ada.wire.says({ type: "remove", participant: bob.id });
    assertEquals((await ada.wire.frames.next("error")).code, "unavailable");
    ada.wire.says({ type: "signal", to: bob.id, data: 1 });
    await bob.wire.frames.next("signal");
  });

  it("lets its own people go who do not come back", async () => {
    using all = await Nodes.make(1);
    const [one] = all.nodes as [OddNode];
    const [ada, bob] = [await join(one, "ada"), await join(one, "bob")];
    one.store.goAway();
    bob.wire.hangsUp();
    await seen(ada, bob.id, "away");
    await all.pass(POLICY.awayGraceMs + POLICY.tickMs);
    assertEquals((await ada.wire.frames.next("left")).id, bob.id);
    one.store.comeBack();
    await all.pass(beatMs + 1_000);
    assertEquals(await all.members(), { [ada.id]: "active" });
  });

  it("brings its people back when the others have taken it for dead", async () => {
    using all = await Nodes.make(2);
    const [one, two] = all.nodes as [OddNode, OddNode];
    const [ada, bob] = [await join(one, "ada"), await join(two, "bob")];
    await all.pass(beatMs);
    two.store.goAway();
    await all.pass(12_000);
    assertEquals(told(ada).at(-1), `left ${bob.id}`);
    assertEquals(told(bob).includes(`left ${bob.id}`), false);
    two.store.comeBack();
    await all.pass(beatMs + 1_000);
    assertEquals(await all.members(), { [ada.id]: "active", [bob.id]: "active" });
    assertEquals(told(ada).at(-1), "participant");
  });

  it("gives up a socket whose participant resumed elsewhere meanwhile", async () => {
    using all = await Nodes.make(2);
    const [one, two] = all.nodes as [OddNode, OddNode];
    const [ada, bob] = [await join(one, "ada"), await join(two, "bob")];
    await all.pass(beatMs);
    two.store.goAway();
    all.bus.publish = () => Promise.resolve();
    const newer = await resume(one, bob.welcome.session);
    two.store.comeBack();
    await all.pass(beatMs + changedMarginMs + 1_000);
    assertEquals((await bob.wire.closed).code, 4409);
    assertEquals(await all.members(), { [ada.id]: "active", [newer.id]: "active" });
  });

  it("learns who came elsewhere meanwhile, though as many came here", async () => {
    using all = await Nodes.make(2);
    const [one, two] = all.nodes as [OddNode, OddNode];
    const [ada, bob] = [await join(one, "ada"), await join(two, "bob")];
    await all.pass(beatMs);
    two.store.goAway();
    all.bus.publish = () => Promise.resolve();
    const [cleo, dan] = [await join(one, "cleo"), await join(two, "dan")];
    two.store.comeBack();
    await all.pass(2 * beatMs + changedMarginMs);
    await seen(ada, dan.id, "active");
    await seen(bob, cleo.id, "active");
  });

  it("believes what it heard of the others meanwhile, more than a store that has not", async () => {
    using all = await Nodes.make(2);
    const [one, two] = all.nodes as [OddNode, OddNode];
    const [ada, bob] = [await join(one, "ada"), await join(two, "bob")];
    await all.pass(beatMs);
    for (const { store } of [one, two]) store.goAway();
    const cleo = await join(two, "cleo");
    await seen(ada, cleo.id, "active");
    bob.wire.says({ type: "leave" });
    await ada.wire.frames.next("left");
    const before = told(ada).length;
    one.store.comeBack();
    await all.pass(beatMs + 1_000);
    assertEquals(await all.members(), { [ada.id]: "active", [cleo.id]: "active" });
    two.store.comeBack();
    await all.pass(2 * beatMs + changedMarginMs);
    assertEquals(await all.members(), { [ada.id]: "active", [cleo.id]: "active" });
    assertEquals(told(ada).slice(before), []);
  });
});

describe("a node that missed what it was told", () => {
  it("knows within 5 s, also when nothing else happens", async () => {
    using all = await Nodes.make(2);
    const [one, two] = all.nodes as [OddNode, OddNode];
    const ada = await join(one, "ada");
    all.bus.publish = () => Promise.resolve();
    const bob = await join(two, "bob");
    await all.pass(5_000);
    await seen(ada, bob.id, "active");
  });
});

describe("a node that drains", () => {
  it("leaves its people the time to come back elsewhere, and nobody sees them leave", async () => {
    using all = await Nodes.make(2);
    const [one, two] = all.nodes as [OddNode, OddNode];
    const [ada, bob] = [await join(one, "ada"), await join(two, "bob")];
    await two.hub.drain();
    await all.pass(POLICY.drain.maxMs);
    await resume(one, bob.welcome.session);
    await all.pass(2 * POLICY.awayGraceMs);
    assertEquals(told(ada).filter((what) => what.startsWith("left")), []);
  });

  it("leaves no ghost of who does not come back", async () => {
    using all = await Nodes.make(2);
    const [one, two] = all.nodes as [OddNode, OddNode];
    const [ada, bob] = [await join(one, "ada"), await join(two, "bob")];
    await two.hub.drain();
    await all.pass(POLICY.awayGraceMs + beatMs + 2_000);
    assertEquals(told(ada).at(-1), `left ${bob.id}`);
  });
});
