/**
 * T5, growth: what a signal and a join cost as rooms become more, on nodes that live side by side, one with 100 rooms, one with
 * 10,000, and others between; and what idle people cost them, in memory and CPU.
 *
 * @module
 */
import { Load } from "../load/process.ts";
import { compare, type Comparison, inTurn, medianOf, type Subject } from "../load/rounds.ts";
import type { Scale } from "../report/results.ts";
import { type Figure, median, rounded, unlessLoadWasTheLimit } from "../report/figure.ts";
import { logLogSlope, type Point } from "../report/slope.ts";
import { provisionRooms, startNode, UNLIMITED } from "../servers/node.ts";
import { barePairs } from "../servers/pairs.ts";
import { cpuSeconds, openFileLimit, pause, residentBytes } from "../system/proc.ts";

const ROOMS = { full: [100, 316, 1_000, 3_162, 10_000], quick: [100, 1_000] };
const BARE = { full: [100, 1_000, 10_000], quick: [] };
/** Rooms that are empty but for those who come and go. */
const VISITED = 50;
const SIGNALS = { rate: 4_000, kind: "sdp" } as const;
const VISITS = { rate: 200, seconds: 5 };
const ROUNDS = { full: 5, quick: 1 };
const ROUND_MS = { full: 5_000, quick: 2_000 };
const IDLE_MS = { full: 30_000, quick: 5_000 };
/** Well below what makes a node turn people away. */
const CONNECT_RATE = 250;
/** That a process has open, besides the sockets of those who stay. */
const OTHER_FILES = 100;
const BOUND = { is: "at most", value: 0.05 } as const;

/** A node with so many rooms. */
interface Level extends Subject {
  readonly rooms: number;
  readonly people: number;
  readonly visitors: Visitors;
  /** What its people have added to its RSS, in bytes. */
  readonly grownBytes: number;
}

interface Visitors {
  readonly load: Load;
  readonly url: string;
  readonly tokens: readonly string[];
}

/** CPU of a node, and of its load program. */
interface Coming {
  /** In ms of CPU, for each who came and went. */
  readonly cpuMs: number;
  /** For each, in ms: how long it took for all, shared out. */
  readonly tookMs: number;
  readonly loadUtilization: number;
  readonly p99: number;
}

export async function t5(scale: Scale): Promise<Figure[]> {
  const sizes = ROOMS[scale];
  const needed = 2 * pairsIn(sizes.at(-1)!) + OTHER_FILES;
  if (openFileLimit() < needed) {
    const why = `${openFileLimit()} open files are allowed here; ${needed} are needed`;
    return [{ kind: "not measured", target: "T5", what: "growth of rooms", bound: BOUND, why }];
  }
  await using stack = new AsyncDisposableStack();
  const levels: Level[] = [];
  for (const rooms of sizes) levels.push(await level(stack, rooms));
  const bare: (Subject & { rooms: number })[] = [];
  for (const rooms of BARE[scale]) {
    const name = `bare, ${rooms} pairs`;
    const pairs = await barePairs("forward", pairsIn(rooms), { name, connectRate: CONNECT_RATE });
    bare.push({ ...stack.use(pairs), rooms });
  }
  const idle = await idling([...levels, ...bare], IDLE_MS[scale]);
  const plan = { ...SIGNALS, rounds: ROUNDS[scale], roundMs: ROUND_MS[scale] };
  const signals = await compare([...levels, ...bare], plan);
  const joins = await inTurn(levels, ROUNDS[scale], coming);
  return [
    ...signalFigures(levels, signals, idle),
    ...joinFigures(levels, joins, idle),
    ...bare.length > 0 ? [bareFigure(bare, signals)] : [],
    ...idleFigures(levels, idle),
  ];
}

/** Rooms with two people in them. */
function pairsIn(rooms: number): number {
  return rooms - VISITED;
}

