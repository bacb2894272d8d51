/** One node alone has lost Redis, or hears nothing any more; the others have not. */
import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { becomes } from "../../helpers/becomes.ts";
import { type Cluster, startCluster } from "../../helpers/cluster.ts";
import { allAgree, leftFor, rosterAt, rosterOf } from "../../helpers/rosters.ts";
import { signals, signalsFlow } from "../../helpers/signals.ts";
import { WsClient } from "../../helpers/ws_client.ts";

/** Ada is on the first of two nodes, bob and cleo on the second, which something happens to. */
interface Scene {
  cluster: Cluster;
  room: string;
  ada: WsClient;
  bob: WsClient;
  cleo: WsClient;
}

describe("a node", () => {
  const all = new AsyncDisposableStack();
  let scenes: { cutOff: Scene; longCutOff: Scene; deaf: Scene };

  // All at once: they take their time.
  beforeAll(async () => {
    const [cutOff, longCutOff, deaf] = await Promise.all([scene(), scene(), scene()]);
    scenes = { cutOff, longCutOff, deaf };
    for (const { cluster } of [cutOff, longCutOff]) {
      const { faults } = cluster.nodes[1]!.redis;
      faults.set({ kind: "hang" });
      faults.muteStreams();
    }
    deaf.cluster.nodes[1]!.redis.faults.muteStreams();
  });
  afterAll(() => all.disposeAsync());

  async function scene(): Promise<Scene> {
    const cluster = all.use(await startCluster());
    const room = await cluster.room();
    const join = async (node: number, identity: string) =>
      all.use(await cluster.join(node, room, identity));
    const [ada, bob, cleo] = [await join(0, "ada"), await join(1, "bob"), await join(1, "cleo")];
    await allAgree(cluster, room, [ada, bob, cleo], ["ada", "bob", "cleo"]);
    return { cluster, room, ada, bob, cleo };
  }

  describe("that is cut off from Redis", () => {
    it("goes on with its people, as the others do with theirs", async () => {
      const { cluster, room, ada, bob, cleo } = scenes.cutOff;
      await signals(bob, cleo);
      const dan = all.use(await cluster.join(1, room, "dan"));
      await signals(dan, bob);
      const eve = all.use(await cluster.join(0, room, "eve"));
      await signals(eve, ada);
      assertEquals(await cluster.nodes[0]!.api.whoIsIn(room), ["ada", "bob", "cleo", "eve"]);
    });

    it("is of one mind with them within 5 s of its return", async () => {
      const { cluster, room, ada, bob, cleo } = scenes.cutOff;
      cluster.nodes[1]!.redis.faults.set({ kind: "none" });
      await allAgree(cluster, room, [ada, bob, cleo], ["ada", "bob", "cleo", "dan", "eve"]);
      assertEquals([leftFor(ada), leftFor(bob)], [[], []]);
    });
  });

  describe("that hears nothing any more, and was not told", () => {
    it("has the right roster within 5 s", async () => {
      const { cluster, room, ada, bob, cleo } = scenes.deaf;
      await using dan = await cluster.join(0, room, "dan");
      await allAgree(cluster, room, [ada, bob, cleo, dan], ["ada", "bob", "cleo", "dan"]);
      dan.send({ type: "leave" });
      await allAgree(cluster, room, [ada, bob, cleo], ["ada", "bob", "cleo"]);
    });

    it("finds out by itself, and gets signals again", async () => {
      const { ada, bob } = scenes.deaf;
      await signalsFlow(ada, bob);
      await signals(ada, bob);
      await signals(bob, ada);
    });
  });

  describe("whose answers from Redis get lost", () => {
    it("leaves nobody in a room who was not told to be in it", async () => {
      const { cluster, room, ada } = scenes.deaf;
      const elsewhere = await cluster.room();
      await using _eve = await cluster.join(0, elsewhere, "eve");
      const token = await cluster.nodes[1]!.api.makeToken(elsewhere, "fay");
      const { faults } = cluster.nodes[1]!.redis;
      faults.set({ kind: "lost answer" });
      await using fay = await WsClient.open(cluster.nodes[1]!.service.wsUrl);
      fay.send({ type: "join", token });
      assertEquals((await fay.refusal()).code, "unavailable");
      await using gil = await cluster.join(1, room, "gil");
      faults.set({ kind: "none" });
      await allAgree(cluster, elsewhere, [], ["eve"]);
      await allAgree(cluster, room, [ada, gil], ["ada", "bob", "cleo", "gil"]);
    });
  });

  describe("that is cut off for longer than a dead one is waited for", () => {
    it("is taken for dead by the others", async () => {
      const { cluster, room, ada } = scenes.longCutOff;
      await ada.next("left", { timeoutMs: 15_000 });
      await becomes(() => rosterAt(cluster.nodes[0]!, room), ["ada active"]);
    });

    it("loses none of its people by that", async () => {
      const { bob, cleo } = scenes.longCutOff;
      await signals(bob, cleo);
      assertEquals(rosterOf(bob), ["ada active", "bob active", "cleo active"]);
    });

    it("brings them back when it is back", async () => {
      const { cluster, room, ada, bob, cleo } = scenes.longCutOff;
      cluster.nodes[1]!.redis.faults.set({ kind: "none" });
      await allAgree(cluster, room, [ada, bob, cleo], ["ada", "bob", "cleo"]);
      await signalsFlow(ada, bob);
      await signalsFlow(cleo, ada);
      assert([bob, cleo].every((client) => leftFor(client).length === 0));
    });
  });
});
