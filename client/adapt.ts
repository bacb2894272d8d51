/**
 * How much to send to each participant of a mesh, by what the uplink that all connections share carries. Pure.
 *
 * There is one level for all. It falls as soon as the browser's estimates do: not to what they add up to, but to what
 * the middle one says, since of connections that share a link one may have heard nothing yet. It rises only after a
 * trial: one connection alone is allowed more and more, which makes the browser probe, until it alone could carry what
 * all would take more. What it sends meanwhile is no larger a picture, or none that is shown.
 *
 * @module
 */
import type { AdaptationSettings } from "./api.ts";
import {
  carriedAt,
  fitting,
  isHarmed,
  isQueueing,
  latest,
  type Look,
  needsAt,
  type RoundTrips,
  shortest,
} from "./adapt/evidence.ts";
import { type Encoding, encodingAt, needAt, TOP, type Voice, voiceAt } from "./adapt/ladder.ts";
import { feelLoss, feelProcessor, type Lasting, NOT, type Processor } from "./adapt/lasting.ts";
import { ADAPT } from "./adapt/policy.ts";

interface Trial {
  readonly id: string;
  readonly since: number;
  /** What the one picture may take, and since when. */
  readonly bitrate: number;
  readonly raisedAt: number;
  /** The highest estimate so far, and the last that was much higher than before. */
  readonly peak: number;
  readonly grown: { readonly estimate: number; readonly at: number };
}

export interface AdaptState extends RoundTrips {
  readonly level: number;
  readonly since: number;
  /** The highest of late that the connections carried, and when that was. */
  readonly peak: { readonly bitrate: number; readonly at: number };
  /** Since when they have carried less than is needed. */
  readonly shortSince?: number;
  readonly trial?: Trial;
  /** No trial before that; and how long the last one had to wait. */
  readonly waitUntil: number;
  readonly waitMs: number;
  /** When the last trial ended. */
  readonly triedAt: number;
  /** When the level last rose. */
  readonly roseAt?: number;
  /** How many times what the others would take more has to be there, and since when. */
  readonly margin: number;
  readonly marginAt: number;
  readonly processor: Processor;
  readonly redundancy: Lasting;
}

/** How everything is sent at first: as if the uplink carried it. */
export function startAdapting(now: number): AdaptState {
  return {
    level: TOP,
    since: now,
    peak: { bitrate: 0, at: now },
    waitUntil: now,
    waitMs: ADAPT.waitMs,
    triedAt: now,
    margin: ADAPT.margin.first,
    marginAt: now,
    roundTrips: {},
    late: [],
    processor: { most: TOP, short: NOT, betterMs: ADAPT.processorBetterMs },
    redundancy: NOT,
  };
}

/** Takes one more look in. */
export function adapt(
  before: AdaptState,
  look: Look,
  settings: AdaptationSettings,
  now: number,
): AdaptState {
  if (look.connections.length === 0) return before;
  const state = {
    ...before,
    ...forgiven(before, now),
    processor: feelProcessor(before, look, now),
    redundancy: feelLoss(before.redundancy, look, now),
    roundTrips: shortest(before.roundTrips, look),
    late: latest(before, look),
  };
  if (settings.mode === "off") return { ...startAdapting(now), processor: state.processor };
  const carried = carriedAt(state.level, look);
  const needed = needsAt(state.level, look);
  const isNewPeak = carried >= state.peak.bitrate || now - state.peak.at > ADAPT.peakMs;
  const peak = isNewPeak ? { bitrate: carried, at: now } : state.peak;
  const isShort = carried < needed * ADAPT.shortBelow;
  const shortSince = isShort ? state.shortSince ?? now : undefined;
  const next: AdaptState = { ...state, peak, shortSince };
  const lower = lowered(next, look, carried, needed, now);
  // What a trial has brought about ends with it, unless there is next to nothing left.
  const isDisturbed = state.trial !== undefined || now - state.triedAt < ADAPT.settleMs;
  if (lower < state.level && lower > 0 && isDisturbed) {
    return waitLonger({ ...next, peak: { bitrate: carried, at: now } }, now);
  }
  if (lower < state.level) return fall(next, lower, look, now);
  return tryMore(next, look, settings, now);
}

