/**
 * Every threshold of the SDK, in one place. Times in ms, lengths in UTF-16 code units of JSON
 * text (what the node counts), rates as a fraction, unless the name says otherwise.
 *
 * @module
 */

/** Delays between tries: drawn evenly from [0, min(capMs, baseMs * 2^tries)]. */
export interface RetryPolicy {
  readonly baseMs: number;
  readonly capMs: number;
}

export const SIGNALING = {
  retry: { baseMs: 300, capMs: 5_000 },
  /** A socket that is not open, or has no welcome, after this is given up. */
  openTimeoutMs: 5_000,
  pingIntervalMs: 5_000,
  /** How many of the last pings and pongs are kept: a minute's. */
  exchanges: 12,
  /** A ping without its pong after this: the socket is dead, whatever the system says. */
  pongTimeoutMs: 6_000,
  /**
   * The same, for the ping sent when our network seems to be another, or gone: so many round trips, within these. A node
   * that is slow because many others are cut off is not to be tried by all who hear nobody.
   */
  probeRoundTrips: 4,
  probeAtLeastMs: { network: 400, silence: 1_000 },
  probeTimeoutMs: 2_000,
  /**
   * How it is tried meanwhile, for so long: often, but browsers hold back whoever has failed a dozen times in some
   * minutes. A connection that is being made knocks again after 1 s. Where only silence speaks for it that it is our own
   * network, it is tried so `tries` times: it may be the service, and then everybody does.
   */
  urgent: { retry: { baseMs: 100, capMs: 300 }, openTimeoutMs: 2_500, forMs: 60_000, tries: 6 },
  /** A socket that lived this long was good: the next retry starts at the base again. */
  stableMs: 5_000,
  /** `joinCall` gives up on an unreachable node after this. */
  joinPatienceMs: 10_000,
  /** A socket that the node has not closed this long after a leave is closed from here. */
  leaveTimeoutMs: 1_000,
  /** Share of the node's limits of frames and updates that is used; of frames, the rest is for control frames. */
  rateShare: 0.8,
  /** A longer frame counts as several, as the node counts. */
  frameUnit: 8_192,
  /** Above this many bytes not yet taken by the network, nothing is added. */
  bufferedBytes: 256 * 1024,
  /** How often a full buffer is looked at. */
  bufferedPollMs: 50,
  /** Credentials are renewed after this share of their life. */
  renewIceAt: 0.8,
} as const;

export const LINK = {
  /** Longest frame made of several items. */
  batchLength: 16 * 1024,
  /** Longest single item. */
  itemLength: 48 * 1024,
  /** Most that is on its way unacknowledged. */
  windowLength: 64 * 1024,
  firstTimeoutMs: 1_000,
  minTimeoutMs: 300,
  maxTimeoutMs: 10_000,
  /** An acknowledgement waits this long for company ... */
  ackDelayMs: 20,
  /** ... or until this many items are covered by it. */
  ackEvery: 16,
  /** What brought nothing new is acknowledged at once, but no more often than this. */
  ackAgainMs: 200,
} as const;

/** Messages that wait for `joinCall` to hand out the call; while there are more, nothing is taken. */
export const HELD_MESSAGES = 256;

/** Frames of participants that the roster does not know yet. */
export const EARLY = { participants: 16, framesEach: 32 } as const;

export const MESH = {
  retry: { baseMs: 300, capMs: 10_000 },
  /** A connection that is `disconnected` longer is replaced; shorter, it healed by itself. */
  disconnectedMs: 1_500,
  /** An attempt that has not connected by then has failed (ICE itself gives up after about 15 s). */
  connectTimeoutMs: 15_000,
  /** The side that waits for the offer asks for it after this. */
  offerTimeoutMs: 4_000,
  /** Attempts with one participant, whichever side wants them, at once and sustained; more would be no repair but a flood. */
  beginBurst: 8,
  beginsPerSecond: 0.5,
  /** Candidates taken for one attempt; three addresses with three relays each make some thirty. */
  candidates: 128,
  /** A connection that stood this long was good: the next replacement comes quickly again. */
  stableMs: 5_000,
  /** A replaced connection stays this long, so that the far end can finish its own switch. */
  lingerMs: 2_000,
  /** The new connection plays the first frames within this, or is shown all the same. */
  primeTimeoutMs: 2_000,
  primePollMs: 50,
  /** The first frame alone may stand for a while: the far end only begins to learn its bitrate. */
  primeFrames: 3,
} as const;

/** What is loaded while a call goes on, and with how many others in the room; as soon as it is needed, with any number. */
export const PARTS = {
  care: { participants: 1 },
  /** Before it is needed: a call that grows is not to wait. */
  switch: { participants: 2 },
  retry: { baseMs: 500, capMs: 5_000 },
} as const;

/** After a restart of the node, others have this long to come back before they count as gone. */
export const REJOIN_GRACE_MS = 8_000;

/** Longest `attributes` that a node accepts. */
export const ATTRIBUTES_LENGTH = 2_048;
