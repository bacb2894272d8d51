import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { POLICY } from "../../../lib/policy.ts";
import type { ClientFrame, ServerFrame } from "../../../lib/protocol.ts";
import { FakeWire, join, makeToken, ROOM } from "../../helpers/fake_node.ts";
import { Nodes, type OddNode } from "../../helpers/fake_nodes.ts";
import { SwitchableSfu } from "../../helpers/switchable_sfu.ts";

const { promoteAfterMs, demoteAfterMs, meshLimit } = POLICY.topology;
const { promoteAt } = POLICY.room;

type TopologyFrame = ServerFrame & { type: "topology" };
const topologies = ({ wire }: { wire: FakeWire }) =>
  wire.frames.all.filter((frame): frame is TopologyFrame => frame.type === "topology");
/** `2 sfu a participants` */
const inWords = (frame: TopologyFrame) =>
  [frame.epoch, frame.mode, frame.mode === "sfu" ? frame.grant.sfu : "", frame.reason]
    .filter((word) => word !== "").join(" ");

/** So many people, by turns on each node. */
async function crowd(nodes: Nodes, count: number) {
  const people = [];
  for (let i = 0; i < count; i++) {
    people.push(await join(nodes.nodes[i % nodes.nodes.length]!, `p${i}`));
  }
  return people;
}

/** Nodes that can all control the same two SFUs, each as it sees them. */
async function twoNodes() {
  const sfus = [1, 2].map(() => ["a", "b"].map((id) => new SwitchableSfu(id)));
  const nodes = await Nodes.make(2, (node) => sfus[node - 1]!);
  const all = (id: string) => sfus.flat().filter(({ info }) => info.id === id);
  return { nodes, all, sfus };
}

describe("a room on two nodes", () => {
  it("is lifted once, and everyone is told the same", async () => {
    const { nodes } = await twoNodes();
    using _ = nodes;
    const people = await crowd(nodes, promoteAt);
    await nodes.pass(promoteAfterMs + POLICY.topology.understudyMs);
    const told = people.map((person) => topologies(person).map(inWords).join());
    assertEquals(new Set(told).size, 1);
    assert(/^2 sfu [ab] participants$/.test(told[0]!), told[0]);
  });

  it("is lifted at once where two cannot reach each other, by whichever node hears of it", async () => {
    const { nodes } = await twoNodes();
    using _ = nodes;
    const [ada, bob] = await crowd(nodes, 2);
    // For so long they have tried.
    await nodes.pass(6_000);
    bob!.wire.says({ type: "report", measured: { unreachable: [ada!.id] } });
    await nodes.time.tickAsync(1);
    for (const person of [ada!, bob!]) {
      assert(/^2 sfu [ab] unconnected$/.test(topologies(person).map(inWords).join()));
    }
  });

  it("comes down when people have left", async () => {
    const { nodes } = await twoNodes();
    using _ = nodes;
    const people = await crowd(nodes, promoteAt);
    await nodes.pass(promoteAfterMs + 500);
    for (const { wire } of people.slice(3)) wire.says({ type: "leave" });
    await nodes.pass(demoteAfterMs + POLICY.topology.understudyMs);
    assertEquals(topologies(people[0]!).map(inWords).at(-1), "3 mesh participants");
    assertEquals(topologies(people[1]!).map(inWords).at(-1), "3 mesh participants");
  });

  it("counts nobody twice at an SFU while the store is away", async () => {
    const { nodes } = await twoNodes();
    using _ = nodes;
    await crowd(nodes, promoteAt);
    for (const { store } of nodes.nodes) store.failNext({ kind: "topology" });
    await nodes.pass(promoteAfterMs + 500);
    for (const { hub } of nodes.nodes) {
      const coming = hub.parts.sfus.views.reduce((sum, { load }) => sum + load, 0);
      assert(coming <= promoteAt, `${coming}`);
    }
  });

  it("leaves an SFU that is down for the other, at once", async () => {
    const { nodes, all } = await twoNodes();
    using _ = nodes;
    const people = await crowd(nodes, promoteAt);
    await nodes.pass(promoteAfterMs + 500);
    const [first] = topologies(people[0]!);
    assert(first?.mode === "sfu");
    for (const sfu of all(first.grant.sfu)) sfu.turn("down");
    await nodes.pass(0);
    await nodes.time.tickAsync(1);
    const other = first.grant.sfu === "a" ? "b" : "a";
    assertEquals(topologies(people[1]!).map(inWords).at(-1), `3 sfu ${other} sfu_lost`);
  });

  it("is moved away from an SFU that is being emptied", async () => {
    const { nodes } = await twoNodes();
    using _ = nodes;
    const people = await crowd(nodes, promoteAt);
    await nodes.pass(promoteAfterMs + 500);
    const [first] = topologies(people[0]!);
    assert(first?.mode === "sfu");
    await nodes.memory.drainSfu(first.grant.sfu, true);
    await nodes.pass(POLICY.lease.beatMs + 500);
    const other = first.grant.sfu === "a" ? "b" : "a";
    assertEquals(topologies(people[1]!).map(inWords).at(-1), `3 sfu ${other} sfu_draining`);
  });

  it("is steered by the other node where the first has died", async () => {
    const { nodes, all } = await twoNodes();
    using _ = nodes;
    for (const sfu of [...all("a"), ...all("b")]) sfu.turn("down");
    const people = await crowd(nodes, promoteAt);
    nodes.kill(0);
    for (const sfu of all("a")) sfu.turn("up");
    await nodes.pass(2 * POLICY.topology.understudyMs + 500);
    assertEquals(topologies(people[1]!).map(inWords), ["2 sfu a participants"]);
  });
});

