/**
 * Whether what we send has to be less than it could be, from a row of snapshots. Pure; slow, because it moves calls.
 *
 * @module
 */
import type { Measured } from "../../lib/protocol.ts";
import type { AdaptationInfo, ParticipantStats } from "../api.ts";
import { REPORT } from "./policy.ts";

export type Strain = NonNullable<Measured["strain"]>;

export interface StrainState {
  readonly strain: Strain;
  /** What is seen now, and since when without a break. */
  readonly seen: Strain;
  readonly since: number;
}

export const NO_STRAIN: StrainState = { strain: "none", seen: "none", since: 0 };

/** Takes one more snapshot in. */
export function feelStrain(state: StrainState, seen: Strain, now: number): StrainState {
  const since = seen === state.seen ? state.since : now;
  const needed = seen === "none" ? REPORT.strainGoneAfterMs : REPORT.strainAfterMs;
  return { strain: now - since >= needed ? seen : state.strain, seen, since };
}

/**
 * What the browser says of what is sent, and what is not sent any more for it: the worst of all connections, the
 * processor first.
 */
export function strainOf(
  participants: Iterable<ParticipantStats>,
  { reason }: Pick<AdaptationInfo, "reason"> = { reason: "none" },
): Strain {
  const reasons = new Set(
    [...participants].flatMap(({ outbound }) =>
      outbound.map(({ qualityLimitationReason }) => qualityLimitationReason)
    ),
  );
  if (reasons.has("cpu") || reason === "cpu") return "cpu";
  return reasons.has("bandwidth") || reason === "uplink" ? "uplink" : "none";
}

/** Whether any connection goes through TURN. */
export function isRelayed(participants: Iterable<ParticipantStats>): boolean {
  return [...participants].some(({ localCandidateType, remoteCandidateType }) =>
    localCandidateType === "relay" || remoteCandidateType === "relay"
  );
}
