/**
 * Every threshold of the service in one place, by name and with its unit. What an operator may change
 * is in config.ts; what is part of the wire is in protocol.ts.
 *
 * @module
 */
export const POLICY = {
  /** How long an `away` participant may come back before it has left, in ms. */
  awayGraceMs: 8_000,
  /** How often rooms are looked at for what is due, in ms. */
  tickMs: 250,
  /** A socket silent for this long is pinged at half-time, then given up, in s. */
  idleTimeoutSeconds: 12,
  /** What may wait in one socket's send buffer before its client counts as not reading, in bytes. */
  sendBufferBytes: 1_048_576,
  /** Rooms that one tenant may have at once. */
  roomsPerTenant: 10_000,
  /** Life of TURN credentials, in s. */
  turnTtlSeconds: 3_600,
  /** Life of an Idempotency-Key, in ms. */
  idempotencyTtlMs: 24 * 3_600_000,
  /** Keys that a node remembers; beyond, the oldest go first. */
  idempotencyKeys: 100_000,
  rest: {
    /** Largest request body, in bytes. */
    bodyBytes: 65_536,
    /** From the first byte of a request to the last of its body, in ms. */
    requestTimeoutMs: 10_000,
  },
  room: {
    maxParticipants: 12,
    maxParticipantsCeiling: 100,
    emptyTimeoutSeconds: 300,
    /** Above this many participants the mesh is left, below `demoteAt` it is returned to. */
    promoteAt: 5,
    demoteAt: 3,
  },
  token: { ttlSeconds: 3_600, maxTtlSeconds: 86_400 },
  /** A socket is closed when its client has been silent for `quietMs`, at the latest after `atMostMs`; in ms. */
  close: { quietMs: 100, atMostMs: 400 },
  /** How a draining node spreads the return of its clients, sends its close frames, and ends; in ms. */
  drain: { minMs: 200, perClientMs: 2, maxMs: 5_000, exitWithinMs: 3_500, closeFramesMs: 500 },
  /** When a full room is worth another try, in ms. */
  roomFullRetryMs: 10_000,
} as const;
