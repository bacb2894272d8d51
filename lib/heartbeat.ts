import { POLICY } from "./policy.ts";

/** When a client was last heard, and what its silence means. Times in ms. */
export class Heartbeat {
  #heardAt: number;
  /** Whether the client was asked since it was heard. */
  #asked = false;
  /** A client that never sent a ping or a pong cannot be measured by them. */
  #keeps = false;

  constructor(now: number) {
    this.#heardAt = now;
  }

  /** Anything has come. */
  heard(now: number): void {
    this.#heardAt = now;
    this.#asked = false;
  }

  /** A ping or a pong has come. */
  kept(): void {
    this.#keeps = true;
  }

  /** How long nothing has come. */
  silence(now: number): number {
    return now - this.#heardAt;
  }

  /** What to do now: nothing, `ask` by a ping (once a silence), or take the client for `gone`. */
  check(now: number): "heard" | "ask" | "gone" {
    const { pingMs, silentMs } = POLICY.heartbeat;
    const silent = this.silence(now);
    if (silent < pingMs) return "heard";
    if (silent >= silentMs && this.#keeps) return "gone";
    if (this.#asked) return "heard";
    this.#asked = true;
    return "ask";
  }
}
