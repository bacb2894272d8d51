/**
 * How far the service's clock is from the page's, from exchanges of a `ping` and its `pong`. Pure.
 *
 * @module
 */
import type { Exchange } from "../signaling.ts";
import { CLOCK } from "./policy.ts";

const { grainMs, driftMs } = CLOCK;

export interface ClockEstimate {
  /** What to add to the page's clock for the service's time, ms. */
  readonly offset: number;
  /** By how much this may be wrong at most: half the best round trip, ms. */
  readonly error: number;
}

/**
 * What `exchanges`, from the oldest to the newest, say: the best of them, which is the quickest. One that a newer one
 * contradicts is of before a clock has stepped, ours or the node's, or of another node: it counts no more, nor
 * does any before it.
 */
export function estimateClock(exchanges: readonly Exchange[]): ClockEstimate | undefined {
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
