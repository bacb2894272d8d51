/**
 * When it is tried again to connect, and how long a try may take: with more and more patience, or often, while our own
 * network is taken for cut off.
 *
 * @module
 */
import { type Random, retryDelay } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import { type RetryPolicy, SIGNALING } from "./policy.ts";
import { CALM, hurried, isUrgent, tried } from "./urgency.ts";

/** A socket that is gone. */
interface Ended {
  /** Of its close; 0: it was given up from here. */
  readonly code: number;
  /** How long the node had let us in by it, ms. */
  readonly stoodMs: number;
  /** How long the node has asked us to stay away. */
  readonly atLeastMs: number | undefined;
}

/** The code of a close that came without one (RFC 6455 §7.1.5). */
const CUT = 1006;

export class Retries {
  readonly #random: Random;
  readonly #now: Clock;
  #tries = 0;
  #urgency = CALM;

  constructor(random: Random, now: Clock) {
    this.#random = random;
    this.#now = now;
  }

  /** How long a socket may take to open, and then until there is a welcome, ms. */
  get openTimeoutMs(): number {
    return this.#pace.openTimeoutMs;
  }

  /** From now on often; the delay before the next try, ms. */
  hurry(why: "network" | "silence"): number {
    this.#urgency = hurried(this.#urgency, why, this.#now());
    return retryDelay(0, SIGNALING.urgent.retry, { random: this.#random });
  }

  /** The node was heard: whatever is the matter, we are not cut off. */
  reached(): void {
    this.#urgency = CALM;
  }

  /** The delay before the next try, ms. */
  next({ code, stoodMs, atLeastMs }: Ended): number {
    // Only a node gives another code than that which a browser makes up for a cut.
    this.#urgency = tried(code > 0 && code !== CUT ? CALM : this.#urgency);
    if (stoodMs >= SIGNALING.stableMs) this.#tries = 0;
    return retryDelay(this.#tries++, this.#pace.retry, { random: this.#random, atLeastMs });
  }

  get #pace(): { readonly retry: RetryPolicy; readonly openTimeoutMs: number } {
    return isUrgent(this.#urgency, this.#now()) ? SIGNALING.urgent : SIGNALING;
  }
}