describe("a room for which there is no SFU", () => {
  /** A mesh that is full, on a node without an SFU. */
  async function fullMesh() {
    const nodes = await Nodes.make(1);
    await nodes.nodes[0]!.hub.rooms.change(ROOM, {
      kind: "configure",
      given: { maxParticipants: 20 },
    });
    return { nodes, node: nodes.nodes[0]!, people: await crowd(nodes, meshLimit) };
  }

  const refusal = async (node: OddNode) => {
    const token = await makeToken(node, "late");
    return await knock(node, { type: "join", token }).frames.next("error");
  };

  it("tells who would be too many that it is full, why, and when to come again", async () => {
    const { nodes, node } = await fullMesh();
    using _ = nodes;
    const { code, message, retryAfterMs } = await refusal(node);
    assertEquals([code, retryAfterMs], ["room_full", POLICY.roomFullRetryMs]);
    assert(message.includes(`a mesh of ${meshLimit} participants, and there is no SFU`), message);
  });

  it("is as full with 20 who may publish where there is one, but not for those who only watch", async () => {
    const { nodes } = await twoNodes();
    using _ = nodes;
    const node = nodes.nodes[0]!;
    const given = { maxParticipants: 100 };
    await node.hub.rooms.change(ROOM, { kind: "configure", given });
    await crowd(nodes, POLICY.topology.senderLimit);
    assertEquals((await refusal(node)).code, "room_full");
    const watcher = await join(node, "watcher", { permissions: { publish: false } });
    assertEquals(watcher.welcome.participants.length, POLICY.topology.senderLimit);
  });

  it("leaves those who are in it alone", async () => {
    const { nodes, node, people } = await fullMesh();
    using _ = nodes;
    await refusal(node);
    await nodes.pass(2_000);
    for (const person of people) assertEquals(topologies(person), []);
    assertEquals(Object.values(await nodes.members()), Array(meshLimit).fill("active"));
  });

  it("lets its people back in", async () => {
    const { nodes, node, people } = await fullMesh();
    using _ = nodes;
    people[0]!.wire.hangsUp();
    await nodes.pass(500);
    const { session } = people[0]!.welcome;
    const back = knock(node, { type: "resume", session });
    assertEquals((await back.frames.next("welcome")).resumed, true);
  });
});

/** A socket that asks to be let in. */
function knock(node: OddNode, frame: ClientFrame): FakeWire {
  const wire = new FakeWire(node.hub);
  wire.says(frame);
  return wire;
}

describe("nodes, however their SFUs come and go", () => {
  const happening = fc.record({
    node: fc.nat(1),
    sfu: fc.constantFrom("a", "b"),
    health: fc.constantFrom("up" as const, "down" as const),
    afterMs: fc.integer({ min: 0, max: 4_000 }),
  });

  it("never act on different epochs for longer than a message takes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { minLength: 1, maxLength: 12 }), async (history) => {
        const { nodes, sfus } = await twoNodes();
        using _ = nodes;
        const people = await crowd(nodes, promoteAt);
        for (const { node, sfu, health, afterMs } of history) {
          sfus[node]!.find(({ info }) => info.id === sfu)!.turn(health);
          // What is published now is heard within this.
          await nodes.time.tickAsync(1);
          const views = nodes.nodes.map(({ hub }) => hub.rooms.get(ROOM)!.view.topology);
          assertEquals(views[0], views[1]);
          await nodes.pass(afterMs);
        }
        const told = people.map((person) => topologies(person).map(inWords).join());
        assertEquals(new Set(told).size, 1, told.join("\n"));
      }),
      { numRuns: 40 },
    );
  });
});
