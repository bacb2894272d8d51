/**
 * How much to send to each participant of a mesh, or to an SFU, by what the uplink carries. Pure.
 *
 * There is one level for all. It falls as soon as the browser's estimates do: not to what they add up to, but to what
 * the middle one says, since of connections that share a link one may have heard nothing yet. It rises only after a
 * trial (adapt/trial.ts), or where the browser estimates nothing, after a wait.
 *
 * @module
 */
import {
  areHarmed,
  areStarved,
  carriedAt,
  fitting,
  type Look,
  needsAt,
  remember,
} from "./adapt/evidence.ts";
import { TOP, voiceAt } from "./adapt/ladder.ts";
import { feelLoss, feelProcessor } from "./adapt/lasting.ts";
import { allowed, countedIn, smallIn } from "./adapt/plan.ts";
import { ADAPT } from "./adapt/policy.ts";
import {
  type AdaptState,
  type Holding,
  moved,
  type Phase,
  type Resting,
  type Rise,
  startAdapting,
} from "./adapt/state.ts";
import { type Aim, begin, goOn } from "./adapt/trial.ts";
import type { AdaptationSettings } from "./api.ts";

export { type Plan, planOf, type Sending } from "./adapt/plan.ts";
export { type AdaptState, moved, startAdapting };

interface AtRest extends AdaptState {
  readonly phase: Resting;
}

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
  if (phase.is === "holding") {
    return now < phase.until ? state : afterHold(state, phase, look, now);
  }
  const isShown = (look.camera ?? look.screen) !== undefined &&
    (state.level > 0 || phase.is === "trying");
  if (isShown && areStarved(look.connections)) return hold(state, now);
  const lower = lowered(state, look, now);
  if (lower === state.level) return tryMore(state, look, settings, now);
  // What a trial has brought about ends with it, unless there is next to nothing left.
  if (isDisturbed(state.phase, now) && hasPicture(state.level, look)) {
    const carried = carriedAt(state.level, look);
    return { ...rest(state, now), shortSince: undefined, peak: { bitrate: carried, at: now } };
  }
  return fall(state, lower, look, now);
}

/** Lets the voice through: what the estimates say of it is only known later. */
function hold(state: AdaptState, now: number): AdaptState {
  const { waitMs } = rest(state, now).phase;
  return { ...state, phase: { is: "holding", since: now, until: now + ADAPT.hold.ms, waitMs } };
}

