/**
 * What a measurement says, and the little statistics that it takes.
 *
 * @module
 */

/** One line of the report. */
export type Figure = Measured | NotMeasured;

export interface Measured {
  readonly kind: "measured";
  /** Number of the target, e.g. `T1`. */
  readonly target: string;
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** What it is held to; absent where it is only to compare with. */
  readonly bound?: Bound;
  /** What else a reader needs to judge it. */
  readonly note?: string;
  /** All that was read, for bench.json and for plots. */
  readonly samples?: unknown;
  /** What the report shows below its figures. */
  readonly table?: Table;
}

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface NotMeasured {
  readonly kind: "not measured";
  readonly target: string;
  readonly what: string;
  /** Of the bound. */
  readonly unit?: string;
  readonly bound?: Bound;
  readonly why: string;
  /** Set where it would have been held to nothing: the summary can do without it. */
  readonly compared?: true;
}

export interface Bound {
  readonly is: "at least" | "at most";
  readonly value: number;
}

export type Verdict = "met" | "not met" | "not measured" | "to compare";

export function verdict(figure: Figure): Verdict {
  if (figure.kind === "not measured") return "not measured";
  if (!figure.bound) return "to compare";
  const { is, value } = figure.bound;
  const met = is === "at least" ? figure.value >= value : figure.value <= value;
  return met ? "met" : "not met";
}

/** Beyond this share of a core, a load program measures itself. */
const LOAD_LIMIT = 0.9;

/** The figure, with how busy the load program was that it was taken by, as a share of a core; not measured if that was too much. */
export function unlessLoadWasTheLimit(share: number, figure: Figure): Figure {
  if (figure.kind === "not measured") return figure;
  const busy = `load program at ${rounded(100 * share)} % of a core`;
  if (share <= LOAD_LIMIT) {
    return { ...figure, note: figure.note ? `${figure.note}; ${busy}` : busy };
  }
  const { target, what, unit, bound } = figure;
  const why = `the ${busy} was the limit: expected at most ${100 * LOAD_LIMIT} %`;
  return {
    kind: "not measured",
    target,
    what,
    unit,
    ...bound ? { bound } : { compared: true },
    why,
  };
}

/** One line: number, what, measured, target, verdict, and what else there is to say. */
export function line(figure: Figure): string {
  const unit = figure.kind === "measured" ? ` ${figure.unit}` : "";
  const measured = figure.kind === "measured" ? `${rounded(figure.value)}${unit}` : "-";
  const note = figure.kind === "measured" ? figure.note : figure.why;
  return [
    figure.target.padEnd(4),
    figure.what.padEnd(58),
    measured.padEnd(14),
    boundText(figure).padEnd(14),
    verdict(figure).padEnd(12),
    note ?? "",
  ].join(" ").trimEnd();
}

/** What it is held to, with its unit; `-` where it is held to nothing. */
export function boundText(figure: Figure): string {
  if (!figure.bound) return "-";
  const sign = figure.bound.is === "at least" ? ">=" : "<=";
  return `${sign} ${rounded(figure.bound.value)} ${figure.unit ?? ""}`.trimEnd();
}

/** The value below which `share` (0 to 1) of the samples lie: nearest rank, so always one of them. */
export function percentile(samples: readonly number[], share: number): number {
  if (samples.length === 0) throw new RangeError("Cannot take a percentile of no samples");
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) throw new RangeError("Cannot take the median of no samples");
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** p50, p95 and p99. */
export function spread(samples: readonly number[]): { p50: number; p95: number; p99: number } {
  return {
    p50: percentile(samples, 0.5),
    p95: percentile(samples, 0.95),
    p99: percentile(samples, 0.99),
  };
}

/** For people: three significant digits, whole numbers from 100 on. */
export function rounded(value: number): string {
  return Math.abs(value) >= 100
    ? Math.round(value).toLocaleString("en-US")
    : String(Number(value.toPrecision(3)));
}
