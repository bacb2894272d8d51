/**
 * What a run has shown, for people.
 *
 * @module
 */
import { percentile } from "../bench/report/figure.ts";
import { type Crowd, type Delay, type Ghost, GHOST_MS } from "./crowd.ts";
import { POLICY } from "../../lib/policy.ts";
import type { Happened } from "./injector.ts";
import type { ChaosOptions } from "./options.ts";
import type { Violation } from "./judge.ts";
import { type Fault, faultText } from "./schedule.ts";

export interface Outcome {
  options: ChaosOptions;
  history: readonly Happened[];
  /** Lines, by node. */
  printed: readonly (readonly string[])[];
  crowd: Crowd;
  /** How long signals took before the first fault, in ms. */
  calm: readonly Delay[];
  /** How late this program's own timers were, in ms. */
  lags: readonly number[];
  /** After the last fault, in ms. */
  tookMs: { back: number; clients: number; rest: number; signals: number };
  violations: Violation[];
}

/** Whoever is away for so long has left; of a dead node, since its last sign of life, which may be that old. In ms. */
const { awayGraceMs: GRACE_MS, lease: { beatMs: LAST_SIGN_MS } } = POLICY;

/** How long before something its cause may be, in ms. */
const LOOK_BACK_MS = 12_000;

/** How many cases of one violation are shown. */
const EXAMPLES = 5;

/** Those who haunted for longer than 10 s although the store was there all the time. */
export function longGhosts(ghosts: Iterable<Ghost>, history: readonly Happened[]): string[] {
  return [...ghosts].filter(({ goneAt, seenMs }) =>
    seenMs > GHOST_MS &&
    !history.some((happened) =>
      disturbsLeases(happened.fault) && happened.from < goneAt + GHOST_MS &&
      happened.to > goneAt - GHOST_MS
    )
  ).map(({ id, seenMs }) =>
    `${id} was seen for ${Math.round(seenMs)} ms; expected at most ${GHOST_MS}`
  );
}

/** Without the store nobody is judged, or the wrong ones are; without the bus nobody hears of it before the next beat. */
function disturbsLeases({ kind }: Fault): boolean {
  return kind !== "kill" && kind !== "drain";
}

/** A readable account. */
export function reportOf(outcome: Outcome): string {
  const { options, history, crowd, calm, lags, tookMs, violations } = outcome;
  const { ledger, delays } = crowd;
  const counts = Map.groupBy(history, ({ fault }) => fault.kind);
  const ghosts = [...crowd.ghosts.values()].map(({ seenMs }) => seenMs);
  return [
    "",
    `seed ${options.seed}, bus ${options.bus}, ${options.nodes} nodes, ${options.rooms} rooms of ${options.people}, ${options.seconds} s`,
    `faults       ${[...counts].map(([kind, all]) => `${all.length} ${kind}`).join(", ")}`,
    `people       ${crowd.welcomes.new} came, ${ghosts.length} went for good; ${crowd.welcomes.resumed} times resumed, ${
      crowd.welcomes["new again"]
    } times let in anew; all were back ${seconds(tookMs.back)} after the last fault`,
    `signals      ${ledger.sent} sent, ${ledger.came} came, once and in order; the last ${
      seconds(tookMs.signals)
    } after it was sent`,
    `  in calm    ${spread(calm.map(({ allMs }) => allMs))}`,
    `  in faults  ${spread(delays.map(({ allMs }) => allMs))}`,
    `  of these   ${
      spread(delays.map(({ connectedMs }) => connectedMs))
    } since both ends were connected`,
    `rosters      all agreed ${seconds(tookMs.clients)} after the last fault; REST on every node ${
      seconds(tookMs.rest)
    }`,
    `ghosts       ${spread(ghosts)} in others' rosters`,
    ...wrongLefts(outcome),
    `errors       ${[...crowd.errors].map(([code, count]) => `${count} ${code}`).join(", ")}`,
    `this program ${spread(lags)} late`,
    "",
    ...violations.flatMap(({ what, cases }) => [
      `VIOLATION ${cases.length} times: ${what}`,
      ...cases.slice(0, EXAMPLES).map((one) => `  ${one}`),
    ]),
    violations.length === 0 ? "no violation" : `${violations.length} kinds of violations`,
  ].join("\n");
}

/** Who was told to have left and had not, by for how long it had been away, and what had happened before. */
function wrongLefts({ crowd, history }: Outcome): string[] {
  const all = [...crowd.wrongLefts.values()];
  const early = all.filter(({ awayMs }) => awayMs < GRACE_MS);
  const sudden = early.filter(({ awayMs }) => awayMs < GRACE_MS - LAST_SIGN_MS);
  const connected = early.filter(({ awayMs }) => awayMs === 0);
  const causes = new Map<string, number>();
  for (const { at, node } of sudden) {
    const cause = causeOf(history, at, node);
    causes.set(cause, (causes.get(cause) ?? 0) + 1);
  }
  return [
    `wrong "left" ${all.length} of people who came back; ${early.length} away for less than ${
      seconds(GRACE_MS)
    }, ${sudden.length} for less than ${
      seconds(GRACE_MS - LAST_SIGN_MS)
    }, ${connected.length} not at all`,
    ...[...causes].map(([cause, count]) => `  ${count} after ${cause}`),
  ];
}

/** The longest fault of the node a short time before; where there was none, the last of what all share. */
function causeOf(history: readonly Happened[], at: number, node: number): string {
  const before = history.filter(({ from, to }) => from <= at && to > at - LOOK_BACK_MS);
  const own = before.filter(({ fault }) => "node" in fault && fault.node === node)
    .toSorted((a, b) => (b.to - b.from) - (a.to - a.from))[0];
  const cause = own ?? before.findLast(({ fault }) => !("node" in fault));
  return cause ? faultText(cause.fault) : "no fault of its own";
}

function spread(values: readonly number[]): string {
  if (values.length === 0) return "none";
  const [p50, p95, p99, most] = [0.5, 0.95, 0.99, 1].map((q) => percentile([...values], q));
  return `p50 ${ms(p50!)}, p95 ${ms(p95!)}, p99 ${ms(p99!)}, most ${ms(most!)}`;
}

function ms(value: number): string {
  return value < 1_000 ? `${Math.round(value)} ms` : seconds(value);
}

function seconds(value: number): string {
  return `${(value / 1000).toFixed(1)} s`;
}
