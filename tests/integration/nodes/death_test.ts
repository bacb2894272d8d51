/** A node ends without a word, or stands still: whoever comes back never left, whoever does not haunts nobody. */
import { assertEquals, assertLess } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { becomes } from "../../helpers/becomes.ts";
import { type Cluster, startCluster } from "../../helpers/cluster.ts";
import { beats } from "../../helpers/commands.ts";
import { allAgree, leftFor, rosterAt } from "../../helpers/rosters.ts";
import { signals, signalsFlow } from "../../helpers/signals.ts";
import type { WsClient } from "../../helpers/ws_client.ts";

/** From the end of a node to the end of its ghosts. */
const GHOSTS_MS = 10_000;

/** Two at one node that stands still: cleo goes to the other node, bob waits. */
interface Frozen {
  cluster: Cluster;
  room: string;
  ada: WsClient;
  bob: WsClient;
  cleo: WsClient;
  back: WsClient;
}

async function freeze(all: AsyncDisposableStack): Promise<Frozen> {
  const cluster = all.use(await startCluster({ nodes: 2 }));
  const room = await cluster.room();
  const ada = all.use(await cluster.join(0, room, "ada"));
  const bob = all.use(await cluster.join(1, room, "bob"));
  const cleo = all.use(await cluster.join(1, room, "cleo"));
  await allAgree(cluster, room, [ada, bob, cleo], ["ada", "bob", "cleo"]);
  cluster.nodes[1]!.service.kill("SIGSTOP");
  const back = all.use(await cluster.nodes[0]!.resume(cleo.welcome.session));
  return { cluster, room, ada, bob, cleo, back };
}

describe("a node", () => {
  const all = new AsyncDisposableStack();
  let frozen: Frozen;

  beforeAll(async () => {
    // First, for it takes longest.
    frozen = await freeze(all);
  });
  afterAll(() => all.disposeAsync());

  describe("that was killed", () => {
    let cluster: Cluster;
    let ada: WsClient;
    let bob: WsClient;
    let cleo: WsClient;
    let room: string;
    let deserted: string;
    let killedAt: number;

    beforeAll(async () => {
      cluster = all.use(await startCluster({ nodes: 3 }));
      [room, deserted] = [await cluster.room(), await cluster.room()];
      ada = all.use(await cluster.join(0, room, "ada"));
      bob = await cluster.join(1, room, "bob");
      cleo = await cluster.join(1, room, "cleo");
      await cluster.join(1, deserted, "dan");
      await allAgree(cluster, room, [ada], ["ada", "bob", "cleo"]);
      // It has just said that it lives: that is worst for those who wait for its end.
      await beats(cluster.nodes[1]!.redis);
      killedAt = performance.now();
      await cluster.nodes[1]!.kill();
    });
    const remaining = () => ({ nodes: [cluster.nodes[0]!, cluster.nodes[2]!] });

    it("is replaced by any other: who resumes there is who it was", async () => {
      const back = all.use(await cluster.nodes[2]!.resume(bob.welcome.session));
      assertEquals([back.id, back.welcome.resumed], [bob.id, true]);
      // Until the news of it have come, signals go to where it was.
      await signalsFlow(ada, back);
      await signals(back, ada);
    });

    it("has no ghosts 10 s later: who did not come back has left, for all nodes and people", async () => {
      const left = await ada.next("left", { timeoutMs: GHOSTS_MS + 5_000 });
      assertEquals([left.id, left.reason], [cleo.id, "lost"]);
      await allAgree(remaining(), room, [ada], ["ada", "bob"]);
      assertLess(performance.now() - killedAt, GHOSTS_MS);
    });

    it("nor in a room that nobody else was in", async () => {
      for (const node of remaining().nodes) {
        await becomes(() => rosterAt(node, deserted), [], { withinMs: 5_000 });
      }
      assertLess(performance.now() - killedAt, GHOSTS_MS);
    });

    it("let nobody see those leave who came back", () => {
      assertEquals(leftFor(ada), [cleo.id]);
    });

    it("comes back as a new one, and takes part again", async () => {
      await cluster.nodes[1]!.start();
      await using eve = await cluster.join(1, room, "eve");
      await allAgree(cluster, room, [ada, eve], ["ada", "bob", "eve"]);
      await signals(eve, ada);
    });
  });

  describe("that stands still for longer than a dead one is waited for", () => {
    it("is replaced by another for those who resume there", () => {
      const { back, cleo } = frozen;
      assertEquals([back.id, back.welcome.resumed], [cleo.id, true]);
    });

    it("loses those who wait for it", async () => {
      const { ada, bob, cluster, room } = frozen;
      const { id } = await ada.next("left", { timeoutMs: GHOSTS_MS + 5_000 });
      assertEquals(id, bob.id);
      await becomes(() => rosterAt(cluster.nodes[0]!, room), ["ada active", "cleo active"]);
    });

    it("tells, when it goes on, those who have come back elsewhere: 4409", async () => {
      frozen.cluster.nodes[1]!.service.kill("SIGCONT");
      assertEquals((await frozen.cleo.refusal()).close, 4409);
    });

    it("gets those back who waited for it, and everyone agrees within 5 s", async () => {
      const { ada, bob, back, cluster, room } = frozen;
      await allAgree(cluster, room, [ada, bob, back], ["ada", "bob", "cleo"]);
      for (const [from, to] of [[ada, bob], [bob, back], [back, bob]] as const) {
        await signals(from, to);
      }
    });

    it("never let those who came back elsewhere leave", () => {
      assertEquals(leftFor(frozen.ada), [frozen.bob.id]);
    });
  });
});