/** How to send to each. */
export interface Plan {
  readonly sending: "full" | "reduced" | "audio_only";
  readonly reason: "none" | "uplink" | "cpu" | "forced";
  /** Whether the camera is on, but shown to nobody. */
  readonly isPaused: boolean;
  readonly connections: ReadonlyMap<string, {
    readonly voice: Voice;
    /** `undefined`: no picture. */
    readonly picture: Encoding | undefined;
    /** `undefined`: no screen is shared, or there is no room for it. */
    readonly screen?: Encoding;
  }>;
}

/** What the state comes to. `now`: so that connections of which too little is known are probed. */
export function planOf(
  state: AdaptState,
  look: Look,
  settings: AdaptationSettings,
  now: number,
): Plan {
  const { camera } = look;
  const { level, limit } = allowed(state, look, settings);
  const voice = level > ADAPT.leanUpTo && state.redundancy.is ? "doubled" : voiceAt(level);
  const connections = new Map(look.connections.map(({ id, seen, estimate = Infinity }) => {
    const usual = encodingAt(level, camera, seen);
    const trial = state.trial?.id === id ? state.trial : undefined;
    if (trial !== undefined && camera !== undefined) {
      const picture = usual ?? encodingAt(1, camera, seen)!;
      const maxBitrate = Math.max(picture.maxBitrate, Math.round(trial.bitrate));
      return [id, { voice, picture: { ...picture, maxBitrate } }];
    }
    // Each change makes the browser probe.
    const isUnknown = estimate < needAt(level, camera, seen) && state.trial === undefined &&
      now - Math.max(state.since, state.triedAt) < ADAPT.shortAfterMs && settings.mode === "auto";
    const nudge = isUnknown && Math.floor(now / ADAPT.trialStepMs) % 2 === 1 ? 1.05 : 1;
    const maxBitrate = Math.round((usual?.maxBitrate ?? 0) * nudge);
    return [id, { voice, picture: usual && { ...usual, maxBitrate } }];
  }));
  const isPaused = camera !== undefined && level === 0;
  const isFull = camera === undefined || needsAt(level, look) >= needsAt(TOP, look);
  return {
    sending: isPaused ? "audio_only" : isFull ? "full" : "reduced",
    reason: isFull ? "none" : limit,
    isPaused,
    connections,
  };
}

/** The level, and what keeps it from being higher. */
function allowed(
  { level, processor }: AdaptState,
  look: Look,
  { mode, maxBitrate = Infinity }: AdaptationSettings,
): { level: number; limit: "uplink" | "cpu" | "forced" } {
  if (mode === "audio_only") return { level: 0, limit: "forced" };
  const forced = fitting(maxBitrate, look);
  const least = Math.min(level, processor.most, forced);
  if (least === level && mode === "auto") return { level: least, limit: "uplink" };
  return { level: least, limit: least === forced ? "forced" : "cpu" };
}

/** The level that is right by what goes wrong; the same where nothing does. */
function lowered(
  { level, since, peak, shortSince, roundTrips }: AdaptState,
  look: Look,
  carried: number,
  needed: number,
  now: number,
): number {
  if (level === 0) return 0;
  const hasCollapsed = carried < needed * ADAPT.usedShare &&
    carried < peak.bitrate * ADAPT.collapsedTo;
  const isShort = shortSince !== undefined && now - shortSince >= ADAPT.shortAfterMs;
  const harmed = look.connections.filter((connection) => isHarmed(roundTrips, connection));
  const areHarmed = now - since >= ADAPT.reportsLagMs &&
    harmed.length * 2 >= look.connections.length;
  if (!hasCollapsed && !isShort && !areHarmed) return level;
  const picture = carried / look.connections.length - ADAPT.voice[voiceAt(level)];
  if (hasCollapsed && picture < ADAPT.leastPicture) return 0;
  return Math.min(level - 1, fitting(carried * ADAPT.usedShare, look));
}

function fall(state: AdaptState, level: number, look: Look, now: number): AdaptState {
  const hasNotHeld = state.roseAt !== undefined && now - state.roseAt < ADAPT.holdMs;
  const { factor, most } = ADAPT.margin;
  return {
    ...waitLonger(state, now),
    level,
    since: now,
    peak: { bitrate: carriedAt(level, look), at: now },
    shortSince: undefined,
    roseAt: undefined,
    ...hasNotHeld && { margin: Math.min(most, state.margin * factor), marginAt: now },
  };
}

function rise(state: AdaptState, level: number, look: Look, now: number): AdaptState {
  return {
    ...state,
    level,
    since: now,
    peak: { bitrate: carriedAt(level, look), at: now },
    shortSince: undefined,
    roseAt: now,
    trial: undefined,
    waitMs: ADAPT.waitMs,
    waitUntil: now,
  };
}

