/**
 * From one state to the next. Pure.
 *
 * @module
 */
import { carriedAt, type Look } from "./evidence.ts";
import { ADAPT } from "./policy.ts";
import type { AdaptState, Resting, Rise } from "./state.ts";
import type { Aim } from "./trial.ts";

/** A state in which nothing is being done. */
export interface AtRest extends AdaptState {
  readonly phase: Resting;
}

/** To a lower level, or to that from which it has only just risen. */
export function fall(state: AdaptState, level: number, look: Look, now: number): AtRest {
  const { rose, relapses, trustFrom } = state;
  const heldMs = rose === undefined ? Infinity : now - rose.at;
  const hasHeld = heldMs >= Math.max(ADAPT.holdMs, blindMs(state));
  const wasTrusted = rose?.by === "trust";
  // It was too much: the estimates of this moment are of that.
  const before = rose !== undefined && heldMs < ADAPT.relapseMs ? rose.from : 0;
  return {
    ...rest(state, now),
    ...changed(Math.max(level, before), look, now),
    rose: undefined,
    // What was only tried says nothing of how good proofs are.
    relapses: hasHeld || wasTrusted ? relapses : { count: relapses.count + 1, at: now },
    trustFrom: wasTrusted && heldMs < ADAPT.holdMs ? now + ADAPT.trust.againMs : trustFrom,
  };
}

/** To a higher level, from which a trial may begin at once. */
export function rise(
  state: AdaptState,
  level: number,
  look: Look,
  now: number,
  by: Rise["by"] = "proof",
): AdaptState {
  const { phase } = state;
  const since = phase.is === "trying" ? phase.trial.since : phase.since;
  return {
    ...state,
    ...changed(level, look, now),
    rose: { from: state.level, at: now, by },
    phase: { is: "resting", since, until: now, waitMs: ADAPT.waitMs },
  };
}

/** What begins anew at each level. */
export function changed(level: number, look: Look, now: number) {
  const peak = { bitrate: carriedAt(level, look), at: now };
  return { level, since: now, peak, shortSince: undefined };
}

/** Lets the voice through: what the estimates say of it is only known later. */
export function hold(state: AdaptState, now: number): AdaptState {
  return { ...state, phase: { is: "holding", since: now, waitMs: longer(state.phase.waitMs) } };
}

/** Ends what is tried, and waits longer the next time. */
export function rest(state: AdaptState, now: number, waitMs = state.phase.waitMs): AtRest {
  const since = restsSince(state, now);
  return {
    ...state,
    phase: { is: "resting", since, until: now + waitMs, waitMs: longer(waitMs) },
  };
}

function restsSince({ phase, since }: AdaptState, now: number): number {
  switch (phase.is) {
    case "trying":
      return now;
    case "holding":
      return since;
    case "resting":
      return phase.since;
  }
}

function longer(waitMs: number): number {
  return Math.min(ADAPT.longestWaitMs, waitMs * 2);
}

/** How much more than it takes must be there: the more, the less proofs have held. */
export function marginOf({ relapses: { count } }: AdaptState): Aim["margin"] {
  const of = ({ first, factor, most }: { first: number; factor: number; most: number }) =>
    Math.min(most, first * factor ** count);
  return { own: of(ADAPT.margin.own), others: of(ADAPT.margin.others) };
}

/** How long a level must last before more is sent without a trial. */
export function blindMs({ relapses: { count } }: AdaptState): number {
  const { afterMs, atMostMs } = ADAPT.blind;
  return Math.min(atMostMs, afterMs * 2 ** count);
}

/** Long after, one rise that did not hold is forgotten. */
export function forgiven(relapses: AdaptState["relapses"], now: number): AdaptState["relapses"] {
  if (now - relapses.at < ADAPT.forgiveMs) return relapses;
  return fewer(relapses, now);
}

/** With one rise that did not hold forgotten. */
export function fewer({ count }: AdaptState["relapses"], now: number): AdaptState["relapses"] {
  return { count: Math.max(0, count - 1), at: now };
}
