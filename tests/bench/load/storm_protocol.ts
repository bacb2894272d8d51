/**
 * What the bench says to its storm of clients, and hears from it: one JSON object a line.
 *
 * @module
 */

/** The first line: where to connect, and as whom. The answer, `{}`, comes when all are welcome. */
export interface StormJob {
  /** WebSocket URLs of the nodes. A client's connection goes to one that takes it, as through a balancer. */
  readonly urls: readonly string[];
  /** `turn`: each connection to the next node; `first`: to the first one that takes it. */
  readonly balance: "turn" | "first";
  readonly tokens: readonly string[];
  /** New sockets per second, at first. */
  readonly connectRate: number;
}

/** Every later line asks for one {@linkcode StormReport}, when all are back. */
export type StormOrder =
  /** Ends all connections at once, without a word. */
  | { readonly order: "cut" }
  /** Waits until all clients have lost their connections by themselves. */
  | { readonly order: "lose" };

export interface StormReport {
  /** Connections tried by each client since it lost its own. */
  readonly attempts: number[];
  /** From the first loss until each was welcome again, in ms. */
  readonly backMs: number[];
  /** Clients that gave up, in this storm. */
  readonly gaveUp: number;
  /** Clients that came back as somebody new, because they had been away for too long. */
  readonly renamed: number;
  /** How many connections ended without a welcome, by the close code. */
  readonly failures: Record<string, number>;
  /** How late this process's own timers were meanwhile, in ms. */
  readonly lagMs: { p50: number; p99: number; max: number };
}