async function level(stack: AsyncDisposableStack, rooms: number): Promise<Level> {
  const node = stack.use(await startNode(UNLIMITED));
  const [load, visiting] = [stack.use(new Load()), stack.use(new Load())];
  const tokens = await provisionRooms(node, { rooms, perRoom: 2 });
  const before = residentBytes(node.pid);
  const pairs = tokens.slice(2 * VISITED);
  const url = node.wsUrl;
  const sockets = pairs.map((token) => ({ token }));
  await load.connect({ urls: [url], sockets, connectRate: CONNECT_RATE });
  const visitors = { load: visiting, url, tokens: tokens.slice(0, 2 * VISITED) };
  const grownBytes = residentBytes(node.pid) - before;
  const name = `${rooms} rooms`;
  return { name, pids: [node.pid], load, rooms, people: pairs.length, visitors, grownBytes };
}

/** Share of a core of each, when nothing happens. */
async function idling(all: readonly Subject[], ms: number): Promise<Map<string, number>> {
  await pause(2_000);
  const cpu = () => all.map(({ pids }) => cpuSeconds(pids[0]!));
  const [before, began] = [cpu(), performance.now()];
  await pause(ms);
  const [after, seconds] = [cpu(), (performance.now() - began) / 1000];
  return new Map(all.map(({ name }, i) => [name, (after[i]! - before[i]!) / seconds]));
}

async function coming({ pids: [pid], visitors: { load, url, tokens } }: Level): Promise<Coming> {
  const count = VISITS.rate * VISITS.seconds;
  const [cpu, loadCpu, began] = [cpuSeconds(pid!), cpuSeconds(load.pid), performance.now()];
  const visits = await load.visit({ urls: [url], tokens, rate: VISITS.rate, count });
  if (visits.welcomeMs.length < count) {
    throw new Error(
      `Cannot measure joins: of ${count}, not all were welcome: ${JSON.stringify(visits.others)}`,
    );
  }
  // What follows a leave is theirs too.
  await pause(300);
  const sorted = visits.welcomeMs.toSorted((a, b) => a - b);
  return {
    cpuMs: (cpuSeconds(pid!) - cpu) * 1000 / count,
    tookMs: (performance.now() - began) / count,
    loadUtilization: (cpuSeconds(load.pid) - loadCpu) / (visits.tookMs / 1000),
    p99: sorted[Math.floor(sorted.length * 0.99)]!,
  };
}

type Sized = Pick<Level, "name" | "rooms">;

/** CPU per signal in each round, in µs: all that the server takes meanwhile, or less what it takes when idle. */
function signalCosts(
  all: readonly Sized[],
  rounds: Comparison["rounds"],
  idle?: ReadonlyMap<string, number>,
): Point[] {
  return all.flatMap(({ name, rooms }) =>
    rounds.get(name)!.map(({ utilization, perSecond }) => ({
      size: rooms,
      cost: (utilization - (idle?.get(name) ?? 0)) / perSecond * 1e6,
    }))
  );
}

/** From the rounds, and the share of a core that each takes when idle, to what there is to say; to the whole cost it is held. */
export function signalFigures(
  levels: readonly Sized[],
  { rounds, counted }: Comparison,
  idle: ReadonlyMap<string, number>,
): Figure[] {
  const costs = signalCosts(levels, rounds);
  const net = signalCosts(levels, rounds, idle);
  const busiest = Math.max(
    ...levels.map(({ name }) => medianOf(rounds.get(name)!, (r) => r.loadUtilization)),
  );
  const figures: Figure[] = [
    {
      kind: "measured",
      target: "T5",
      what: `slope of CPU per signal, ${sizes(levels)} rooms`,
      value: logLogSlope(costs),
      unit: "",
      bound: BOUND,
      note: `${mediansOf(costs)} µs of CPU, with what each takes when idle; ` +
        `${SIGNALS.rate} signals a second; ${counted}`,
      samples: costs,
    },
    {
      kind: "measured",
      target: "T5",
      what: "  slope of CPU per signal, less what it takes when idle",
      value: logLogSlope(net),
      unit: "",
      note: `${mediansOf(net)} µs`,
      samples: net,
    },
  ];
  return figures.map((figure) => unlessLoadWasTheLimit(busiest, figure));
}

