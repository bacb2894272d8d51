/** A node that is told to go tells its people when to come back, and has gone before it is killed. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { POLICY } from "../../../lib/policy.ts";
import { type Cluster, startCluster } from "../../helpers/cluster.ts";
import { beats } from "../../helpers/commands.ts";
import { allAgree, leftFor } from "../../helpers/rosters.ts";
import { signals, signalsFlow } from "../../helpers/signals.ts";
import type { WsClient } from "../../helpers/ws_client.ts";

const PEOPLE = 24;
/** From SIGINT to SIGKILL on the platform. */
const EVICTED_MS = 5_000;

describe("SIGINT", () => {
  const all = new AsyncDisposableStack();
  let cluster: Cluster;
  let rooms: string[];
  /** One in each room, on a node that stays. */
  let stayers: WsClient[];
  /** One in each room, on the node that goes. */
  let evicted: WsClient[];
  let back: WsClient[];
  /** Does not come back. */
  let lost: WsClient;
  let signalledAt: number;

  beforeAll(async () => {
    cluster = all.use(await startCluster({ nodes: 3 }));
    rooms = await Promise.all(Array.from({ length: PEOPLE }, () => cluster.room()));
    const join = async (node: number, room: string, identity: string) =>
      all.use(await cluster.join(node, room, identity));
    stayers = await Promise.all(rooms.map((room) => join(0, room, "stays")));
    evicted = await Promise.all(rooms.map((room) => join(1, room, "moves")));
    lost = await join(1, rooms[0]!, "lost");
    await allAgree(cluster, rooms[0]!, [stayers[0]!], ["stays", "moves", "lost"]);
    // It has just said that it lives: its word that it goes has to be the later one.
    await beats(cluster.nodes[1]!.redis);
    signalledAt = performance.now();
    cluster.nodes[1]!.service.kill("SIGINT");
  });
  afterAll(() => all.disposeAsync());

  const remaining = () => ({ nodes: [cluster.nodes[0]!, cluster.nodes[2]!] });

  it("tells each of its people when to come back, spread out, and closes with 1012", async () => {
    const refusals = await Promise.all([...evicted, lost].map((client) => client.refusal()));
    for (const { code, close } of refusals) assertEquals([code, close], ["draining", 1012]);
    const retries = refusals.map(({ retryAfterMs = 0 }) => retryAfterMs);
    const { minMs, maxMs } = POLICY.drain;
    assert(retries.every((ms) => ms >= minMs && ms <= minMs + maxMs), retries.join());
    assert(new Set(retries).size > PEOPLE / 2, retries.join());
  });

  it("lets all of them resume on the other nodes, as who they were", async () => {
    back = await Promise.all(
      evicted.map(async ({ welcome }, i) =>
        all.use(await remaining().nodes[i % 2]!.resume(welcome.session))
      ),
    );
    assertEquals(back.map(({ id }) => id), evicted.map(({ id }) => id));
    assert(back.every(({ welcome }) => welcome.resumed));
  });

  it("ends the node in order before it would be killed: exit 0", async () => {
    assertEquals((await cluster.nodes[1]!.service.exited).code, 0);
    assertLess(performance.now() - signalledAt, EVICTED_MS);
  });

  it("leaves calls that go on", async () => {
    for (const [i, stayer] of stayers.entries()) {
      await signalsFlow(stayer, back[i]!);
      await signals(back[i]!, stayer);
    }
  });

  it("lets those be gone after their 8 s who do not come back", async () => {
    const { id, reason } = await stayers[0]!.next("left", { timeoutMs: 15_000 });
    assertEquals([id, reason], [lost.id, "lost"]);
    assertLess(performance.now() - signalledAt, 12_000);
    await allAgree(remaining(), rooms[0]!, [stayers[0]!, back[0]!], ["stays", "moves"]);
  });

  it("lets nobody see anyone leave who came back", () => {
    assertEquals(stayers.map(leftFor), stayers.map((_, i) => i === 0 ? [lost.id] : []));
  });
});
