/**
 * Hysteresis: what has to look so for a while before it counts. Pure.
 *
 * @module
 */

/** How something looks, and since when without a break. */
export interface Looks<Value = boolean> {
  readonly so: Value;
  readonly since: number;
}

/** How something is, and how it looks: it has to look otherwise for a while to be. */
export interface Lasting<Value = boolean> {
  readonly is: Value;
  readonly looks: Looks<Value>;
}

/** Takes in how something looks now. */
export function looking<Value>(before: Looks<Value>, so: Value, now: number): Looks<Value> {
  return so === before.so ? before : { so, since: now };
}

/** The same; it is so after it has looked so for `afterMs`. */
export function lasting<Value>(
  before: Lasting<Value>,
  so: Value,
  { now, afterMs }: { now: number; afterMs: number },
): Lasting<Value> {
  const looks = looking(before.looks, so, now);
  return { is: now - looks.since >= afterMs ? so : before.is, looks };
}
