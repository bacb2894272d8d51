/** What people in one call on two nodes owe to each other, whichever bus lies between. */
import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { type Cluster, startCluster } from "../../helpers/cluster.ts";
import { beats } from "../../helpers/commands.ts";
import { startNats } from "../../helpers/nats_server.ts";
import { startRabbitmq } from "../../helpers/rabbitmq_server.ts";
import { allAgree, leftFor, news } from "../../helpers/rosters.ts";
import type { ServerProcess } from "../../helpers/server_process.ts";
import { signals, signalsFlow } from "../../helpers/signals.ts";

interface Carrier {
  name: string;
  /** Starts it; without one the store's own pub/sub carries. */
  start?(): Promise<ServerProcess & { url: string }>;
  /** The same as the one before it, by another door. */
  alias?: true;
}

const CARRIERS: Carrier[] = [
  { name: "Redis pub/sub" },
  { name: "NATS", start: startNats },
  {
    name: "NATS over WebSocket",
    alias: true,
    start: async () => {
      const nats = await startNats();
      return { ...nats, url: nats.wsUrl };
    },
  },
  { name: "RabbitMQ", start: startRabbitmq },
];

describe("two nodes", () => {
  const all = new AsyncDisposableStack();
  let started: Map<string, { carrier?: ServerProcess; cluster: Cluster }>;

  // All at once: a RabbitMQ takes its time.
  beforeAll(async () => {
    started = new Map(
      await Promise.all(CARRIERS.map(async ({ name, start }) => {
        const carrier = start && all.use(await start());
        const env: Record<string, string> = carrier ? { BUS_URL: carrier.url } : {};
        return [name, { carrier, cluster: all.use(await startCluster({ env })) }] as const;
      })),
    );
  });
  afterAll(() => all.disposeAsync());

  for (const { name, start, alias } of CARRIERS) {
    describe(`over ${name}`, () => {
      const cluster = () => started.get(name)!.cluster;

      it("show everyone to everyone, who joins and who leaves", async () => {
        const room = await cluster().room();
        await using ada = await cluster().join(0, room, "ada");
        await using bob = await cluster().join(1, room, "bob");
        assertEquals(bob.welcome.participants, [ada.welcome.self]);
        assertEquals((await ada.next("participant")).participant, bob.welcome.self);
        await allAgree(cluster(), room, [ada, bob], ["ada", "bob"]);
        bob.send({ type: "leave" });
        const { id, reason } = await ada.next("left");
        assertEquals([id, reason], [bob.id, "left"]);
        await allAgree(cluster(), room, [ada], ["ada"]);
      });

      it("carry signals and messages both ways, once and in order", async () => {
        const room = await cluster().room();
        await using ada = await cluster().join(0, room, "ada");
        await using bob = await cluster().join(1, room, "bob");
        await ada.next("participant");
        for (const [from, to] of [[ada, bob], [bob, ada]] as const) {
          const values = [null, "\u2028💥, a comma", { from: "x" }, "x".repeat(60_000), 4, 5, 6];
          for (const type of ["signal", "message"] as const) {
            for (const data of values) from.send({ type, to: to.id, data });
            for (const data of values) {
              assertEquals(await to.next(type), { type, from: from.id, data });
            }
          }
          assertEquals(to.frames.all.filter(({ type }) => type === "signal").length, values.length);
        }
      });

      it("tell at once what someone says of itself", async () => {
        const room = await cluster().room();
        await using ada = await cluster().join(0, room, "ada");
        await using bob = await cluster().join(1, room, "bob");
        await ada.next("participant");
        bob.send({ type: "update", attributes: { hand: "up" } });
        assertEquals((await ada.next("participant")).participant.attributes, { hand: "up" });
      });

      it("are as one for someone who comes back on the other: away, back, never gone", async () => {
        const room = await cluster().room();
        await using ada = await cluster().join(0, room, "ada");
        const bob = await cluster().join(1, room, "bob");
        await ada.next("participant");
        bob.hangUp();
        assertEquals((await ada.next("participant")).participant.state, "away");
        await using back = await cluster().nodes[0]!.resume(bob.welcome.session);
        assertEquals([back.id, back.welcome.resumed], [bob.id, true]);
        await allAgree(cluster(), room, [ada, back], ["ada", "bob"]);
        assertEquals(leftFor(ada), []);
      });

      it("know which of two sockets of one session is newer: 4409 for the older", async () => {
        const room = await cluster().room();
        await using ada = await cluster().join(0, room, "ada");
        await using bob = await cluster().join(1, room, "bob");
        await using newer = await cluster().nodes[0]!.resume(bob.welcome.session);
        const { code, close } = await bob.refusal();
        assertEquals([code, close], ["taken_over", 4409]);
        ada.send({ type: "signal", to: bob.id, data: "hello" });
        assertEquals((await newer.next("signal")).data, "hello");
        await allAgree(cluster(), room, [ada, newer], ["ada", "bob"]);
      });

      it("end a room together", async () => {
        const room = await cluster().room();
        await using ada = await cluster().join(0, room, "ada");
        await using bob = await cluster().join(1, room, "bob");
        await cluster().nodes[0]!.api.remove(room);
        for (const client of [ada, bob]) {
          const { code, close } = await client.refusal();
          assertEquals([code, close], ["room_ended", 4404]);
        }
      });

      it("go on when one was killed: who was there resumes on the other, and it comes back as new", async () => {
        const [one, two] = [cluster().nodes[0]!, cluster().nodes[1]!];
        const room = await cluster().room();
        await using ada = await cluster().join(0, room, "ada");
        const bob = await cluster().join(1, room, "bob");
        await two.kill();
        await using back = await one.resume(bob.welcome.session);
        assertEquals([back.id, back.welcome.resumed], [bob.id, true]);
        await signals(ada, back);
        await two.start();
        await using cleo = await cluster().join(1, room, "cleo");
        await signalsFlow(ada, cleo);
        await signals(cleo, back);
        assertEquals(leftFor(ada), []);
      });

      if (!start || alias) return;

      it("go on together without Redis, and nobody notices when it is back", async () => {
        const room = await cluster().room();
        await using ada = await cluster().join(0, room, "ada");
        await using bob = await cluster().join(1, room, "bob");
        await ada.next("participant");
        const gateways = cluster().nodes.map(({ redis }) => redis);
        for (const { faults } of gateways) faults.set({ kind: "error", status: 500, error: "no" });
        await using cleo = await cluster().join(1, room, "cleo");
        assertEquals((await ada.next("participant")).participant, cleo.welcome.self);
        await signals(ada, cleo);
        bob.send({ type: "leave" });
        for (const client of [ada, cleo]) assertEquals((await client.next("left")).id, bob.id);
        const before = [ada, cleo].map((client) => news(client).length);
        for (const { faults } of gateways) faults.set({ kind: "none" });
        await Promise.all(gateways.map((redis) => beats(redis, 2)));
        await allAgree(cluster(), room, [ada, cleo], ["ada", "cleo"]);
        assertEquals([ada, cleo].map((client) => news(client).length), before);
      });

      it("agree within 5 s though it is away, and signal again when it is back", async () => {
        const { carrier } = started.get(name)!;
        const room = await cluster().room();
        await using ada = await cluster().join(0, room, "ada");
        await using bob = await cluster().join(1, room, "bob");
        await ada.next("participant");
        await carrier!.kill();
        await using cleo = await cluster().join(1, room, "cleo");
        await allAgree(cluster(), room, [ada, bob, cleo], ["ada", "bob", "cleo"]);
        const readiness = await cluster().nodes[0]!.api.call("GET", "/readyz");
        assertEquals(readiness.body, { status: "degraded", store: "up", bus: "down" });
        await carrier!.start();
        await signalsFlow(ada, bob);
        await signalsFlow(bob, ada);
      });
    });
  }
});
