/** The store is away, in each of the ways in which one can be: calls go on, and all is put right when it is back. */
import { assert, assertEquals, assertGreater, assertLess, assertMatch } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { becomes } from "../../helpers/becomes.ts";
import { type Cluster, type ClusterNode, startCluster } from "../../helpers/cluster.ts";
import type { Fault } from "../../helpers/redis_faults.ts";
import { allAgree, leftFor } from "../../helpers/rosters.ts";
import { signals, signalsFlow } from "../../helpers/signals.ts";
import { WsClient } from "../../helpers/ws_client.ts";

/** From the return of the store to agreement everywhere: 5 s, and what a connection takes that is tried now and then. */
const RECONCILED_MS = 7_000;

interface Outage {
  name: string;
  begin(cluster: Cluster): Promise<void> | void;
  end(cluster: Cluster): Promise<void> | void;
}

const OUTAGES: Outage[] = [
  {
    name: "is killed, and comes back empty",
    begin: ({ redis }) => redis.server.kill(),
    end: ({ redis }) => redis.server.start(),
  },
  {
    name: "stands still",
    begin: ({ redis }) => redis.server.pause(),
    end: ({ redis }) => redis.server.resume(),
  },
  fault({ kind: "error", status: 500, error: "ERR out of order" }, "answers errors"),
  fault({ kind: "hang" }, "does not answer"),
];

function fault(what: Fault, name: string): Outage {
  const set = ({ nodes }: Cluster, what: Fault) => {
    for (const { redis } of nodes) redis.faults.set(what);
  };
  return {
    name,
    begin: (cluster) => set(cluster, what),
    end: (cluster) => set(cluster, { kind: "none" }),
  };
}

/** Ada and bob are on one node, cleo is on another, dan in a room of his own there. */
interface Scene {
  cluster: Cluster;
  room: string;
  elsewhere: string;
  /** Made while the store was there. */
  tokenElsewhere: string;
  ada: WsClient;
  bob: WsClient;
  cleo: WsClient;
  dan: WsClient;
  /** Ids of those who said that they leave. */
  left: string[];
}

async function setTheScene(all: AsyncDisposableStack, { begin }: Outage): Promise<Scene> {
  const cluster = all.use(await startCluster({ nodes: 3 }));
  const [room, elsewhere] = [await cluster.room(), await cluster.room()];
  const join = async (node: number, room: string, identity: string) =>
    all.use(await cluster.join(node, room, identity));
  const ada = await join(0, room, "ada");
  const bob = await join(0, room, "bob");
  const cleo = await join(1, room, "cleo");
  const dan = await join(1, elsewhere, "dan");
  const tokenElsewhere = await cluster.nodes[0]!.api.makeToken(elsewhere, "eve");
  await allAgree(cluster, room, [ada, bob, cleo], ["ada", "bob", "cleo"]);
  await begin(cluster);
  await Promise.all(cluster.nodes.map(noticesOutage));
  return { cluster, room, elsewhere, tokenElsewhere, ada, bob, cleo, dan, left: [] };
}

/** Asks for what only the store knows until the node knows that it is away. */
async function noticesOutage({ api }: ClusterNode): Promise<void> {
  await becomes(async () => {
    await Promise.all(Array.from({ length: 5 }, () => api.call("GET", "/v1/rooms/unknown")));
    return (await api.call<{ store: string }>("GET", "/readyz")).body.store;
  }, "down");
}

