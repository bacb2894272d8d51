/**
 * One run: starts everything, lets it go wrong for a while, and judges.
 *
 * @module
 */
import { type Cluster, startCluster } from "../helpers/cluster.ts";
import { startNats } from "../helpers/nats_server.ts";
import { startRabbitmq } from "../helpers/rabbitmq_server.ts";
import type { ServerProcess } from "../helpers/server_process.ts";
import { Crowd } from "./crowd.ts";
import { Injector } from "./injector.ts";
import {
  clientsAgree,
  everyoneIsBack,
  gaugesAgree,
  ghostsIn,
  restAgrees,
  signalsArrive,
  wrong,
} from "./judge.ts";
import { Lag } from "../bench/load/lag.ts";
import { each } from "./nodes_view.ts";
import type { BusKind, ChaosOptions, FaultKind } from "./options.ts";
import { pause } from "./pause.ts";
import { seeded } from "./random.ts";
import { longGhosts, type Outcome } from "./report.ts";
import { schedule, type Track, TRACKS } from "./schedule.ts";
import { Traffic } from "./traffic.ts";

/** Limits of the issue, in ms after the last fault. */
const AGREE_WITHIN_MS = 5_000;
const NO_GHOST_AFTER_MS = 10_000;
/** The longest wait of the end-to-end repair, with its jitter, twice. */
const ARRIVE_WITHIN_MS = 30_000;
/** All is as it should be for so long before the first fault, in ms. */
const CALM_MS = 2_000;
/** Where nothing is wrong yet, in ms. */
const ENTER_WITHIN_MS = 30_000;
/** New people a second at the start. */
const ENTER_RATE = 200;

interface BusServer extends ServerProcess {
  readonly url: string;
}

async function startBus(kind: BusKind): Promise<BusServer | undefined> {
  switch (kind) {
    case "redis":
      return undefined;
    case "nats":
      return await startNats();
    case "rabbitmq":
      return await startRabbitmq();
  }
}

/** Faults that mean something with this bus. */
function kindsFor({ bus, faults }: ChaosOptions): FaultKind[] {
  return faults.filter((kind) => kind !== (bus === "redis" ? "bus" : "streams"));
}

export async function runChaos(
  options: ChaosOptions,
  say: (line: string) => void,
): Promise<Outcome> {
  const { seed, seconds, signals, churn, people } = options;
  await using starting = new AsyncDisposableStack();
  const bus = await startBus(options.bus);
  if (bus) starting.use(bus);
  const env: Record<string, string> = bus ? { BUS_URL: bus.url } : {};
  const cluster = starting.use(await startCluster({ nodes: options.nodes, env }));
  const crowd = new Crowd({
    addresses: cluster.nodes.map(({ service }) => service.wsUrl),
    random: seeded(seed),
  });
  // Before the nodes end, so that sockets do.
  starting.defer(() => crowd.closed());
  starting.defer(() => {
    for (const person of crowd.present()) person.end("vanish");
  });
  const tokens = await makeRooms(cluster, options);
  const began = await everyoneEnters(crowd, tokens, options);
  say(`${began.people} people are in ${options.rooms} rooms after ${began.tookMs} ms`);

  const traffic = new Traffic(crowd, { signals, churn, people, tokens });
  const looking = setInterval(() => crowd.lookForGhosts(), 200);
  const forgetting = setInterval(() => cluster.nodes.forEach(({ redis }) => redis.forget()), 5_000);
  const lag = new Lag(20);
  starting.defer(() => {
    traffic.stop();
    clearInterval(looking);
    clearInterval(forgetting);
    lag.stop();
  });
  await pause(CALM_MS);
  const calm = crowd.delays.splice(0);

  const injector = new Injector({ cluster, bus, say });
  const end = Date.now() + seconds * 1000;
  const tracks = Object.keys(TRACKS) as Track[];
  const kinds = kindsFor(options);
  await Promise.all(tracks.map((track, index) => {
    const random = seeded(seed + index + 1);
    return injector.run(schedule(track, { nodes: options.nodes, kinds }, random), end);
  }));
  traffic.settle();
  const since = injector.lastEnd;
  crowd.lastFaultAt = since;
  say(`${new Date().toISOString().slice(11, 23)} the last fault is over`);
  const lags = lag.take();

  const [back, clients, rest] = await Promise.all([
    everyoneIsBack(crowd, since, NO_GHOST_AFTER_MS),
    clientsAgree(crowd, since, AGREE_WITHIN_MS),
    restAgrees(crowd, cluster.nodes, since, AGREE_WITHIN_MS),
  ]);
  await pause(since + NO_GHOST_AFTER_MS - Date.now());
  const ghosts = ghostsIn(crowd);
  traffic.stop();
  const arrived = await signalsArrive(crowd, crowd.now(), ARRIVE_WITHIN_MS);
  const restLate = await restAgrees(crowd, cluster.nodes, since, NO_GHOST_AFTER_MS);
  const full = await gaugesAgree(crowd, cluster.nodes, since, NO_GHOST_AFTER_MS);
  for (const person of crowd.present()) person.end("leave");
  const left = Date.now();
  const empty = await gaugesAgree(crowd, cluster.nodes, left, AGREE_WITHIN_MS);
  return {
    options,
    history: injector.history,
    printed: cluster.nodes.map(({ service }, i) => [...injector.printed[i]!, ...service.logs]),
    crowd,
    calm,
    lags,
    tookMs: {
      back: back.tookMs,
      clients: clients.tookMs,
      rest: rest.tookMs,
      signals: arrived.tookMs,
    },
    violations: [
      ...wrong("signals came that should not have", crowd.ledger.violations),
      ...wrong("people were told what nobody should be told", crowd.violations),
      ...clients.violations,
      ...rest.violations,
      ...back.violations,
      ...ghosts,
      ...arrived.violations,
      ...restLate.violations,
      ...full.violations,
      ...empty.violations,
      ...wrong(
        "people haunted others although store and bus were there",
        longGhosts(crowd.ghosts.values(), injector.history),
      ),
    ],
  };
}

/** Makes the rooms and tokens for all who will ever come, by all nodes. */
async function makeRooms(
  { nodes }: Cluster,
  { rooms, people, seconds, churn }: ChaosOptions,
): Promise<Map<string, string[]>> {
  const tokens = new Map<string, string[]>();
  const perRoom = people + Math.ceil(2 * seconds * churn / rooms);
  await each(Array(rooms).keys(), async (index) => {
    const { api } = nodes[index % nodes.length]!;
    const { id } = await api.makeRoom({ id: `room-${index + 1}` });
    const mine: string[] = [];
    for (let i = 1; i <= perRoom; i++) mine.push(await api.makeToken(id, `person-${i}`));
    tokens.set(id, mine);
  });
  return tokens;
}

async function everyoneEnters(
  crowd: Crowd,
  tokens: Map<string, string[]>,
  { people, nodes }: ChaosOptions,
): Promise<{ people: number; tookMs: number }> {
  const begun = performance.now();
  let count = 0;
  for (const [room, mine] of tokens) {
    for (let i = 0; i < people; i++) {
      crowd.enter(room, mine.pop()!, count++ % nodes);
      await pause(begun + count * 1000 / ENTER_RATE - performance.now());
    }
  }
  await everyoneIsBack(crowd, crowd.now(), ENTER_WITHIN_MS);
  return { people: count, tookMs: Math.round(performance.now() - begun) };
}
