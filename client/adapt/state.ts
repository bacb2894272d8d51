/**
 * What is known of the uplink, and what is done about it at the moment.
 *
 * @module
 */
import type { Pasts } from "./evidence.ts";
import { ALL_ALLOWED, type Lasting, NOT, type Processor } from "./lasting.ts";
import { TOP } from "./ladder.ts";
import { ADAPT } from "./policy.ts";
import type { Trial } from "./trial.ts";

/** Times in ms of the clock that is handed in, rates in bit/s. */
export interface AdaptState {
  /** From 0 (the voice alone) to `TOP` (everything), by what the uplink carries; and since when. */
  readonly level: number;
  readonly since: number;
  readonly phase: Phase;
  /** The highest of late that the connections carried, and when that was. */
  readonly peak: { readonly bitrate: number; readonly at: number };
  /** Since when they have carried less than is needed; `undefined`: they carry it. */
  readonly shortSince: number | undefined;
  /** How it rose last, if it has not fallen since. */
  readonly rose: Rise | undefined;
  /** From when on the smallest picture may be sent to one alone without a proof. */
  readonly trustFrom: number;
  /** How often a rise did not hold, as far as it is not forgotten; and when that last changed. */
  readonly relapses: { readonly count: number; readonly at: number };
  readonly pasts: Pasts;
  readonly processor: Processor;
  readonly redundancy: Lasting;
  /** When pictures were last held back, until then. */
  readonly heldAt: number;
  readonly small: Small;
}

/** From which level, and when; because there was room for more, or because there may be, and a trial did no harm. */
export interface Rise {
  readonly from: number;
  readonly at: number;
  readonly by: "proof" | "trust";
}

/** Who is shown less than there is for most, since its connection does not carry it, or not yet; and what there is. */
export interface Small {
  readonly level: number;
  readonly ids: readonly string[];
}

/** What is being done. `waitMs`: how long the next trial waits if one fails. */
export type Phase = Resting | Trying | Holding;

/** Nothing, since the last trial, or since ever; no other before `until`. */
export interface Resting {
  readonly is: "resting";
  readonly since: number;
  readonly until: number;
  readonly waitMs: number;
}

/** More is sent to one, to find out whether all could have more. */
export interface Trying {
  readonly is: "trying";
  readonly trial: Trial;
  readonly waitMs: number;
}

/** No picture is sent for a moment, so that the voice gets through. */
export interface Holding {
  readonly is: "holding";
  readonly since: number;
  readonly waitMs: number;
}

/** The same where everything goes by other connections from now on: of them nothing is known yet, but of the uplink. */
export function moved(state: AdaptState, now: number): AdaptState {
  const { level, relapses, trustFrom, processor, redundancy } = state;
  return { ...startAdapting(now), level, relapses, trustFrom, processor, redundancy };
}

/** How everything is sent at first: as if the uplink carried it. */
export function startAdapting(now: number): AdaptState {
  return {
    level: TOP,
    since: now,
    phase: { is: "resting", since: now, until: now, waitMs: ADAPT.waitMs },
    peak: { bitrate: 0, at: now },
    shortSince: undefined,
    rose: undefined,
    trustFrom: now,
    relapses: { count: 0, at: now },
    pasts: {},
    processor: ALL_ALLOWED,
    redundancy: NOT,
    heldAt: -Infinity,
    small: { level: 0, ids: [] },
  };
}
