/**
 * Several servers under the same load, in turn and in the same run: what a signal costs each of them.
 *
 * @module
 */
import { median, rounded } from "../report/figure.ts";
import { cpuSeconds, pause } from "../system/proc.ts";
import type { Sample } from "./load_protocol.ts";
import type { PayloadKind } from "./payloads.ts";
import type { Load } from "./process.ts";

/** A server, and the load program that talks with it alone. */
export interface Subject {
  readonly name: string;
  /** Of all processes whose CPU time is counted. */
  readonly pids: readonly number[];
  readonly load: Load;
}

export interface Round {
  /** Signals that arrived per second of server CPU. */
  readonly perCpuSecond: number;
  /** Server CPU, as a share of one core. */
  readonly utilization: number;
  /** CPU of the load program, as a share of one core. */
  readonly loadUtilization: number;
  readonly perSecond: number;
  readonly delayMs: Sample["delayMs"];
  readonly lagMs: Sample["lagMs"];
}

export interface Plan {
  /** Signals a second. */
  readonly rate: number;
  readonly kind: PayloadKind;
  readonly rounds: number;
  readonly roundMs: number;
}

/** Of a round's time, before each, at the same load: the first moments are not looked at. */
const SETTLE = 0.2;
/** Likewise, before the first. */
const WARM_UP = 0.6;
/** Of all tries, for each round that counts. */
const TRIES = 2.4;
/** Share of the rate that has to arrive in a round's time for the round to count. */
const HELD = 0.97;

/** What came of several servers under the same load. */
export interface Comparison {
  /** Those that count, by the server's name; of all servers as many. */
  readonly rounds: ReadonlyMap<string, Round[]>;
  /** For people: how many they are, and of how many tries. */
  readonly counted: string;
}

/** `5 rounds`, or `5 of 9 tries`, with the reason. */
export function countedText(held: number, tried: number): string {
  if (held === tried) return held === 1 ? "1 round" : `${held} rounds`;
  return `${held} of ${tried} tries (in the others the machine did not hold the rate)`;
}

/**
 * All servers in turn, in one order and then the other, so that what drifts meets each alike.
 *
 * @throws {Error} if the machine cannot hold the load, or a server loses a signal.
 */
export async function compare(
  subjects: readonly Subject[],
  plan: Plan,
): Promise<Comparison> {
  for (const subject of subjects) await round(subject, plan, WARM_UP);
  const rounds = new Map<string, Round[]>(subjects.map(({ name }) => [name, []]));
  const mostTries = Math.ceil(plan.rounds * TRIES);
  let [tried, held] = [0, 0];
  for (; held < plan.rounds; tried++) {
    if (tried === mostTries) {
      throw new Error(
        `Cannot hold ${plan.rate} signals a second for ${plan.rounds} of ${tried} rounds, ` +
          `only for ${held}: expected a machine that has less else to do`,
      );
    }
    const turn: [string, Round][] = [];
    for (const subject of tried % 2 ? subjects.toReversed() : subjects) {
      turn.push([subject.name, await round(subject, plan, SETTLE)]);
    }
    // Work that piled up is done in larger portions, which is another measurement.
    if (turn.some(([, { perSecond }]) => perSecond < plan.rate * HELD)) continue;
    held++;
    for (const [name, read] of turn) rounds.get(name)!.push(read);
  }
  return { rounds, counted: countedText(held, tried) };
}

/** Something of each in turn, so many times, in one order and then the other; the results by their name. */
export async function inTurn<Named extends { readonly name: string }, Read>(
  all: readonly Named[],
  rounds: number,
  read: (one: Named) => Promise<Read>,
): Promise<Map<string, Read[]>> {
  const results = new Map<string, Read[]>(all.map(({ name }) => [name, []]));
  for (let i = 0; i < rounds; i++) {
    for (const one of i % 2 ? all.toReversed() : all) results.get(one.name)!.push(await read(one));
  }
  return results;
}

/** The rate at which a server is busy for a share of a core, from a trial at another rate. */
export async function rateFor(
  share: number,
  subject: Subject,
  trial: Pick<Plan, "rate" | "kind" | "roundMs">,
): Promise<number> {
  const { utilization } = await round(subject, { ...trial, rounds: 1 }, WARM_UP);
  return Math.round(trial.rate * share / utilization);
}

async function round(
  { name, pids, load }: Subject,
  { rate, kind, roundMs }: Plan,
  settle: number,
): Promise<Round> {
  const read = async () => ({
    ...await load.sample(),
    cpu: pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0),
    loadCpu: cpuSeconds(load.pid),
    at: performance.now(),
  });
  await load.send({ rate, kind });
  await pause(settle * roundMs);
  const before = await read();
  await pause(roundMs);
  const after = await read();
  await load.send({ rate: 0, kind });
  await drained(name, load);
  const received = after.received - before.received;
  const seconds = (after.at - before.at) / 1000;
  const cpu = after.cpu - before.cpu;
  return {
    perCpuSecond: received / cpu,
    utilization: cpu / seconds,
    loadUtilization: (after.loadCpu - before.loadCpu) / seconds,
    perSecond: received / seconds,
    delayMs: after.delayMs,
    lagMs: after.lagMs,
  };
}

/** Everything sent has to arrive: a relay that loses is not measured. */
async function drained(name: string, load: Load): Promise<void> {
  const until = performance.now() + 60_000;
  for (;;) {
    const { sent, received } = await load.sample();
    if (sent === received) return;
    if (performance.now() > until) {
      throw new Error(`Cannot measure ${name}: ${sent} signals sent, ${received} arrived`);
    }
    await pause(20);
  }
}

/** The median of what is read of each round. */
export function medianOf(rounds: readonly Round[], read: (round: Round) => number): number {
  return median(rounds.map(read));
}

/** How one does against another: of each round, since both were measured one after the other, then the median. */
export function ratio(of: readonly Round[], to: readonly Round[]): number {
  return median(ratios(of, to));
}

export function ratios(of: readonly Round[], to: readonly Round[]): number[] {
  return of.map(({ perCpuSecond }, i) => perCpuSecond / to[i]!.perCpuSecond);
}

/** `lowest to highest`, for people. */
export function range(values: readonly number[]): string {
  return `${rounded(Math.min(...values))} to ${rounded(Math.max(...values))}`;
}
