/**
 * Whether what we send has to be less than it could be, from a row of snapshots. Pure; slow, because it moves calls.
 *
 * @module
 */
import type { Measured } from "../../lib/protocol.ts";
import { ADAPT } from "../adapt/policy.ts";
import type { AdaptationInfo, ParticipantStats } from "../api.ts";
import { type Lasting, lasting } from "../lasting.ts";
import { REPORT } from "./policy.ts";

export type Strain = NonNullable<Measured["strain"]>;

export const NO_STRAIN: Lasting<Strain> = { is: "none", looks: { so: "none", since: 0 } };

/** Takes one more snapshot in. */
export function feelStrain(before: Lasting<Strain>, seen: Strain, now: number): Lasting<Strain> {
  const afterMs = seen === "none" ? REPORT.strainGoneAfterMs : REPORT.strainAfterMs;
  return lasting(before, seen, { now, afterMs });
}

/**
 * What the browser says of what is sent, or what is not sent any more for it: the worst of all connections, the
 * processor first. `adapted`: why less is sent; absent where only the browser adapts, which at first takes every uplink
 * for a thin one. An uplink that has no room for a picture to an SFU either is none: there is nothing to be gained there.
 */
export function strainOf(
  participants: readonly ParticipantStats[],
  adapted?: AdaptationInfo,
): Strain {
  const reasons = new Set(
    participants.flatMap(({ outbound }) =>
      outbound.map(({ qualityLimitationReason }) => qualityLimitationReason)
    ),
  );
  if (reasons.has("cpu") || adapted?.reason === "cpu") return "cpu";
  const isShort = adapted === undefined
    ? reasons.has("bandwidth")
    : adapted.reason === "uplink" && carriesOne(participants, adapted);
  return isShort ? "uplink" : "none";
}

/** Whether all that the uplink carries is enough for a voice, as it goes to an SFU at first, and the least picture. */
function carriesOne(
  participants: readonly ParticipantStats[],
  { sending }: AdaptationInfo,
): boolean {
  const estimates = participants.flatMap(({ availableOutgoingBitrate: known }) => known ?? []);
  if (estimates.length === 0) return sending !== "audio_only";
  const sum = estimates.reduce((one, other) => one + other);
  return sum >= ADAPT.voice.doubled + ADAPT.leastPicture.besideVoice;
}

/** Whether any connection goes through TURN. */
export function isRelayed(participants: Iterable<ParticipantStats>): boolean {
  return [...participants].some(({ localCandidateType, remoteCandidateType }) =>
    localCandidateType === "relay" || remoteCandidateType === "relay"
  );
}
