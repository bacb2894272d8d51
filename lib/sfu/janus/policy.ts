/** Thresholds of the Janus adapter. Tests pass shorter times. */
export interface JanusPolicy {
  /** For connecting, with all that is asked first, in ms. */
  readonly openTimeoutMs: number;
  /** From a request to its answer, in ms. */
  readonly requestTimeoutMs: number;
  /** Janus waits itself for an old connection to end before it takes a new one in its place; in ms. */
  readonly replaceTimeoutMs: number;
  /** When nothing was heard for so long, it is asked for a sign of life, in ms. */
  readonly quietMs: number;
  /** Without an answer to that after so long it counts as down, in ms. */
  readonly pongMs: number;
  /** A connection that was silent for so long is given up for a new one, in ms. */
  readonly giveUpMs: number;
  /** Tries to connect: each waits at random up to a limit that doubles from `firstMs` to `mostMs`. */
  readonly backoff: { readonly firstMs: number; readonly mostMs: number };
  /** Sessions are kept alive at least so often, in ms; more often where Janus would forget them sooner. */
  readonly keepaliveMs: number;
  /** How often its load is asked for, in ms. */
  readonly loadMs: number;
  /** How often rooms are looked for that nobody is in; found twice they go; in ms. */
  readonly janitorMs: number;
  /** How often a join is tried again when the room had just been ended by its last participant. */
  readonly joinTries: number;
  /** Those who begin to send within this of a session's beginning are offered to it at once, in ms. */
  readonly gatherMs: number;
  readonly room: {
    /** Participants that may send at once. */
    readonly publishers: number;
    /** What each may send at most, all it sends together, in bit/s. */
    readonly bitrate: number;
  };
}

export const JANUS_POLICY: JanusPolicy = {
  openTimeoutMs: 3_000,
  requestTimeoutMs: 3_000,
  replaceTimeoutMs: 6_000,
  quietMs: 500,
  pongMs: 1_000,
  giveUpMs: 10_000,
  backoff: { firstMs: 200, mostMs: 3_000 },
  keepaliveMs: 15_000,
  loadMs: 3_000,
  janitorMs: 30_000,
  joinTries: 4,
  gatherMs: 300,
  room: { publishers: 500, bitrate: 4_000_000 },
};
