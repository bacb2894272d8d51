/**
 * A token bucket as a value. Times in ms.
 *
 * @module
 */
export interface Bucket {
  readonly capacity: number;
  readonly perMs: number;
  readonly tokens: number;
  readonly at: number;
}

/** A full bucket of `capacity` that gains `perSecond`. */
export function bucket(capacity: number, perSecond: number, now: number): Bucket {
  return { capacity, perMs: perSecond / 1000, tokens: capacity, at: now };
}

/** Takes tokens, owed if there are too few: ask {@linkcode waitMs} first. */
export function take(state: Bucket, now: number, cost = 1): Bucket {
  return { ...state, tokens: tokensAt(state, now) - cost, at: now };
}

/** How long until there is a whole token; 0 when there is one. */
export function waitMs(state: Bucket, now: number): number {
  const missing = 1 - tokensAt(state, now);
  // Less than a millionth of a ms is the rounding of the arithmetic, not time to wait.
  return Math.max(0, Math.ceil(missing / state.perMs - 1e-6));
}

function tokensAt({ capacity, perMs, tokens, at }: Bucket, now: number): number {
  return Math.min(capacity, tokens + Math.max(0, now - at) * perMs);
}
