/** Rate limits of all nodes together, and of each alone while Redis is away. */
import { assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { becomes } from "../../helpers/becomes.ts";
import { type Cluster, startCluster } from "../../helpers/cluster.ts";
import { WsClient } from "../../helpers/ws_client.ts";

const BURST = 20;

describe("rate limits", () => {
  let cluster: Cluster;
  let room: string;
  let token: string;

  beforeAll(async () => {
    cluster = await startCluster({
      env: { REST_RATE: "1", REST_BURST: `${BURST}`, JOIN_RATE: "1", JOIN_BURST: "5" },
    });
    room = await cluster.room();
    token = await cluster.nodes[0]!.api.makeToken(room, "ada");
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  /** Asks until it is denied; the answers, the last of which denies. */
  async function useUp(ask: (i: number) => Promise<{ status: number; headers: Headers }>) {
    const answers = [];
    for (let i = 0; i <= 2 * BURST; i++) {
      const answer = await ask(i);
      answers.push(answer);
      if (answer.status === 429) break;
    }
    return answers;
  }

  it("count what a tenant asks of any node", async () => {
    const answers = await useUp((i) => cluster.nodes[i % 2]!.api.call("GET", `/v1/rooms/${room}`));
    assertEquals(answers.at(-1)!.status, 429);
    assertGreater(Number(answers.at(-1)!.headers.get("retry-after")), 0);
    // Two were asked for before, and one may come back a second.
    assertGreater(BURST + 3, answers.length);
  });

  it("count who joins by any node: rate_limited, 4429, and when to come again", async () => {
    const joined: WsClient[] = [];
    for (let i = 0;; i++) {
      const client = await WsClient.open(cluster.nodes[i % 2]!.service.wsUrl);
      client.send({ type: "join", token });
      const answer = await Promise.race([client.next("welcome"), client.next("error")]);
      joined.push(client);
      if (answer.type === "welcome") continue;
      assertEquals([answer.code, (await client.closed).code], ["rate_limited", 4429]);
      assertGreater(answer.retryAfterMs!, 0);
      break;
    }
    assertGreater(8, joined.length);
    for (const client of joined) await client[Symbol.asyncDispose]();
  });

  it("go on by each node alone while Redis is away, and say so", async () => {
    await cluster.redis.server.kill();
    const { api } = cluster.nodes[0]!;
    // Health is asked without limits: to ask more would use them up.
    const ask = () => api.as("globex-secret").call("GET", `/v1/rooms/${room}`);
    await becomes(async () => {
      const ratelimit = (await ask()).headers.get("ratelimit") ?? "";
      return ratelimit.includes(`meshlift-decided="local"`);
    }, true);
    const answers = await useUp(ask);
    assertEquals(answers.at(-1)!.status, 429);
    assertStringIncludes(answers.at(-1)!.headers.get("ratelimit")!, `meshlift-decided="local"`);
    const metrics = (await api.call<string>("GET", "/metrics")).body;
    assertStringIncludes(metrics, `decidedBy="local"`);
  });
});
