/**
 * What the bench says to its load program, and hears from it: one JSON object a line.
 *
 * @module
 */
import type { DialectName } from "./dialects.ts";
import type { PayloadKind } from "./payloads.ts";

/** The first line, and any later one: where to connect, and as whom. What is sent goes over all sockets then. */
export interface Job {
  readonly order: "connect";
  /** What the server speaks; by default the service's protocol to tokens, and the bare relay's to ids. */
  readonly dialect?: DialectName;
  /** WebSocket URLs; the sockets take them in turn. */
  readonly urls: readonly string[];
  /** One socket each, in pairs: the first talks with the second, the third with the fourth, and so on. */
  readonly sockets: readonly Who[];
  /** New sockets per second. */
  readonly connectRate: number;
}

/** A token joins a room of the service; an id is a name of one's own, letters before a number, for the others. */
export type Who = { readonly token: string } | { readonly id: string };

/** Joins at a rate, of people who leave as soon as they are welcome; the answer, {@linkcode Visits}, when all are gone. */
export interface VisitOrder {
  readonly order: "visit";
  /** WebSocket URLs of nodes, and tokens; both taken in turn. */
  readonly urls: readonly string[];
  readonly tokens: readonly string[];
  /** A second, whatever becomes of them. */
  readonly rate: number;
  readonly count: number;
}

export interface Visits {
  /** Of who was welcome: from when it began to connect, in ms. */
  readonly welcomeMs: number[];
  /** Likewise, from when its socket was open. */
  readonly joinMs: number[];
  /** How many were not, by the code by which they were closed, or by what went wrong. */
  readonly others: Record<string, number>;
  /** From the first to the last, in ms. */
  readonly tookMs: number;
}

/** The name of those who were closed by a code; `told`: with the word when to come back. */
export function closedBy(code: number, { told }: { told: boolean }): string {
  return told ? `${code} with retryAfterMs` : `${code}`;
}

/** Every line asks for one answer. */
export type Order =
  | Job
  | VisitOrder
  /**
   * Sends `rate` signals a second, all sockets together, from now on; 0 stops. `lossy`: each tells when it was sent, at
   * some cost, so that how long it took is known also where others get lost.
   */
  | {
    readonly order: "send";
    readonly rate: number;
    readonly kind: PayloadKind;
    readonly lossy?: true;
  }
  /** What has gone through so far. */
  | { readonly order: "sample" }
  /** How long each signal took that was received since the last sample or the last such order. */
  | { readonly order: "delays" }
  /** Closes all sockets (with a leave frame where there is one to send). */
  | { readonly order: "leave" };

/** All sockets are open and, where there is a token, welcome. */
export interface Ready {
  /** Of each socket: from its `open` event to its welcome, in ms; 0 where there is none. */
  readonly joinMs: number[];
  readonly lagMs: number[];
}

export interface Sample {
  readonly sent: number;
  readonly received: number;
  /** From send to receipt of the signals received since the last sample, in ms. */
  readonly delayMs: { p50: number; p99: number };
  readonly lagMs: { p50: number; p99: number };
}

export interface Delays {
  /** From send to receipt, in ms. */
  readonly delayMs: number[];
  /** How late the load program's own timers were, in ms. */
  readonly lagMs: number[];
  /** Of all that were sent since the last order to send. */
  readonly sent: number;
  readonly received: number;
}
