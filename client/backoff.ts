/**
 * How long to wait before trying again.
 *
 * @module
 */
import type { RetryPolicy } from "./policy.ts";

/** A source of numbers in [0, 1), such as `Math.random`. */
export type Random = () => number;

/**
 * The delay before try number `tries` (from 0), in ms: full jitter, so that many clients which lost the same
 * node do not come back in step. What the node asked for is the minimum, with jitter on top.
 */
export function retryDelay(
  tries: number,
  policy: RetryPolicy,
  { random = Math.random, atLeastMs = 0 }: { random?: Random; atLeastMs?: number } = {},
): number {
  const ceiling = Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(tries, 30));
  return atLeastMs + random() * ceiling;
}