/** As before, if the estimates think so; they have had the time to fall. */
function afterHold(state: AdaptState, phase: Holding, look: Look, now: number): AdaptState {
  const { level } = state;
  const carried = carriedAt(level, look);
  const isStarved = areStarved(look.connections);
  if (isStarved && now - phase.since < ADAPT.hold.mostMs) return state;
  const isAgain = phase.since - state.heldAt < ADAPT.hold.againMs;
  const held = { ...state, heldAt: now };
  if (level === 0) return rest(held, now);
  if (isStarved) return fall(held, 0, look, now);
  const isCarried = suffices(state, look, ADAPT.usedShare);
  if (isCarried && !isAgain) return rest(held, now);
  const lower = Math.min(level - 1, fitting(carried * ADAPT.collapsingShare, look));
  const fallen = fall(held, lower, look, now);
  if (!isCarried) return fallen;
  // What the estimates know nothing of, a trial would not find out.
  return { ...fallen, phase: { ...fallen.phase, until: now + blindMs(fallen) } };
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

/** The level that is right by what goes wrong; the same where nothing does. */
function lowered(state: AdaptState, look: Look, now: number): number {
  const { level, since, peak, shortSince, pasts, rose } = state;
  if (level === 0) return 0;
  const carried = carriedAt(level, look);
  const hasCollapsed = !suffices(state, look, ADAPT.usedShare) &&
    carried < peak.bitrate * ADAPT.collapsedTo;
  const isShort = shortSince !== undefined && now - shortSince >= ADAPT.shortAfterMs;
  // Where nobody was harmed before, no report is of that time.
  const lagMs = rose?.by === "trust" ? 0 : ADAPT.reportsLagMs;
  const isHarmed = now - since >= lagMs && areHarmed(pasts, now);
  if (!hasCollapsed && !isShort && !isHarmed) return level;
  if (hasCollapsed && !hasPicture(level, look)) return 0;
  const share = hasCollapsed ? ADAPT.collapsingShare : ADAPT.usedShare;
  const least = hasCollapsed || isHarmed || !isEnoughForSmallest(state, look) ? 0 : 1;
  return Math.min(level - 1, Math.max(least, fitting(carried * share, look)));
}

/** Whether the connections carry this share of what the level needs; or the smallest picture, as small as it has to be. */
function suffices(state: AdaptState, look: Look, share: number): boolean {
  const { level } = state;
  return carriedAt(level, look) >= needsAt(level, look) * share ||
    (level === 1 && isEnoughForSmallest(state, look));
}

/**
 * Whether one alone can be sent the smallest picture with less than it may take: the browser keeps it within the estimate. Of
 * several connections none knows of the others; a screen cannot be smaller, and a voice must lose nothing.
 */
function isEnoughForSmallest({ redundancy }: AdaptState, look: Look): boolean {
  const { connections: [one, other], screen } = look;
  return other === undefined && screen === undefined && !redundancy.is &&
    (one?.estimate ?? 0) >= ADAPT.smallestAlone;
}

/** Whether, beside the voice, what is carried has room for any picture. */
function hasPicture(level: number, look: Look): boolean {
  const each = carriedAt(level, look) / look.connections.length;
  return each - ADAPT.voice[voiceAt(level)] >= ADAPT.leastPicture;
}

/** Begins, goes on with or ends a trial of more. */
function tryMore(
  state: AdaptState,
  look: Look,
  settings: AdaptationSettings,
  now: number,
): AdaptState {
  const { level, phase, since, pasts } = state;
  const { level: most } = allowed({ ...state, level: TOP }, look, settings);
  const isAll = level >= most || needsAt(most, look) <= needsAt(level, look);
  if (phase.is === "trying") {
    if (isAll) return rest(state, now, ADAPT.waitMs);
    const aim = { level, most, margin: marginOf(state), areHarmed: areHarmed(pasts, now) };
    const outcome = goOn(phase.trial, aim, look, now);
    if (outcome.is === "going") {
      const { trial } = outcome;
      // The others are probed with a picture too small for more: it might as well be seen.
      const first = level === 0 && trial.proven > 0 && {
        ...changed(1, look, now),
        rose: { from: 0, at: now, by: "proof" as const },
      };
      return { ...state, ...first, phase: { ...phase, trial } };
    }
    if (outcome.level > level) return rise(state, outcome.level, look, now);
    // After losses, a browser's estimate stays low for up to a minute, whatever there is.
    const mayTrust = level === 0 && outcome.sign !== "bad" && isEnoughForSmallest(state, look) &&
      now >= Math.max(since + ADAPT.trust.afterMs, state.trustFrom);
    if (mayTrust) return rise(state, 1, look, now, "trust");
    // What was on a good way may only have been disturbed.
    return rest(state, now, outcome.sign === "good" ? ADAPT.waitMs : phase.waitMs);
  }
  if (isAll || now < Math.max(phase.until, since + ADAPT.settleMs)) return state;
  if (areHarmed(pasts, now)) return state;
  const lasted = now - since;
  // Without a picture there is nothing to probe with: a voice alone takes little more.
  if (look.camera === undefined && look.screen === undefined) {
    const isLong = lasted >= Math.max(ADAPT.holdMs, blindMs(state));
    return isLong ? rise(state, Math.min(most, ADAPT.leanUpTo + 1), look, now) : state;
  }
  const trial = begin(level, look, now);
  if (trial !== undefined) {
    return { ...state, phase: { is: "trying", trial, waitMs: phase.waitMs } };
  }
  if (lasted < blindMs(state)) return state;
  // One that has held makes the next one wait less.
  const { rose, relapses } = state;
  const held = rose === undefined ? relapses : fewer(relapses, now);
  return rise({ ...state, relapses: held }, level + 1, look, now);
}

function fall(state: AdaptState, level: number, look: Look, now: number): AtRest {
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

function rise(
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
function changed(level: number, look: Look, now: number) {
  const peak = { bitrate: carriedAt(level, look), at: now };
  return { level, since: now, peak, shortSince: undefined };
}

/** Ends what is tried, and waits longer the next time. */
function rest(state: AdaptState, now: number, waitMs = state.phase.waitMs): AtRest {
  const { phase } = state;
  return {
    ...state,
    phase: {
      is: "resting",
      since: phase.is === "trying" ? now : phase.is === "holding" ? state.since : phase.since,
      until: now + waitMs,
      waitMs: Math.min(ADAPT.longestWaitMs, waitMs * 2),
    },
  };
}

/** Whether a trial goes on, or has just ended. */
function isDisturbed(phase: Phase, now: number): boolean {
  return phase.is === "trying" || now - phase.since < ADAPT.settleMs;
}

function marginOf({ relapses: { count } }: AdaptState): Aim["margin"] {
  const of = ({ first, factor, most }: { first: number; factor: number; most: number }) =>
    Math.min(most, first * factor ** count);
  return { own: of(ADAPT.margin.own), others: of(ADAPT.margin.others) };
}

/** How long a level must last before more is sent without a trial. */
function blindMs({ relapses: { count } }: AdaptState): number {
  const { afterMs, atMostMs } = ADAPT.blind;
  return Math.min(atMostMs, afterMs * 2 ** count);
}

/** Long after, one rise that did not hold is forgotten. */
function forgiven(relapses: AdaptState["relapses"], now: number): AdaptState["relapses"] {
  if (now - relapses.at < ADAPT.forgiveMs) return relapses;
  return fewer(relapses, now);
}

function fewer({ count }: AdaptState["relapses"], now: number): AdaptState["relapses"] {
  return { count: Math.max(0, count - 1), at: now };
}
