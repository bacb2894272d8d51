/**
 * When more is sent. Pure.
 *
 * @module
 */
import type { AdaptationSettings } from "../api.ts";
import { blindMs, changed, fewer, marginOf, rest, rise } from "./change.ts";
import { areHarmed, type Look, needsAt } from "./evidence.ts";
import { TOP } from "./ladder.ts";
import { carriesSmallestAlone } from "./less.ts";
import { allowed } from "./plan.ts";
import { ADAPT } from "./policy.ts";
import type { AdaptState, Resting, Trying } from "./state.ts";
import { begin, goOn } from "./trial.ts";

/** More, where there may be: by a trial; where none can be made, after a wait. */
export function tryMore(
  state: AdaptState,
  phase: Resting | Trying,
  look: Look,
  settings: AdaptationSettings,
  now: number,
): AdaptState {
  const { level, since, pasts } = state;
  const { level: most } = allowed({ ...state, level: TOP }, look, settings);
  const isAll = level >= most || needsAt(most, look) <= needsAt(level, look);
  if (phase.is === "trying") {
    return isAll ? rest(state, now, ADAPT.waitMs) : goOnTrying(state, phase, most, look, now);
  }
  const isTime = now >= Math.max(phase.until, since + ADAPT.settleMs);
  if (isAll || !isTime || areHarmed(pasts, now)) return state;
  if (look.camera === undefined && look.screen === undefined) return riseUnseen(state, look, now);
  const trial = begin(level, look, now);
  if (trial === undefined) return riseBlind(state, look, now);
  return { ...state, phase: { is: "trying", trial, waitMs: phase.waitMs } };
}

/** What a trial comes to. */
function goOnTrying(
  state: AdaptState,
  phase: Trying,
  most: number,
  look: Look,
  now: number,
): AdaptState {
  const { level, pasts } = state;
  const aim = { level, most, margin: marginOf(state), areHarmed: areHarmed(pasts, now) };
  const outcome = goOn(phase.trial, aim, look, now);
  if (outcome.is === "going") {
    const { trial } = outcome;
    const going = { ...state, phase: { ...phase, trial } };
    return level === 0 && trial.proven > 0 ? withFirstPicture(going, look, now) : going;
  }
  if (outcome.level > level) return rise(state, outcome.level, look, now);
  if (outcome.sign !== "bad" && mayTrust(state, look, now)) {
    return rise(state, 1, look, now, "trust");
  }
  // What was on a good way may only have been disturbed.
  return rest(state, now, outcome.sign === "good" ? ADAPT.waitMs : phase.waitMs);
}

/** The others are probed with a picture too small for more: it might as well be seen. */
function withFirstPicture(state: AdaptState, look: Look, now: number): AdaptState {
  return { ...state, ...changed(1, look, now), rose: { from: 0, at: now, by: "proof" } };
}

/** Whether one alone is sent the smallest: after losses an estimate stays low for up to a minute, whatever there is. */
function mayTrust(state: AdaptState, look: Look, now: number): boolean {
  return state.level === 0 && carriesSmallestAlone(state, look) &&
    now >= Math.max(state.since + ADAPT.trust.afterMs, state.trustFrom);
}

/** Without a picture there is nothing to probe with: a voice alone takes little more. */
function riseUnseen(state: AdaptState, look: Look, now: number): AdaptState {
  const isLong = now - state.since >= Math.max(ADAPT.holdMs, blindMs(state));
  return isLong ? rise(state, ADAPT.leanUpTo + 1, look, now) : state;
}

/** Where nothing is estimated. One that has held makes the next one wait less. */
function riseBlind(state: AdaptState, look: Look, now: number): AdaptState {
  const { level, since, rose, relapses } = state;
  if (now - since < blindMs(state)) return state;
  const held = rose === undefined ? relapses : fewer(relapses, now);
  return rise({ ...state, relapses: held }, level + 1, look, now);
}