function joinFigures(
  levels: readonly Level[],
  all: ReadonlyMap<string, Coming[]>,
  idle: ReadonlyMap<string, number>,
): Figure[] {
  const costsOf = (cost: (one: Coming, name: string) => number): Point[] =>
    levels.flatMap(({ name, rooms }) =>
      all.get(name)!.map((one) => ({ size: rooms, cost: cost(one, name) }))
    );
  const costs = costsOf(({ cpuMs }) => cpuMs);
  const net = costsOf(({ cpuMs, tookMs }, name) => cpuMs - idle.get(name)! * tookMs);
  const p99 = levels.map(({ name }) => median(all.get(name)!.map(({ p99 }) => p99)));
  const busiest = Math.max(
    ...levels.map(({ name }) => median(all.get(name)!.map((one) => one.loadUtilization))),
  );
  const figures: Figure[] = [
    {
      kind: "measured",
      target: "T5",
      what: `slope of CPU per join, ${sizes(levels)} rooms`,
      value: logLogSlope(costs),
      unit: "",
      bound: BOUND,
      note:
        `${mediansOf(costs)} ms of CPU to connect, join, leave and close; ${VISITS.rate} joins ` +
        `a second; p99 until welcome ${p99.map(rounded).join(", ")} ms`,
      samples: costs,
    },
    {
      kind: "measured",
      target: "T5",
      what: "  slope of CPU per join, less what it takes when idle",
      value: logLogSlope(net),
      unit: "",
      note: `${mediansOf(net)} ms`,
      samples: net,
    },
  ];
  return figures.map((figure) => unlessLoadWasTheLimit(busiest, figure));
}

function bareFigure(
  bare: readonly Sized[],
  { rounds }: Comparison,
): Figure {
  const costs = signalCosts(bare, rounds);
  return {
    kind: "measured",
    target: "T5",
    what: `  bare Deno relay: slope of CPU per signal, ${sizes(bare)} pairs`,
    value: logLogSlope(costs),
    unit: "",
    note: `${mediansOf(costs)} µs of CPU, with what each takes when idle`,
    samples: costs,
  };
}

function idleFigures(levels: readonly Level[], idle: ReadonlyMap<string, number>): Figure[] {
  const [few, many] = [levels[0]!, levels.at(-1)!];
  const cpu = levels.map(({ name, people }) => ({ size: people, cost: 100 * idle.get(name)! }));
  const memory = levels.map(({ people, grownBytes }) => ({
    size: people,
    cost: grownBytes / people / 1_000,
  }));
  return [
    {
      kind: "measured",
      target: "T5",
      what: `  CPU of ${many.people} idle participants`,
      value: 100 * idle.get(many.name)!,
      unit: "%",
      note: `of a core; ${mediansOf(cpu)} % at ${levels.map((l) => l.people).join(", ")}`,
      samples: cpu,
    },
    {
      kind: "measured",
      target: "T5",
      what: `  memory per idle participant, of ${many.people}`,
      value: memory.at(-1)!.cost,
      unit: "KB",
      note: `${mediansOf(memory)} KB from ${few.people} on, before anything is collected: T3 ` +
        "measures it settled",
      samples: memory,
    },
  ];
}

function sizes(all: readonly { readonly rooms: number }[]): string {
  return `${all[0]!.rooms} -> ${all.at(-1)!.rooms.toLocaleString("en-US")}`;
}

/** The median at each size, for people. */
function mediansOf(points: readonly Point[]): string {
  const groups = Map.groupBy(points, ({ size }) => size);
  return [...groups.values()].map((group) => rounded(median(group.map(({ cost }) => cost))))
    .join(", ");
}
