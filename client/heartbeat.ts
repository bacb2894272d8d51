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
  /** Until when. */
  #deadline = 0;
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

  /** One ping, whose pong is to come within so long. */
  ping(timeoutMs: number = SIGNALING.pongTimeoutMs): void {
    const now = this.#now();
    this.#events.ping(now);
    // One that already waits never gets a later deadline, or a dead socket would not be found out.
    if (this.#overdue !== undefined && this.#deadline <= now + timeoutMs) return;
    clearTimeout(this.#overdue);
    this.#deadline = now + timeoutMs;
    this.#overdue = setTimeout(() => this.#events.overdue(), timeoutMs);
  }

  /**
   * One ping to find out soon: within some round trips, as they were lately. `silence`: nothing speaks for it that the
   * socket is dead but that nobody is heard.
   */
  probe(why: "network" | "silence"): void {
    const { probeRoundTrips, probeAtLeastMs, probeTimeoutMs } = SIGNALING;
    // Then a socket that is slow now and then is not to be given up for it.
    const judged = this.#exchanges.slice(why === "silence" ? 0 : -1);
    const trips = judged.map(({ sent, received }) => probeRoundTrips * (received - sent));
    const enoughMs = trips.length > 0 ? Math.max(...trips) : probeTimeoutMs;
    this.ping(Math.min(probeTimeoutMs, Math.max(probeAtLeastMs[why], enoughMs)));
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