function waitLonger(state: AdaptState, now: number): AdaptState {
  return {
    ...state,
    trial: undefined,
    triedAt: state.trial === undefined ? state.triedAt : now,
    shortSince: undefined,
    waitUntil: now + state.waitMs,
    waitMs: Math.min(ADAPT.longestWaitMs, state.waitMs * 2),
  };
}

/** Begins, goes on with or ends a trial of more. */
function tryMore(
  state: AdaptState,
  look: Look,
  settings: AdaptationSettings,
  now: number,
): AdaptState {
  const { level, trial, since, waitUntil } = state;
  const next = level + 1;
  const { level: most } = allowed({ ...state, level: TOP }, look, settings);
  if (next > most || needsAt(most, look) <= needsAt(level, look)) {
    return { ...state, trial: undefined };
  }
  if (trial !== undefined) return goOn(state, trial, most, look, now);
  if (now < Math.max(waitUntil, since + ADAPT.settleMs) || isQueueing(state, look)) return state;
  // Without a picture there is nothing to probe with: a voice alone takes little more.
  if (look.camera === undefined) {
    return since + ADAPT.holdMs > now ? state : rise(state, ADAPT.leanUpTo + 1, look, now);
  }
  const { id, estimate } = look.connections.reduce((best, other) =>
    (other.estimate ?? Infinity) > (best.estimate ?? Infinity) ? other : best
  );
  // Of browsers that estimate nothing, only what they lose is known.
  if (estimate === undefined) return rise(state, next, look, now);
  const bitrate = Math.max(
    ADAPT.trialBitrate,
    ADAPT.levels[level]!.bitrate * ADAPT.trialFactor,
    Math.min(estimate, ADAPT.levels[next]!.bitrate) - ADAPT.voice[voiceAt(level)],
  );
  return {
    ...state,
    trial: { id, since: now, bitrate, raisedAt: now, peak: estimate, grown: { estimate, at: now } },
  };
}

function goOn(
  state: AdaptState,
  trial: Trial,
  most: number,
  look: Look,
  now: number,
): AdaptState {
  const { level, margin } = state;
  const one = look.connections.find(({ id }) => id === trial.id);
  if (one === undefined) return { ...state, trial: undefined };
  const { estimate = 0, seen } = one;
  /** What this connection would have to carry for all to have so much. */
  const proof = (to: number) => {
    const all = needsAt(to, look) - needsAt(level, look);
    const own = needAt(to, look.camera, seen);
    return own + (all - (own - needAt(level, look.camera, seen))) * margin;
  };
  // What it takes from the others proves nothing.
  const carried = carriedAt(level, look);
  const areHarmed = level > 0 && carried < needsAt(level, look) * ADAPT.usedShare;
  let proven = level;
  while (!areHarmed && proven < most && estimate >= proof(proven + 1)) proven++;
  if (proven > level) return rise(state, proven, look, now);
  const lasted = now - trial.since;
  const hasFallen = estimate < trial.peak * ADAPT.trialFallsTo;
  const hasGrown = estimate >= trial.grown.estimate * ADAPT.trialGrowth;
  const grown = hasGrown ? { estimate, at: now } : trial.grown;
  const isLate = isQueueing(state, look) && lasted > ADAPT.trialStepMs;
  const stands = now - grown.at > ADAPT.trialGrowthMs;
  if (hasFallen || isLate || stands || lasted > ADAPT.trialMs) {
    // What was on a good way may only have been disturbed.
    return waitLonger(
      grown.at > trial.since && !isLate ? { ...state, waitMs: ADAPT.waitMs } : state,
      now,
    );
  }
  const peak = Math.max(trial.peak, estimate);
  if (now - trial.raisedAt < ADAPT.trialStepMs) {
    return { ...state, trial: { ...trial, peak, grown } };
  }
  const bitrate = Math.min(trial.bitrate * ADAPT.trialFactor, proof(level + 1) * ADAPT.trialFactor);
  return { ...state, trial: { ...trial, bitrate, raisedAt: now, peak, grown } };
}

/** Long after, a level that did not hold is tried a little sooner again. */
function forgiven(
  { margin, marginAt }: AdaptState,
  now: number,
): Pick<AdaptState, "margin" | "marginAt"> {
  if (now - marginAt < ADAPT.forgiveMs) return { margin, marginAt };
  const { first, factor } = ADAPT.margin;
  return { margin: Math.max(first, margin / factor), marginAt: now };
}
