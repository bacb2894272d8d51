/**
 * Whether what we send has to be less than it could be, from a row of snapshots. Pure; slow, because it moves calls.
 *
 * @module
 */
import type { Measured } from "../../lib/protocol.ts";
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
 * for a thin one.
 */
export function strainOf(
  participants: Iterable<ParticipantStats>,
  adapted?: Pick<AdaptationInfo, "reason">,
): Strain {
  const reasons = new Set(
    [...participants].flatMap(({ outbound }) =>
      outbound.map(({ qualityLimitationReason }) => qualityLimitationReason)
    ),
  );
  if (reasons.has("cpu") || adapted?.reason === "cpu") return "cpu";
  const isShort = adapted === undefined ? reasons.has("bandwidth") : adapted.reason === "uplink";
  return isShort ? "uplink" : "none";
}

/** Whether any connection goes through TURN. */
export function isRelayed(participants: Iterable<ParticipantStats>): boolean {
  return [...participants].some(({ localCandidateType, remoteCandidateType }) =>
    localCandidateType === "relay" || remoteCandidateType === "relay"
  );
}
