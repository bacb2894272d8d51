/** Thresholds of the bus. Tests pass shorter times. */
export interface BusPolicy {
  /**
   * What may be under way to the carrier at once, in bytes; a room may hold as many of these as are free, and beyond its
   * messages are refused. A slow line must carry it in time.
   */
  readonly underWayBytes: number;
  /** What the carrier is given of it at a time, in bytes: a message of another room waits behind no more. */
  readonly carrierBytes: number;
  /** From sending a message to the carrier's word that it has it, in ms. */
  readonly sendTimeoutMs: number;
  /** For connecting, and for opening all inboxes anew, in ms. */
  readonly openTimeoutMs: number;
  /** Tries to connect: each waits at random up to a limit that doubles from `firstMs` to `mostMs`. */
  readonly backoff: { readonly firstMs: number; readonly mostMs: number };
  /** How often a silent connection is asked for a sign of life, in ms; two that miss end it. */
  readonly heartbeatMs: number;
  readonly rabbitmq: {
    /** What the broker keeps for an inbox that does not read; then the oldest go; in bytes. */
    readonly queueBytes: number;
    /** Messages on their way to one inbox without its word that they came; more wait at the broker. */
    readonly prefetch: number;
  };
  readonly redis: {
    /** Messages, and UTF-16 code units of their text, in one request. */
    readonly batchMessages: number;
    readonly batchBytes: number;
    /** After a request that failed, publishing is refused for up to so long, in ms. */
    readonly pauseMs: number;
    /** A subscription that heard nothing for so long sends itself a message, in ms: at most 8 a minute. */
    readonly quietMs: number;
    /** Without an echo after so long it has died, in ms. */
    readonly echoMs: number;
  };
}

export const BUS_POLICY: BusPolicy = {
  underWayBytes: 8_388_608,
  carrierBytes: 262_144,
  sendTimeoutMs: 2_000,
  openTimeoutMs: 5_000,
  backoff: { firstMs: 100, mostMs: 3_000 },
  heartbeatMs: 5_000,
  rabbitmq: { queueBytes: 16_777_216, prefetch: 256 },
  redis: {
    batchMessages: 1_000,
    batchBytes: 524_288,
    pauseMs: 500,
    quietMs: 7_500,
    echoMs: 2_000,
  },
};
