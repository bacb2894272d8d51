/**
 * GROWTH, to compare: what a signal and a join cost as rooms have more people, and as nodes become more.
 *
 * @module
 */
import { find, REDIS_SERVER } from "../../../tools/test/requirements.ts";
import type { Service } from "../../helpers/service.ts";
import { Load } from "../load/process.ts";
import { compare, type Comparison, medianOf, type Subject } from "../load/rounds.ts";
import { type Figure, rounded, unlessLoadWasTheLimit } from "../report/figure.ts";
import { logLogSlope, type Point } from "../report/slope.ts";
import { provisionRooms, startNode, UNLIMITED } from "../servers/node.ts";
import { startRestRedis } from "../servers/rest_redis.ts";
import { cpuSeconds } from "../system/proc.ts";

/** Even, so that pairs of sockets are of one room. */
const PER_ROOM = [2, 4, 10, 20, 50];
const NODES = [1, 2, 4];
const PEOPLE = 600;
const NODES_PEOPLE = 120;
const JOIN_RATE = 100;
const ROUNDS = 3;
const ROUND_MS = 4_000;
const SIGNALS = { rate: 3_000, kind: "sdp", rounds: ROUNDS, roundMs: ROUND_MS } as const;
/** Each goes through the store, by HTTP. */
const SIGNALS_ACROSS = { ...SIGNALS, rate: 300 } as const;

/** A size, the servers at it, and what a join cost on the way there, in ms of CPU. */
interface Step extends Subject {
  readonly size: number;
  readonly joinCpuMs: number;
}

export async function growth(): Promise<Figure[]> {
  return [...await people(), ...await nodes()];
}

async function people(): Promise<Figure[]> {
  await using stack = new AsyncDisposableStack();
  const steps: Step[] = [];
  for (const size of PER_ROOM) {
    const node = stack.use(await startNode(UNLIMITED));
    // A mesh: the cost of an SFU is another one.
    const settings = { maxParticipants: size, topology: { mode: "mesh" } };
    const rooms = PEOPLE / size;
    const tokens = await provisionRooms(node, { rooms, perRoom: size, settings });
    steps.push(await step(stack, size, [node], tokens));
  }
  return figures("people in each room", steps, await compare(steps, SIGNALS));
}

async function nodes(): Promise<Figure[]> {
  const what = "nodes on one Redis";
  if (await find(REDIS_SERVER) === undefined) {
    const why = "there is no redis-server";
    return [{ kind: "not measured", target: "GROWTH", what, why, compared: true }];
  }
  await using stack = new AsyncDisposableStack();
  const steps: Step[] = [];
  for (const size of NODES) {
    const store = stack.use(await startRestRedis());
    const env = { ...UNLIMITED, ...store.env, SFU_URLS: "none" };
    const all: Service[] = [];
    for (let i = 0; i < size; i++) all.push(stack.use(await startNode(env)));
    const tokens = await provisionRooms(all[0]!, { rooms: NODES_PEOPLE / 2, perRoom: 2 });
    steps.push(await step(stack, size, all, tokens, [store.pid]));
  }
  return figures(`${what}, gateway included`, steps, await compare(steps, SIGNALS_ACROSS));
}

/** All join, the sockets on the nodes in turn: with more than one, the two of a pair are on different ones. */
async function step(
  stack: AsyncDisposableStack,
  size: number,
  nodes: readonly Service[],
  tokens: readonly string[],
  others: readonly number[] = [],
): Promise<Step> {
  const pids = [...nodes.map(({ pid }) => pid), ...others];
  const cpu = () => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  const load = stack.use(new Load());
  const before = cpu();
  await load.connect({
    urls: nodes.map(({ wsUrl }) => wsUrl),
    sockets: tokens.map((token) => ({ token })),
    connectRate: JOIN_RATE,
  });
  const joinCpuMs = (cpu() - before) * 1_000 / tokens.length;
  return { name: String(size), size, pids, load, joinCpuMs };
}

function figures(
  what: string,
  steps: readonly Step[],
  { rounds, counted }: Comparison,
): Figure[] {
  const signals = steps.map(({ name, size }) => ({
    size,
    cost: 1e6 / medianOf(rounds.get(name)!, (r) => r.perCpuSecond),
  }));
  const joins = steps.map(({ size, joinCpuMs }) => ({ size, cost: joinCpuMs }));
  const p99 = steps.map(({ name }) => rounded(medianOf(rounds.get(name)!, (r) => r.delayMs.p99)));
  const busiest = Math.max(
    ...steps.map(({ name }) => medianOf(rounds.get(name)!, (r) => r.loadUtilization)),
  );
  const sizes = steps.map(({ size }) => size).join(", ");
  const one = (of: string, points: Point[], unit: string, more = ""): Figure => ({
    kind: "measured",
    target: "GROWTH",
    what: `${sizes} ${what}: slope of CPU per ${of}`,
    value: logLogSlope(points),
    unit: "",
    note: `${points.map(({ cost }) => rounded(cost)).join(", ")} ${unit}${more}`,
    samples: points,
  });
  return [
    unlessLoadWasTheLimit(
      busiest,
      one("signal", signals, "µs", `; p99 ${p99.join(", ")} ms; ${counted}`),
    ),
    one("join", joins, "ms", `; ${JOIN_RATE} joins a second`),
  ];
}
