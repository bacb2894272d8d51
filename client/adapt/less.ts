/**
 * When less is sent, and how much less. Pure.
 *
 * @module
 */
import { blindMs, fall, rest } from "./change.ts";
import { areHarmed, areStarved, carriedAt, fitting, type Look, needsAt } from "./evidence.ts";
import { voiceAt } from "./ladder.ts";
import { ADAPT } from "./policy.ts";
import type { AdaptState, Holding } from "./state.ts";

/** The level that is right by what goes wrong; the same where nothing does. */
export function lowered(state: AdaptState, look: Look, now: number): number {
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
  if (hasCollapsed && !leavesPicture(level, look)) return 0;
  const share = hasCollapsed ? ADAPT.collapsingShare : ADAPT.usedShare;
  const least = hasCollapsed || isHarmed || !carriesSmallestAlone(state, look) ? 0 : 1;
  return below(level, share, look, least);
}

/** Once the estimates have had the time to fall: as before, if they know of nothing. */
export function afterHold(
  state: AdaptState,
  phase: Holding,
  look: Look,
  now: number,
): AdaptState {
  const { level } = state;
  const isStarved = areStarved(look.connections);
  if (now - phase.since < (isStarved ? ADAPT.hold.mostMs : ADAPT.hold.ms)) return state;
  const held = { ...state, heldAt: now };
  if (level === 0) return rest(held, now);
  if (isStarved) return fall(held, 0, look, now);
  const isKnown = !suffices(state, look, ADAPT.usedShare);
  if (!isKnown && phase.since - state.heldAt >= ADAPT.hold.againMs) return rest(held, now);
  const fallen = fall(held, below(level, ADAPT.collapsingShare, look), look, now);
  if (isKnown) return fallen;
  // What the estimates know nothing of, a trial would not find out.
  return { ...fallen, phase: { ...fallen.phase, until: now + blindMs(fallen) } };
}

/** At least one level less: what fits into this share of what is carried, no less than `least`. */
function below(level: number, share: number, look: Look, least = 0): number {
  return Math.min(level - 1, Math.max(least, fitting(carriedAt(level, look) * share, look)));
}

/** Whether the connections carry this share of what the level needs; or the smallest picture, as small as it has to be. */
export function suffices(state: AdaptState, look: Look, share: number): boolean {
  const { level } = state;
  return carriedAt(level, look) >= needsAt(level, look) * share ||
    (level === 1 && carriesSmallestAlone(state, look));
}

/**
 * Whether one alone can be sent the smallest picture with less than it may take: the browser keeps it within the estimate. Of
 * several connections none knows of the others; a screen cannot be smaller, and a voice must lose nothing.
 */
export function carriesSmallestAlone({ redundancy }: AdaptState, look: Look): boolean {
  const { connections: [one, other], screen } = look;
  return other === undefined && screen === undefined && !redundancy.is &&
    (one?.estimate ?? 0) >= ADAPT.leastPicture.withVoice;
}

/** Whether what is carried has room for all of the level, or, beside the voice, for any picture. */
export function leavesPicture(level: number, look: Look): boolean {
  const carried = carriedAt(level, look);
  if (carried >= needsAt(level, look)) return true;
  const each = carried / look.connections.length;
  return each - ADAPT.voice[voiceAt(level)] >= ADAPT.leastPicture.besideVoice;
}
