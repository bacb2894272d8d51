/**
 * SATURATION: joins at a rate that does not wait for answers, up to what a node can take and beyond: how many are accepted, how
 * long those wait, and what the others are told.
 *
 * @module
 */
import { Load } from "../load/process.ts";
import { closedBy, type Visits } from "../load/load_protocol.ts";
import { type Figure, percentile, rounded } from "../report/figure.ts";
import { provisionRooms, startNode, UNLIMITED } from "../servers/node.ts";
import { cpuSeconds, mainThread, pause } from "../system/proc.ts";

const ROOMS = 2_000;
const CALM_RATE = 100;
const RATES = [200, 400, 800, 1_600, 2_400, 3_200, 4_800];
const CALM_SECONDS = 10;
const SECONDS = 5;
/** Between two rates, so that one does not pay for the other. */
const REST_MS = 3_000;
/** Below this share of what was wanted, or above this share of a core, the node is beyond what it can take. */
const SATURATED = { accepted: 0.97, cpu: 0.95 };
/** Of the time in which the load program runs, or waits for a processor; beyond, it is what everybody waits for. */
const LOAD_LIMIT = 0.95;
const TIMES_CALM = { is: "at most", value: 2 } as const;
const SHED = closedBy(1013, { told: true });
const WHAT = "p99 of accepted joins beyond saturation, to calm";

/** What came of a rate. */
export interface Step {
  readonly rate: number;
  /** A second, until the last one had its answer. */
  readonly accepted: number;
  readonly p50: number;
  readonly p99: number;
  /** As T4 counts: from the open socket on. */
  readonly joinP99: number;
  readonly others: Record<string, number>;
  readonly count: number;
  /** Shares of a core. */
  readonly cpu: number;
  readonly loadCpu: number;
  /** Share of the time in which the load program ran, or waited for a processor. */
  readonly loadBusy: number;
}

/** Joins up to and beyond what a node can take. */
export async function saturation(): Promise<Figure[]> {
  await using node = await startNode(UNLIMITED);
  await using load = new Load();
  const tokens = await provisionRooms(node, { rooms: ROOMS, perRoom: 2 });
  const at = async (rate: number, seconds: number): Promise<Step> => {
    const count = rate * seconds;
    const [visits, { cpu }, { cpu: loadCpu, busy: loadBusy }] = await Promise.all([
      load.visit({ urls: [node.wsUrl], tokens, rate, count }),
      // While they come: to wait for the last answer takes no CPU.
      sharesOfTime(node.pid, seconds),
      sharesOfTime(load.pid, seconds),
    ]);
    await pause(REST_MS);
    return { ...read(visits, rate, count), cpu, loadCpu, loadBusy };
  };
  // The first are slower than all later ones.
  await at(CALM_RATE, CALM_SECONDS);
  const calm = await at(CALM_RATE, CALM_SECONDS);
  const steps: Step[] = [];
  for (const rate of RATES) steps.push(await at(rate, SECONDS));
  return report(calm, steps);
}

/** Of some time: CPU, of one core, and how long the main thread ran, or waited for one. */
interface Shares {
  readonly cpu: number;
  readonly busy: number;
}

/** Over the next so many seconds. */
async function sharesOfTime(pid: number, seconds: number): Promise<Shares> {
  const read = () => {
    const { ran, waited } = mainThread(pid);
    return { cpu: cpuSeconds(pid), busy: ran + waited, at: performance.now() };
  };
  const before = read();
  await pause(seconds * 1_000);
  const after = read();
  const took = (after.at - before.at) / 1_000;
  return { cpu: (after.cpu - before.cpu) / took, busy: (after.busy - before.busy) / took };
}

function read(
  visits: Visits,
  rate: number,
  count: number,
): Omit<Step, "cpu" | "loadCpu" | "loadBusy"> {
  const { welcomeMs, joinMs, others, tookMs } = visits;
  const at = (samples: number[], share: number) =>
    samples.length > 0 ? percentile(samples, share) : Infinity;
  return {
    rate,
    count,
    accepted: welcomeMs.length / tookMs * 1_000,
    p50: at(welcomeMs, 0.5),
    p99: at(welcomeMs, 0.99),
    joinP99: at(joinMs, 0.99),
    others,
  };
}

