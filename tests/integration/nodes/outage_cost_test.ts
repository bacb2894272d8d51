/** What an outage costs: a store that is in trouble is not asked by everyone all the time, and nobody waits for it. */
import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { BUS_POLICY } from "../../../lib/bus/policy.ts";
import { POLICY } from "../../../lib/policy.ts";
import { becomes } from "../../helpers/becomes.ts";
import { type Cluster, type ClusterNode, startCluster } from "../../helpers/cluster.ts";
import type { Fault } from "../../helpers/redis_faults.ts";
import { WsClient } from "../../helpers/ws_client.ts";

const LOAD_MS = 6_000;
const PEOPLE = 8;

const FAULTS: { name: string; fault: Fault }[] = [
  { name: "answers errors", fault: { kind: "error", status: 500, error: "ERR out of order" } },
  { name: "does not answer", fault: { kind: "hang" } },
];

/**
 * The most commands that a node may send in `ms` to a store that is away, whatever its clients do: to the store and to
 * the bus each what is under way at once when it goes away, the failures in a row that tell of it, and one try a pause;
 * and the subscription is opened anew after backoffs that grow to 3 s, at random, half of that on average.
 */
function mostCommands(ms: number): number {
  const { store, bus } = POLICY;
  const storeTries = PEOPLE + store.failures + ms / store.pauseMs;
  const busTries = PEOPLE + bus.failures + ms / bus.pauseMs;
  const subscriptions = 5 + 2 * ms / BUS_POLICY.backoff.mostMs;
  return storeTries + busTries + subscriptions;
}

describe("while Redis", () => {
  const all = new AsyncDisposableStack();
  let sent: Map<string, { commands: number; done: number; kinds: string }>;

  beforeAll(async () => {
    sent = new Map(
      await Promise.all(FAULTS.map(async ({ name, fault }) => {
        const cluster = all.use(await startCluster());
        return [name, await load(cluster, fault)] as const;
      })),
    );
  });
  afterAll(() => all.disposeAsync());

  for (const { name } of FAULTS) {
    it(`${name}, what a node asks is bounded, whatever its clients do`, () => {
      const { commands, done, kinds } = sent.get(name)!;
      assertGreater(done, 50);
      assertLess(commands, mostCommands(LOAD_MS), kinds);
    });
  }
});

/** People who join, update and leave as fast as they can in a call that goes over two nodes. */
async function load(cluster: Cluster, fault: Fault) {
  const room = await cluster.room({ maxParticipants: 50 });
  await using _ada = await cluster.join(0, room, "ada");
  await using _bob = await cluster.join(1, room, "bob");
  const node = cluster.nodes[0]!;
  const token = await node.api.makeToken(room, "guest");
  const { redis } = node;
  redis.faults.set(fault);
  redis.forget();
  const end = performance.now() + LOAD_MS;
  let done = 0;
  await Promise.all(Array.from({ length: PEOPLE }, async () => {
    while (performance.now() < end) {
      await using client = await node.join(token);
      client.send({ type: "update", attributes: { done } });
      await client.next("participant", {
        where: ({ participant }) =>
          participant.id === client.id && "done" in participant.attributes,
      });
      client.send({ type: "leave" });
      await client.closed;
      done++;
    }
  }));
  const asked = [...redis.faults.swallowed, ...redis.commands].map(([name]) => name!);
  const kinds = Object.entries(Object.groupBy(asked, (name) => name))
    .map(([name, all]) => `${name} ${all!.length}`).join();
  redis.faults.set({ kind: "none" });
  return { commands: asked.length, done, kinds };
}

describe("a store that is being tried again", () => {
  const all = new AsyncDisposableStack();
  let cluster: Cluster;
  let node: ClusterNode;
  let room: string;
  let token: string;

  beforeAll(async () => {
    cluster = all.use(await startCluster({ nodes: 1 }));
    node = cluster.nodes[0]!;
    room = await cluster.room();
    token = await node.api.makeToken(room, "bob");
    all.use(await cluster.join(0, room, "ada"));
    node.redis.faults.set({ kind: "hang" });
    await becomes(async () => {
      const asks = Array.from({ length: 5 }, () => node.api.call("GET", "/v1/rooms/unknown"));
      await Promise.all(asks);
      return (await node.api.call<{ store: string }>("GET", "/readyz")).body.store;
    }, "down");
  });
  afterAll(() => all.disposeAsync());

  const tries = () => node.redis.faults.swallowed.length;

  it("keeps nobody waiting: requests are refused at once", async () => {
    await node.redis.faults.swallows(tries() + 1);
    const before = performance.now();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => node.api.problem("GET", "/v1/rooms/unknown")),
    );
    assert(answers.every(({ status }) => status === 503));
    // Far less than what the try may take.
    assertLess(performance.now() - before, POLICY.store.timeoutMs / 3);
  });

  it("keeps nobody waiting: people join", async () => {
    await node.redis.faults.swallows(tries() + 1);
    const before = performance.now();
    await using bob = await WsClient.join(node.service.wsUrl, token);
    assertEquals(bob.welcome.participants.length, 1);
    assertLess(performance.now() - before, POLICY.store.timeoutMs / 3);
  });
});