describe("while Redis", () => {
  const all = new AsyncDisposableStack();
  let scenes: Map<string, Scene>;

  beforeAll(async () => {
    scenes = new Map(
      await Promise.all(
        OUTAGES.map(async (outage) => [outage.name, await setTheScene(all, outage)] as const),
      ),
    );
  });
  afterAll(() => all.disposeAsync());

  for (const { name, end } of OUTAGES) {
    describe(name, () => {
      const scene = () => scenes.get(name)!;

      it("/readyz and /metrics say so", async () => {
        const { api } = scene().cluster.nodes[0]!;
        const { status, body } = await api.call<Record<string, string>>("GET", "/readyz");
        assertEquals([status, body.status, body.store], [200, "degraded", "down"]);
        const metrics = (await api.call<string>("GET", "/metrics")).body;
        assertMatch(metrics, /^meshlift_dependency_up\{dependency="store"[^}]*\} 0$/m);
        assertMatch(
          metrics,
          /^meshlift_dependency_failures_total\{[^}]*dependency="store"[^}]*\} [1-9]/m,
        );
      });

      it("people on one node come, go, come back, signal and update as ever", async () => {
        const { cluster, room, ada, bob, elsewhere, dan } = scene();
        await using guest = await cluster.join(0, room, "guest");
        assertEquals((await ada.next("participant", { where: isOf(guest) })).type, "participant");
        await signals(ada, guest);
        await signals(guest, bob);
        guest.send({ type: "update", attributes: { hand: "up" } });
        const { participant } = await ada.next("participant", { where: isOf(guest) });
        assertEquals(participant.attributes, { hand: "up" });
        bob.send({ type: "leave" });
        assertEquals((await ada.next("left")).id, bob.id);
        dan.hangUp();
        await using back = await cluster.nodes[1]!.resume(dan.welcome.session);
        assertEquals([back.id, back.welcome.resumed], [dan.id, true]);
        assertEquals(await cluster.nodes[1]!.api.whoIsIn(elsewhere), ["dan"]);
        scene().dan = all.use(await cluster.nodes[1]!.resume(dan.welcome.session));
        guest.send({ type: "leave" });
        await ada.next("left");
        scene().left.push(bob.id, guest.id);
      });

      it("what only the store knows is refused at once: 503, and when to come again", async () => {
        const { cluster, room, elsewhere } = scene();
        const { api, redis } = cluster.nodes[0]!;
        const before = redis.count() + redis.faults.swallowed.length;
        for (let i = 0; i < 50; i++) {
          const { status, body, headers } = await api.problem("GET", `/v1/rooms/${elsewhere}`);
          assertEquals([status, body.code], [503, "unavailable"]);
          assertGreater(body.retryAfterMs!, 0);
          assertGreater(Number(headers.get("retry-after")), 0);
        }
        // What keeps trying by itself, a second or so: nothing for each of the 50.
        assertLess(redis.count() + redis.faults.swallowed.length - before, 10);
        const wanted = [["POST", "/v1/rooms"], ["GET", "/v1/rooms"], [
          "DELETE",
          `/v1/rooms/${room}`,
        ]];
        for (const [method, path] of wanted) {
          assertEquals((await api.problem(method!, path!)).body.code, "unavailable");
        }
      });

      it("a join to a room that the node does not know is told when to come again: 1013", async () => {
        const { cluster, tokenElsewhere } = scene();
        await using client = await WsClient.open(cluster.nodes[0]!.service.wsUrl);
        client.send({ type: "join", token: tokenElsewhere });
        const { code, close, retryAfterMs = 0 } = await client.refusal();
        assertEquals([code, close], ["unavailable", 1013]);
        assertGreater(retryAfterMs, 0);
      });

      it("all is put right by itself as soon as it is back", async () => {
        const { cluster, room, elsewhere, ada, cleo, dan } = scene();
        await using eve = await cluster.join(0, room, "eve");
        await end(cluster);
        await Promise.all([
          allAgree(cluster, room, [ada, cleo, eve], ["ada", "cleo", "eve"], {
            withinMs: RECONCILED_MS,
          }),
          allAgree(cluster, elsewhere, [dan], ["dan"], { withinMs: RECONCILED_MS }),
        ]);
        await signalsFlow(ada, cleo);
        await signalsFlow(cleo, eve);
        const readiness = { status: "serving", store: "up", bus: "up" };
        for (const { api } of cluster.nodes) {
          await becomes(async () => (await api.call("GET", "/readyz")).body, readiness);
        }
      });

      it("nobody has left who did not say so", () => {
        const { ada, cleo, dan, left } = scene();
        assertEquals(leftFor(ada), left);
        assert(leftFor(cleo).every((id) => left.includes(id)), leftFor(cleo).join());
        assertEquals(leftFor(dan), []);
      });
    });
  }
});

function isOf({ id }: WsClient) {
  return ({ participant }: { participant: { id: string } }) => participant.id === id;
}
