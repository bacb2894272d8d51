/**
 * A trial of more: one connection alone may take more and more, which makes the browser probe, until it alone could
 * carry what all would take more. What it sends meanwhile is no larger a picture, or none that is shown. Pure.
 *
 * @module
 */
import { carriedAt, type Look, needsAt, shownIn } from "./evidence.ts";
import { needAt, voiceAt } from "./ladder.ts";
import { ADAPT } from "./policy.ts";

/** A trial that goes on. Rates in bit/s. */
export interface Trial {
  readonly id: string;
  readonly since: number;
  /** The level that it began at. */
  readonly from: number;
  /** What the one picture may take, and since when. */
  readonly bitrate: number;
  readonly raisedAt: number;
  /** The highest estimate so far, and the last that was much higher than before. */
  readonly peak: number;
  readonly grown: { readonly estimate: number; readonly at: number };
  /** The level that the last estimate is a proof of. */
  readonly proven: number;
}

/** What a trial is about. */
export interface Aim {
  /** The level that there is, and the highest that may be. */
  readonly level: number;
  readonly most: number;
  /** How many times what the one would take has to be there, and what the others would take more. */
  readonly margin: { readonly own: number; readonly others: number };
  /** Whether most are late or lose much. */
  readonly areHarmed: boolean;
}

/** What a trial has come to. */
export type Outcome =
  | { readonly is: "going"; readonly trial: Trial }
  /** `level`: what is proven. */
  | { readonly is: "over"; readonly level: number; readonly sign: Sign };

/** Of a trial that is over: there was more, if not enough; nothing came of it, and nobody was harmed; or there was less. */
export type Sign = "good" | "none" | "bad";

/**
 * Begins with the connection in the middle: of the best one an estimate may be out of date. `undefined`: the browser
 * estimates nothing.
 */
export function begin(level: number, look: Look, now: number): Trial | undefined {
  const known = look.connections
    .flatMap(({ id, estimate }) => estimate === undefined ? [] : [{ id, estimate }])
    .toSorted((a, b) => a.estimate - b.estimate);
  const middle = known[known.length >> 1];
  if (middle === undefined) return undefined;
  const { id, estimate } = middle;
  const bitrate = Math.max(
    ADAPT.trialBitrate,
    ADAPT.levels[level]!.bitrate * ADAPT.trialFactor,
    estimate - ADAPT.voice[voiceAt(level)],
  );
  return {
    id,
    since: now,
    from: level,
    bitrate,
    raisedAt: now,
    peak: estimate,
    grown: { estimate, at: now },
    proven: level,
  };
}

/** Takes one more look in. It goes on while more and more is found, and until the others have been probed for it. */
export function goOn(trial: Trial, aim: Aim, look: Look, now: number): Outcome {
  const { level, most, areHarmed } = aim;
  const one = look.connections.find(({ id }) => id === trial.id);
  if (one === undefined) return { is: "over", level, sign: "good" };
  const { estimate = 0 } = one;
  const proven = provenBy(estimate, trial, aim, look);
  const reached = reachedOf(proven, level, look);
  if (reached >= most) return { is: "over", level: reached, sign: "good" };
  const lasted = now - trial.since;
  const hasGrown = estimate >= trial.grown.estimate * ADAPT.trialGrowth;
  const grown = hasGrown ? { estimate, at: now } : trial.grown;
  const isMore = grown.at > trial.since;
  const isHarmful = areHarmed && lasted > ADAPT.trialStepMs;
  if (isHarmful || estimate < trial.peak * ADAPT.trialFallsTo) {
    return { is: "over", level, sign: !isHarmful && isMore ? "good" : "bad" };
  }
  const stands = now - grown.at > ADAPT.trialGrowthMs && reached >= proven;
  if (stands || lasted > ADAPT.trialMs) {
    return { is: "over", level: reached, sign: isMore ? "good" : "none" };
  }
  const next = { ...trial, peak: Math.max(trial.peak, estimate), grown, proven };
  if (now - trial.raisedAt < ADAPT.trialStepMs) return { is: "going", trial: next };
  const enough = proofOf(most, trial, aim, look) * ADAPT.trialFactor;
  const bitrate = Math.min(trial.bitrate * ADAPT.trialFactor, enough);
  return { is: "going", trial: { ...next, bitrate, raisedAt: now } };
}

/** The highest level that an estimate is a proof of. */
function provenBy(estimate: number, trial: Trial, aim: Aim, look: Look): number {
  const { level, most } = aim;
  const { from } = trial;
  // What it takes from the others proves nothing.
  if (from > 0 && carriedAt(from, look) < needsAt(from, look) * ADAPT.usedShare) return level;
  let proven = level;
  while (proven < most && estimate >= proofOf(proven + 1, trial, aim, look)) proven++;
  return proven;
}

/** The highest level of those proven that the connections are known to carry each for itself. */
function reachedOf(proven: number, level: number, look: Look): number {
  let reached = proven;
  while (reached > level && carriedAt(reached, look) < needsAt(reached, look) * ADAPT.shortBelow) {
    reached--;
  }
  return reached;
}

/** What the one connection would have to carry for all to have a level: its own, and what the others take more. */
function proofOf(to: number, trial: Trial, { level, margin }: Aim, look: Look): number {
  const shown = shownIn(look);
  const seen = look.connections.find(({ id }) => id === trial.id)?.seen;
  const own = needAt(to, shown, seen);
  const all = needsAt(to, look);
  const others = all - own - (needsAt(level, look) - needAt(level, shown, seen));
  // Between the packets of the others, a burst finds the whole link free: it proves no more than that.
  return Math.max(all, own * margin.own + others * margin.others);
}
