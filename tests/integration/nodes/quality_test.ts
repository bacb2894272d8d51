/** How the calls of people on several nodes go, as any of the nodes says it. */
import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { POLICY } from "../../../lib/policy.ts";
import type { QualitySummary } from "../../../lib/protocol.ts";
import { type Cluster, startCluster } from "../../helpers/cluster.ts";
import { isBeat, isEcho } from "../../helpers/commands.ts";
import { FAIR } from "../../helpers/qualities.ts";
import { allAgree } from "../../helpers/rosters.ts";
import type { WsClient } from "../../helpers/ws_client.ts";

/** Tells of it, and resolves when the node has taken it in: frames are handled in order. */
async function reports(client: WsClient, quality: QualitySummary): Promise<void> {
  client.send({ type: "report", quality });
  client.send({ type: "ping", id: 7 });
  await client.next("pong", { where: ({ id }) => id === 7 });
}

describe("quality over several nodes", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ nodes: 3 });
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  /** What a node says of everyone in the room, by identity. */
  async function said(node: number, room: string) {
    const people = await cluster.nodes[node]!.api.listParticipants(room);
    return Object.fromEntries(people.map(({ identity, quality }) => [identity, quality]));
  }

  it("is said by whichever node is asked, and null of who has told nothing", async () => {
    const room = await cluster.room();
    await using ada = await cluster.join(0, room, "ada");
    await using bob = await cluster.join(1, room, "bob");
    await using _cy = await cluster.join(1, room, "cy");
    await reports(ada, FAIR);
    await reports(bob, { ...FAIR, sending: "audio_only" });
    for (const node of [0, 1, 2]) {
      const { ada, bob, cy } = await said(node, room);
      const { at, ...summary } = ada!;
      assertEquals(summary, FAIR);
      assert(Math.abs(Date.parse(at) - Date.now()) < 60_000, at);
      assertEquals([bob?.sending, cy], ["audio_only", null]);
    }
  });

  it("is null of those whose node says nothing, and the answer does not wait for it", async () => {
    const room = await cluster.room();
    await using ada = await cluster.join(0, room, "ada");
    await using bob = await cluster.join(1, room, "bob");
    await allAgree(cluster, room, [ada, bob], ["ada", "bob"]);
    for (const client of [ada, bob]) await reports(client, FAIR);
    cluster.nodes[1]!.service.kill("SIGSTOP");
    const begun = performance.now();
    try {
      const { ada, bob } = await said(2, room);
      assertEquals([ada?.sending, bob], ["reduced", null]);
    } finally {
      cluster.nodes[1]!.service.kill("SIGCONT");
    }
    assertLess(performance.now() - begun, POLICY.inquiryMs + 2_000);
  });

  it("costs Redis nothing to tell, and one message each way to ask", async () => {
    const room = await cluster.room();
    await using ada = await cluster.join(0, room, "ada");
    await using bob = await cluster.join(1, room, "bob");
    await allAgree(cluster, room, [ada, bob], ["ada", "bob"]);
    const asked = () =>
      cluster.nodes.flatMap(({ redis }) =>
        redis.commands.filter((command) => !isBeat(command) && !isEcho(command))
      );
    for (const { redis } of cluster.nodes) redis.forget();
    await reports(ada, FAIR);
    await reports(bob, FAIR);
    assertEquals(asked(), []);
    await said(0, room);
    assertEquals(asked().filter(([name]) => name === "PUBLISH").length, 2);
  });

  it("is counted by the node that was told", async () => {
    const room = await cluster.room();
    await using ada = await cluster.join(2, room, "ada");
    await reports(ada, FAIR);
    const { body } = await cluster.nodes[2]!.api.call<string>("GET", "/metrics");
    assertMatch(body, /^meshlift_quality_round_trip_count\{mode="mesh".*\} 1$/m);
    assertMatch(body, /^meshlift_quality_paths_total\{.*candidate_type="relay".*\} 1$/m);
  });
});
