/** What Redis is asked, counted where the nodes ask it: each command has a price. */
import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { POLICY } from "../../../lib/policy.ts";
import { type Cluster, startCluster } from "../../helpers/cluster.ts";
import { beats, isBeat, isEcho } from "../../helpers/commands.ts";
import { allAgree } from "../../helpers/rosters.ts";
import { signals } from "../../helpers/signals.ts";
import type { WsClient } from "../../helpers/ws_client.ts";

/** Commands that a participant may cost, from join to leave; and a node that idles, a minute. */
const PER_LIFE = 5;
const PER_IDLE_MINUTE = 30;
const IDLE_BEATS = 4;

describe("Redis is asked", () => {
  const all = new AsyncDisposableStack();
  let cluster: Cluster;
  /** By two nodes in the time of so many beats, while a call of two is idle. */
  let idle: Promise<number[]>;

  beforeAll(async () => {
    cluster = all.use(await startCluster());
    idle = countIdle(all);
    idle.catch(() => {}); // told by the test that awaits it
    // Scripts are known from now on.
    await lives(2);
  });
  afterAll(() => all.disposeAsync());

  /** What the nodes asked since they last forgot, without what they ask by themselves. */
  const asked = () =>
    cluster.nodes.flatMap(({ redis }) =>
      redis.commands.filter((command) => !isBeat(command) && !isEcho(command))
    );

  /** So many join a room, half of them by each node, and leave; resolves when everyone has seen it. */
  async function lives(size: number, meanwhile?: (people: WsClient[]) => Promise<void>) {
    const room = await cluster.room();
    const token = await cluster.nodes[0]!.api.makeToken(room, "someone");
    for (const { redis } of cluster.nodes) redis.forget();
    const people: WsClient[] = [];
    for (let i = 0; i < size; i++) {
      const person = await cluster.nodes[i % 2]!.join(token);
      await Promise.all(people.map((other) => heardOf(other, person)));
      people.push(person);
    }
    await meanwhile?.(people);
    while (people.length > 0) {
      const person = people.pop()!;
      person.send({ type: "leave" });
      await person.closed;
      await Promise.all(people.map((other) => other.next("left")));
    }
  }

  for (const size of [2, 4]) {
    it(`at most ${PER_LIFE} times for the life of a participant in a room of ${size} on two nodes`, async () => {
      const counts: number[] = [];
      for (let round = 0; round < 5; round++) {
        await lives(size);
        counts.push(asked().length / size);
      }
      const average = counts.reduce((sum, count) => sum + count, 0) / counts.length;
      assert(average > 1 && average <= PER_LIFE, JSON.stringify(asked()));
    });
  }

  it("never for a signal on one node, and once for one to another", async () => {
    await lives(3, async (people) => {
      const [here, there, alsoHere] = people as [WsClient, WsClient, WsClient];
      for (const { redis } of cluster.nodes) redis.forget();
      for (let i = 0; i < 20; i++) await signals(here, alsoHere);
      assertEquals(asked(), []);
      for (let i = 0; i < 20; i++) await signals(here, there);
      assertEquals(asked().map(([name]) => name), Array(20).fill("PUBLISH"));
    });
  });

  it(`at most ${PER_IDLE_MINUTE} times a minute by a node with people who idle`, async () => {
    const minutes = IDLE_BEATS * POLICY.lease.beatMs / 60_000;
    for (const count of await idle) {
      assert(count >= IDLE_BEATS && count / minutes <= PER_IDLE_MINUTE, `${count} commands`);
    }
  });
});

async function heardOf(person: WsClient, other: WsClient): Promise<void> {
  await person.next("participant", { where: ({ participant }) => participant.id === other.id });
}

async function countIdle(all: AsyncDisposableStack): Promise<number[]> {
  const cluster = all.use(await startCluster());
  const room = await cluster.room();
  const ada = all.use(await cluster.join(0, room, "ada"));
  const bob = all.use(await cluster.join(1, room, "bob"));
  await allAgree(cluster, room, [ada, bob], ["ada", "bob"]);
  // A beat is told of the changes before it.
  return await Promise.all(cluster.nodes.map(async ({ redis }) => {
    await beats(redis);
    redis.forget();
    await beats(redis, IDLE_BEATS);
    return redis.count();
  }));
}
