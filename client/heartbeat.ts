/**
 * Pings to the node and its pongs: whether the socket lives, and what time it is there.
 *
 * @module
 */
import type { Exchange } from "../lib/clock_estimate.ts";
import type { Clock } from "./clock.ts";
import { SIGNALING } from "./policy.ts";

type Timer = ReturnType<typeof setTimeout>;

export interface HeartbeatEvents {
  /** To be sent with this id, which is the time. */
  ping(id: number): void;
  /** No pong has come in time. */
  overdue(): void;
}

export class Heartbeat {
  readonly #events: HeartbeatEvents;
  readonly #now: Clock;
  #interval: Timer | undefined;
  /** Set while a pong is owed. */
  #overdue: Timer | undefined;
  #exchanges: readonly Exchange[] = [];

  constructor(events: HeartbeatEvents, now: Clock) {
    this.#events = events;
    this.#now = now;
  }

  /** The last pings and their pongs, from the oldest to the newest, by the page's clock, which never steps. */
  get exchanges(): readonly Exchange[] {
    return this.#exchanges;
  }

  /** A socket is open. */
  start(): void {
    this.#interval = setInterval(() => this.ping(), SIGNALING.pingIntervalMs);
    this.ping();
  }

  /** One ping, whose pong is to come within so long; by itself (`undefined`), within the usual time. */
  ping(timeoutMs?: number): void {
    this.#events.ping(this.#now());
    // One that already waits keeps its deadline, or a dead socket would never be found out.
    if (this.#overdue !== undefined && timeoutMs === undefined) return;
    clearTimeout(this.#overdue);
    const overdue = () => this.#events.overdue();
    this.#overdue = setTimeout(overdue, timeoutMs ?? SIGNALING.pongTimeoutMs);
  }

  pong({ id, time }: { id?: number; time: number }): void {
    clearTimeout(this.#overdue);
    this.#overdue = undefined;
    if (id === undefined) return;
    const exchange = { sent: id, received: this.#now(), time };
    this.#exchanges = [...this.#exchanges.slice(1 - SIGNALING.exchanges), exchange];
  }

  /** The socket is gone. */
  stop(): void {
    clearInterval(this.#interval);
    clearTimeout(this.#overdue);
    this.#overdue = undefined;
  }
}
