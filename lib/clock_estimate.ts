/**
 * How far another clock is from one's own, from exchanges of a question and an answer that tells the time there. Pure.
 *
 * @module
 */

/** A question and its answer, all in ms. */
export interface Exchange {
  /** By one's own clock. */
  readonly sent: number;
  readonly received: number;
  /** By the other clock, when it answered. */
  readonly time: number;
}

/** In ms. */
export interface ClockEstimate {
  /** What to add to one's own clock for the other's time. */
  readonly offset: number;
  /** By how much that may be wrong at most: half the best round trip. */
  readonly error: number;
}

/** By how much what the two clocks say may differ though neither was set, in ms. */
export interface ClockTolerance {
  /** What the other clock leaves out of the time that it tells. */
  readonly grainMs: number;
  /** How far two good clocks part within a window of exchanges. */
  readonly driftMs: number;
}

/**
 * What `exchanges`, from the oldest to the newest, say: the best of them, which is the quickest. One that a newer one
 * contradicts is of before a clock was set, or of another one: it counts no more, nor does any before it.
 */
export function estimateClock(
  exchanges: readonly Exchange[],
  { grainMs, driftMs }: ClockTolerance,
): ClockEstimate | undefined {
  let [earliest, latest] = [-Infinity, Infinity];
  let best: Exchange | undefined;
  for (const exchange of exchanges.toReversed()) {
    // The offset is somewhere between what it is if the way there, or the way back, took no time at all.
    earliest = Math.max(earliest, exchange.time - exchange.received - driftMs);
    latest = Math.min(latest, exchange.time + grainMs - exchange.sent + driftMs);
    if (earliest > latest) break;
    if (best === undefined || roundTrip(exchange) < roundTrip(best)) best = exchange;
  }
  if (best === undefined) return undefined;
  const { sent, received, time } = best;
  return { offset: time + grainMs / 2 - (sent + received) / 2, error: roundTrip(best) / 2 };
}

const roundTrip = ({ sent, received }: Exchange) => received - sent;
