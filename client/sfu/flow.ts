/**
 * Whether something comes by a receiver, from a row of looks at what it played last. Pure.
 *
 * @module
 */
export interface Flow {
  /** When it began to be looked at. */
  readonly since: number;
  /** What was played last, as far as the browser says. */
  readonly stamp: number | undefined;
  /** How often that was something new. */
  readonly moves: number;
  /** When it was last something new; at first, `since`. */
  readonly movedAt: number;
}

export function beginFlow(stamp: number | undefined, now: number): Flow {
  return { since: now, stamp, moves: 0, movedAt: now };
}

export function look(flow: Flow, stamp: number | undefined, now: number): Flow {
  // The browser forgets what was played long ago.
  if (stamp === flow.stamp || stamp === undefined) return flow;
  return { ...flow, stamp, moves: flow.moves + 1, movedAt: now };
}
