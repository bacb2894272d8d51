/**
 * Every threshold of what looks after a running call, in one place. Times in ms, rates as a fraction, unless the name
 * says otherwise.
 *
 * @module
 */
export const MONITOR = {
  statsIntervalMs: 1_000,
  /** A little less than two rounds, which are never quite on time. */
  verdictIntervalMs: 1_900,
  levelIntervalMs: 200,
} as const;

export const SPEAKING = {
  /** `audioLevel` (0 to 1) above which someone begins to speak, and below which silence begins. */
  onLevel: 0.03,
  offLevel: 0.015,
  /** How long it must be silent to have stopped. */
  holdMs: 700,
} as const;

export const QUALITY = {
  /** At most this loss, round trip and freezes per s for each class; worse is `poor`. */
  excellent: { loss: 0.01, roundTripMs: 200, freezes: 0 },
  good: { loss: 0.05, roundTripMs: 400, freezes: 0.5 },
  /** Nothing arrived for this long, though something should. */
  silentMs: 4_000,
  /** Equal verdicts in a row before the shown quality follows. */
  worseAfter: 2,
  betterAfter: 3,
} as const;

export const CLOCK = {
  /** Until so many exchanges are known, each round of statistics makes another. */
  exchanges: 4,
  /** The node tells its time in whole ms. */
  grainMs: 1,
  /** How far two good clocks part within a window of exchanges. */
  driftMs: 5,
  /** The others are told when it is otherwise by so much. */
  tellMs: 5,
} as const;

/** How often, and after which time, the first word for a short code is said again. */
export const CODE = { tries: 8, againMs: 1_000 } as const;

/** Longest round trip to a probe. */
export const PROBE_TIMEOUT_MS = 3_000;

export const REPORT = {
  /** One report in this time, save those of what is urgent; a little less than five rounds of statistics. */
  intervalMs: 4_900,
  /** How long a strain must last, or be gone, to be told. */
  strainAfterMs: 4_000,
  strainGoneAfterMs: 10_000,
} as const;
