import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import type { BusMessage } from "../../../lib/bus/mod.ts";
import { nodeMetrics } from "../../../lib/metrics.ts";
import { POLICY } from "../../../lib/policy.ts";
import { MemoryPresence } from "../../../lib/presence/memory.ts";
import type { QualitySummary } from "../../../lib/protocol.ts";
import {
  type FakeNode,
  fakeNode,
  FakeWire,
  join,
  makeRoom,
  resume,
  ROOM,
} from "../../helpers/fake_node.ts";
import { LossyBus } from "../../helpers/lossy_bus.ts";
import { FAIR } from "../../helpers/qualities.ts";

const reports = ({ wire }: { wire: FakeWire }, quality: QualitySummary) =>
  wire.says({ type: "report", quality });

/** What this node says of the room's people, by id. */
async function known({ hub, presence }: FakeNode): Promise<Record<string, QualitySummary>> {
  const all = await hub.exchange.of((await presence.read(ROOM))!);
  return Object.fromEntries(Object.entries(all).map(([id, { summary }]) => [id, summary]));
}

async function oneNode(): Promise<FakeNode> {
  const node = fakeNode();
  await makeRoom(node);
  return node;
}

describe("what somebody tells of its call's quality", () => {
  it("is known until the next, and until it leaves", async () => {
    const node = await oneNode();
    const ada = await join(node, "ada");
    assertEquals(await known(node), {});
    reports(ada, FAIR);
    reports(ada, { ...FAIR, sending: "full" });
    assertEquals(await known(node), { [ada.id]: { ...FAIR, sending: "full" } });
    ada.wire.says({ type: "leave" });
    await ada.wire.closed;
    assertEquals(await known(node), {});
  });

  it("is not what its next socket tells", async () => {
    const node = await oneNode();
    const ada = await join(node, "ada");
    reports(ada, FAIR);
    const back = await resume(node, ada.welcome.session);
    assertEquals(await known(node), {});
    reports(back, FAIR);
    assertEquals(await known(node), { [ada.id]: FAIR });
  });

  it("changes neither the room nor the store", async () => {
    const node = await oneNode();
    const ada = await join(node, "ada");
    const before = await node.presence.read(ROOM);
    reports(ada, FAIR);
    assertEquals(await node.presence.read(ROOM), before);
  });

  it("is taken once in 5 s, a little more at once, and dropped without a word beyond", async () => {
    using time = new FakeTime();
    const node = await oneNode();
    const ada = await join(node, "ada");
    let taken = 0;
    node.hub.qualities.onTaken(() => taken++);
    for (let i = 0; i < 600; i++) {
      reports(ada, FAIR);
      time.tick(100);
    }
    assertLess(taken, 60 / 5 + POLICY.quality.burst + 1);
    assertEquals(taken + node.hub.counters.qualityDropped, 600);
    assertEquals(ada.wire.frames.all.filter(({ type }) => type === "error"), []);
  });

  it("takes nothing from what was measured beside it", async () => {
    const node = await oneNode();
    const ada = await join(node, "ada");
    for (let i = 0; i < 5; i++) reports(ada, FAIR);
    ada.wire.says({ type: "report", measured: { relayed: true }, quality: FAIR });
    ada.wire.says({ type: "update", attributes: {} });
    await ada.wire.frames.next("participant");
    assertEquals(node.hub.rooms.get(ROOM)!.view.members[ada.id]!.measured, { relayed: true });
  });
});

