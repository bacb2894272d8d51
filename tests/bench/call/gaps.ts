/**
 * What was missing, in a time, of what one participant saw and heard of another.
 *
 * @module
 */
import { loudness, type Silence, silences } from "../../helpers/tones.ts";

/** A time, in ms since 1970. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What one participant got of another. */
export interface Pair {
  readonly by: string;
  readonly of: string;
}

/** What one participant saw and heard of another in a time. */
export interface Timeline extends Pair {
  /** When frames were shown, in ms since 1970, from one before that time on. */
  readonly frames: readonly number[];
  readonly silences: readonly Span[];
  /** When its tracks became others. */
  readonly changes: readonly { readonly kind: string; readonly at: number }[];
}

/** The longest of each in a time, in ms. */
export interface Missing extends Pair {
  readonly frameGapMs: number;
  readonly silenceMs: number;
}

/** Sound round a span is looked at as well, since a window of the analysis reaches that far. */
const EDGE_MS = 50;

/**
 * The longest time between two frames that ends in the span, or lasts at its end. `times` ascend, and begin before the
 * span: without any frame before it, the span's begin counts as one.
 */
export function longestFrameGap(times: readonly number[], { from, to }: Span): number {
  let last = times.findLast((at) => at < from) ?? from;
  let longest = 0;
  for (const at of times) {
    if (at < from || at > to) continue;
    longest = Math.max(longest, at - last);
    last = at;
  }
  return Math.max(longest, to - last);
}

/** When a tone was not heard in the span; `listen` gives what was played, `usual` how loud the tone is otherwise. */
export function silencesIn(
  { from, to }: Span,
  listen: (from: number, to: number) => Int16Array,
  hz: number,
  usual: number,
): Silence[] {
  const start = from - EDGE_MS;
  return silences(loudness(listen(start, to + EDGE_MS), hz), usual)
    .map((silence) => ({ from: start + silence.from, to: start + silence.to }))
    .filter((silence) => silence.to > from && silence.from < to);
}

/** The most that somebody missed of somebody beyond what the same one misses of the same in calm, in ms; 0 if nobody missed more. */
export function mostBeyond(
  during: readonly Missing[],
  calm: readonly Missing[],
  read: (missing: Missing) => number,
): number {
  const usual = ({ by, of }: Pair) => read(calm.find((one) => one.by === by && one.of === of)!);
  return Math.max(0, ...during.map((one) => read(one) - usual(one)));
}

/** What was missing in a span within those of the timelines. */
export function missingIn(timelines: readonly Timeline[], span: Span): Missing[] {
  return timelines.map(({ by, of, frames, silences }) => ({
    by,
    of,
    frameGapMs: longestFrameGap(frames, span),
    silenceMs: Math.max(
      0,
      ...silences.filter(({ from, to }) => to > span.from && from < span.to)
        .map(({ from, to }) => to - from),
    ),
  }));
}
