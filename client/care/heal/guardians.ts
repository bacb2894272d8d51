/**
 * Who holds the lifelines of whom. Pure, and the same at both ends.
 *
 * @module
 */
import { LIFELINES } from "./policy.ts";

/** The guardians of `ward` among all, oneself included: in order, and spread evenly over everybody. */
export function guardiansOf(ward: string, all: Iterable<string>): string[] {
  return [...all]
    .filter((id) => id !== ward)
    .map((id) => ({ id, rank: hash(ward + " " + id) }))
    .toSorted((a, b) => a.rank - b.rank || (a.id < b.id ? -1 : 1))
    .slice(0, LIFELINES.guardians)
    .map(({ id }) => id);
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  }
  return value >>> 0;
}
