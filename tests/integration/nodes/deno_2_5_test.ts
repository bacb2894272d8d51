/** Two instances as on Deno Deploy: its Deno, no unstable flag, one Redis, and one of them is evicted. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { type Cluster, startCluster } from "../../helpers/cluster.ts";
import { denoBinary } from "../../helpers/deno_binary.ts";
import { allAgree, leftFor } from "../../helpers/rosters.ts";
import { signals, signalsFlow } from "../../helpers/signals.ts";
import type { WsClient } from "../../helpers/ws_client.ts";

const OLDEST = "2.5.7";
/** From SIGINT to SIGKILL on the platform. */
const EVICTED_MS = 5_000;

describe(`two instances on Deno ${OLDEST}`, () => {
  const all = new AsyncDisposableStack();
  let cluster: Cluster;
  let room: string;
  let ada: WsClient;
  let bob: WsClient;
  let cleo: WsClient;

  beforeAll(async () => {
    const deno = await denoBinary(OLDEST);
    cluster = all.use(await startCluster({ deno }));
    room = await cluster.room();
    ada = all.use(await cluster.join(0, room, "ada"));
    bob = await cluster.join(1, room, "bob");
    cleo = await cluster.join(1, room, "cleo");
  });
  afterAll(() => all.disposeAsync());

  it("are one service", async () => {
    await allAgree(cluster, room, [ada, bob, cleo], ["ada", "bob", "cleo"]);
    for (const [from, to] of [[ada, bob], [bob, ada], [bob, cleo]] as const) {
      await signals(from, to);
    }
  });

  it("go on as one when the other is evicted", async () => {
    const [gone, stays] = [cluster.nodes[1]!, cluster.nodes[0]!];
    const start = performance.now();
    gone.service.kill("SIGINT");
    for (const client of [bob, cleo]) {
      const { code, close, retryAfterMs } = await client.refusal();
      assertEquals([code, close], ["draining", 1012]);
      assert(retryAfterMs! > 0);
    }
    const [bobBack, cleoBack] = [
      all.use(await stays.resume(bob.welcome.session)),
      all.use(await stays.resume(cleo.welcome.session)),
    ];
    assertEquals([bobBack.id, bobBack.welcome.resumed], [bob.id, true]);
    await signals(bobBack, cleoBack);
    await signalsFlow(ada, bobBack);
    assertEquals((await gone.service.exited).code, 0);
    assertLess(performance.now() - start, EVICTED_MS);
    await allAgree({ nodes: [stays] }, room, [ada, bobBack, cleoBack], ["ada", "bob", "cleo"]);
    assertEquals(leftFor(ada), []);
  });

  it("go on when the other comes back, and when the last was killed", async () => {
    await cluster.nodes[1]!.start();
    await using dan = await cluster.join(1, room, "dan");
    await signalsFlow(ada, dan);
    await cluster.nodes[0]!.kill();
    await using back = await cluster.nodes[1]!.resume(ada.welcome.session);
    assertEquals([back.id, back.welcome.resumed], [ada.id, true]);
    await signals(back, dan);
  });
});