/** From the calm and the steps to what there is to say. */
export function report(calm: Step, steps: readonly Step[]): Figure[] {
  const own = steps.filter(({ loadBusy }) => loadBusy <= LOAD_LIMIT);
  const beyond = own.filter(({ accepted, rate, cpu }) =>
    accepted < SATURATED.accepted * rate || cpu > SATURATED.cpu
  );
  const most = highest(own, ({ accepted }) => accepted) ?? calm;
  const figures: Figure[] = [{
    kind: "measured",
    target: "SATURATION",
    what: "joins accepted by a node, at most",
    value: most.accepted,
    unit: "/s",
    note: `of ${most.rate}/s wanted; each leaves as soon as it is welcome; node at ${
      rounded(100 * most.cpu)
    } %, load program at ${rounded(100 * most.loadCpu)} % of a core`,
    samples: [calm, ...steps],
    table: { head: HEAD, rows: [calm, ...steps].map(row) },
  }];
  const worst = highest(beyond, ({ p99 }) => p99);
  if (worst === undefined) {
    const why = own.length < steps.length
      ? "the load program was the limit before the node was"
      : `${RATES.at(-1)} joins a second were not too many`;
    figures.push({
      kind: "not measured",
      target: "SATURATION",
      what: WHAT,
      bound: TIMES_CALM,
      why,
    });
    return figures;
  }
  const { all: refused, told } = refusalsOf(beyond);
  figures.push({
    kind: "measured",
    target: "SATURATION",
    what: WHAT,
    value: worst.p99 / calm.p99,
    unit: "x",
    bound: TIMES_CALM,
    note:
      `${rounded(worst.p99)} ms at ${worst.rate}/s, ${rounded(calm.p99)} ms at ${calm.rate}/s; ` +
      beyond.map((step) => `at ${step.rate}/s ${rounded(step.accepted)}/s accepted`).join(", "),
  });
  const longest = highest(beyond, ({ joinP99 }) => joinP99)!;
  figures.push({
    kind: "measured",
    target: "SATURATION",
    what: "  from the open socket on, as T4 counts",
    value: longest.joinP99 / calm.joinP99,
    unit: "x",
    note: `${rounded(longest.joinP99)} ms at ${longest.rate}/s, ${
      rounded(calm.joinP99)
    } ms at ${calm.rate}/s`,
  });
  if (refused > 0) {
    figures.push({
      kind: "measured",
      target: "SATURATION",
      what: "of those not accepted, told 1013 and when to come back",
      value: 100 * told / refused,
      unit: "%",
      bound: { is: "at least", value: 100 },
      note: `${refused} in all: ${
        beyond.map(({ rate, others }) => `at ${rate}/s ${JSON.stringify(others)}`).join(", ")
      }`,
    });
  }
  return figures;
}

const HEAD = [
  "joins wanted a second",
  "accepted a second",
  "p50, ms",
  "p99, ms",
  "p99 from the open socket, ms",
  "not accepted",
  "node, % of a core",
  "load program, % of a core",
  "it ran, or waited for one, % of the time",
];

function row(
  { rate, accepted, p50, p99, joinP99, others, cpu, loadCpu, loadBusy }: Step,
): string[] {
  const refused = Object.entries(others).map(([what, count]) => `${what}: ${count}`).join(", ");
  const numbers = [rate, accepted, p50, p99, joinP99].map(rounded);
  return [
    ...numbers,
    refused || "-",
    ...[cpu, loadCpu, loadBusy].map((share) => rounded(100 * share)),
  ];
}

function highest(steps: readonly Step[], of: (step: Step) => number): Step | undefined {
  return steps.toSorted((a, b) => of(b) - of(a))[0];
}

/** How many were not accepted, and how many of them were told when to come back. */
function refusalsOf(steps: readonly Step[]): { all: number; told: number } {
  const counts = steps.flatMap(({ others }) => Object.entries(others));
  const sum = (some: typeof counts) => some.reduce((sum, [, count]) => sum + count, 0);
  return { all: sum(counts), told: sum(counts.filter(([name]) => name === SHED)) };
}