describe("quality at /metrics", () => {
  /** The text once somebody has told this. */
  async function textAfter(...told: object[]): Promise<string> {
    const node = await oneNode();
    const metrics = nodeMetrics(node.hub, { otlp: false });
    for (const [i, quality] of told.entries()) {
      const person = await join(node, `p${i}`);
      person.wire.says(JSON.stringify({ type: "report", quality }));
    }
    return await metrics.text();
  }

  it("is told in seconds and ratios", async () => {
    const text = await textAfter(FAIR);
    const EXPECTED = [
      /^meshlift_quality_round_trip_sum\{mode="mesh".*\} 0\.08$/m,
      /^meshlift_quality_round_trip_bucket\{mode="mesh".*le="0\.1"\} 1$/m,
      /^meshlift_quality_jitter_sum\{.*\} 0\.004$/m,
      /^meshlift_quality_loss_sum\{.*\} 0\.02$/m,
      /^meshlift_quality_freezes_sum\{.*\} 12$/m,
      /^meshlift_quality_outgoing_bitrate_sum\{.*\} 1500000$/m,
      /^meshlift_quality_relayed_sum\{.*\} 0\.5$/m,
      /^meshlift_quality_paths_total\{mode="mesh",candidate_type="host".*\} 1$/m,
      /^meshlift_quality_paths_total\{mode="mesh",candidate_type="relay".*\} 1$/m,
      /^meshlift_quality_sending_total\{mode="mesh",sending="reduced".*\} 1$/m,
    ];
    for (const line of EXPECTED) assertMatch(text, line);
  });

  it("has nothing of what was not told", async () => {
    const text = await textAfter({ seconds: 5, paths: {}, sending: "full" });
    assert(!/^meshlift_quality_(round_trip|loss|relayed|paths)\S*\{/m.test(text), text);
    assertMatch(text, /^meshlift_quality_sending_total\{.*sending="full".*\} 1$/m);
  });

  it("has no labels but its own, and no number that spoils a sum, whatever is told", async () => {
    const text = await textAfter(
      { ...FAIR, sending: "mallory" },
      { ...FAIR, paths: { mallory: 1, constructor: 1 }, mode: "mallory", mallory: "mallory" },
      { ...FAIR, roundTripMs: 1e308 },
      { ...FAIR, freezes: 1e9 },
      { ...FAIR, loss: -1 },
      { ...FAIR, seconds: 1e-9, freezes: 1 },
    );
    assertEquals(/mallory|constructor/.test(text), false, text);
    assertMatch(text, /^meshlift_quality_freezes_sum\{.*\} 72$/m);
    assertMatch(text, /^meshlift_quality_round_trip_count\{.*\} 2$/m);
  });
});

describe("the quality of people on another node", () => {
  /** Two nodes, with somebody on each who has told of it. */
  async function twoNodes(loses: (message: BusMessage) => boolean = () => false) {
    const [presence, bus] = [new MemoryPresence(), new LossyBus()];
    const nodes = ["n1", "n2"].map((node) => fakeNode({ node, presence, bus }));
    const stops = nodes.map(({ hub }) => hub.start());
    const [here, there] = nodes as [FakeNode, FakeNode];
    await makeRoom(here);
    const [ada, bob] = [await join(here, "ada"), await join(there, "bob")];
    bus.loses = loses;
    for (const person of [ada, bob]) reports(person, FAIR);
    return {
      ...{ here, there, ada, bob },
      [Symbol.asyncDispose]: async () => void await Promise.all(stops.map((stop) => stop())),
    };
  }

  it("is asked of that node", async () => {
    await using nodes = await twoNodes();
    const { here, there, ada, bob } = nodes;
    const all = { [ada.id]: FAIR, [bob.id]: FAIR };
    assertEquals(await known(here), all);
    assertEquals(await known(there), all);
  });

  it("is asked of each node once", async () => {
    const asked: BusMessage[] = [];
    await using nodes = await twoNodes((message) => {
      if (message.kind === "quality_wanted") asked.push(message);
      return false;
    });
    await join(nodes.there, "cy");
    await known(nodes.here);
    assertEquals(asked.length, 1);
  });

  it("is not known where that node does not answer in time", async () => {
    await using nodes = await twoNodes(({ kind }) => kind === "quality");
    const begun = performance.now();
    assertEquals(await known(nodes.here), { [nodes.ada.id]: FAIR });
    assertLess(performance.now() - begun, POLICY.inquiryMs + 500);
  });
});
