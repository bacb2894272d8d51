/**
 * How often another connection may be made because one is silent: who is starved rather than cut off would have ever more
 * of them to bear. Pure.
 *
 * @module
 */
import { MEND } from "./policy.ts";

export interface Mends {
  /** How many there were in a row. */
  readonly count: number;
  readonly nextAt: number;
}

export const NO_MENDS: Mends = { count: 0, nextAt: -Infinity };

/** One more, at this moment; `undefined`: not yet. */
export function mend({ count, nextAt }: Mends, now: number): Mends | undefined {
  if (now < nextAt) return undefined;
  const row = now - nextAt < MEND.forgetMs ? count + 1 : 1;
  return { count: row, nextAt: now + Math.min(MEND.longestMs, MEND.pauseMs * 2 ** (row - 1)) };
}
