/**
 * How much to send to each participant of a mesh, or to an SFU, by what the uplink carries. Pure.
 *
 * There is one level for all. It falls as soon as the browser's estimates do: not to what they add up to, but to what
 * the middle one says, since of connections that share a link one may have heard nothing yet. It rises only after a
 * trial (adapt/trial.ts), or where the browser estimates nothing, after a wait.
 *
 * @module
 */
import { fall, forgiven, hold, rest } from "./adapt/change.ts";
import { areStarved, carriedAt, type Look, remember } from "./adapt/evidence.ts";
import { feelLoss, feelProcessor } from "./adapt/lasting.ts";
import { afterHold, leavesPicture, lowered, suffices } from "./adapt/less.ts";
import { tryMore } from "./adapt/more.ts";
import { countedIn, smallIn } from "./adapt/plan.ts";
import { ADAPT } from "./adapt/policy.ts";
import { type AdaptState, moved, type Phase, startAdapting } from "./adapt/state.ts";
import type { AdaptationSettings } from "./api.ts";

export { type Plan, planOf, type Sending } from "./adapt/plan.ts";
export { type AdaptState, moved, startAdapting };

/** Takes one more look in. */
export function adapt(
  before: AdaptState,
  all: Look,
  settings: AdaptationSettings,
  now: number,
): AdaptState {
  const look = countedIn(all, settings);
  if (look.connections.length === 0) return before;
  const state = adapted(before, look, settings, now);
  return { ...state, small: smallIn(state, look, settings, now) };
}

function adapted(
  before: AdaptState,
  look: Look,
  settings: AdaptationSettings,
  now: number,
): AdaptState {
  const processor = feelProcessor(before, look, now);
  if (settings.mode === "off") return { ...startAdapting(now), processor };
  const state = weighed(
    {
      ...before,
      processor,
      relapses: forgiven(before.relapses, now),
      redundancy: feelLoss(before.redundancy, look, now),
      pasts: remember(before.pasts, look, now),
    },
    look,
    now,
  );
  const { phase } = state;
  if (phase.is === "holding") return afterHold(state, phase, look, now);
  const isShown = (look.camera ?? look.screen) !== undefined &&
    (state.level > 0 || phase.is === "trying");
  if (isShown && areStarved(look.connections)) return hold(state, now);
  const lower = lowered(state, look, now);
  if (lower === state.level) return tryMore(state, phase, look, settings, now);
  // What a trial has brought about ends with it, unless there is next to nothing left.
  if (isDisturbed(phase, now) && leavesPicture(state.level, look)) {
    const carried = carriedAt(state.level, look);
    return { ...rest(state, now), shortSince: undefined, peak: { bitrate: carried, at: now } };
  }
  return fall(state, lower, look, now);
}

/** With what the connections carry now. */
function weighed(state: AdaptState, look: Look, now: number): AdaptState {
  const { level, peak, shortSince } = state;
  const bitrate = carriedAt(level, look);
  const isPeak = bitrate >= peak.bitrate || now - peak.at > ADAPT.peakMs;
  const isShort = !suffices(state, look, ADAPT.shortBelow);
  return {
    ...state,
    peak: isPeak ? { bitrate, at: now } : peak,
    shortSince: isShort ? shortSince ?? now : undefined,
  };
}

/** Whether a trial goes on, or has just ended. */
function isDisturbed(phase: Phase, now: number): boolean {
  return phase.is === "trying" || now - phase.since < ADAPT.settleMs;
}
