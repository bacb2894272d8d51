/**
 * Whether it is our own network that is taken for cut off: then it is tried to connect often, but not for ever. Pure.
 *
 * @module
 */
import { SIGNALING } from "./policy.ts";

/** Until when, and for how many more tries. */
export interface Urgency {
  readonly until: number;
  readonly tries: number;
}

export const CALM: Urgency = { until: -Infinity, tries: 0 };

/** `network`: the system says so; `silence`: nothing else speaks for it than that nobody is heard. */
export function hurried({ tries }: Urgency, why: "network" | "silence", now: number): Urgency {
  const { urgent } = SIGNALING;
  return {
    until: now + urgent.forMs,
    tries: why === "network" ? Infinity : Math.max(urgent.tries, tries),
  };
}

/** After one try that did not help. */
export function tried({ until, tries }: Urgency): Urgency {
  return { until, tries: tries - 1 };
}

export function isUrgent({ until, tries }: Urgency, now: number): boolean {
  return now < until && tries >= 0;
}
