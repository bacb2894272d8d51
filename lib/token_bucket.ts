/** Lets `burst` through at once and `rate` a second, sustained. */
export class TokenBucket {
  #tokens: number;
  #at: number;

  constructor(now: number, private readonly limit: { rate: number; burst: number }) {
    this.#tokens = limit.burst;
    this.#at = now;
  }

  /** Takes `cost`; `false`, and takes nothing, when there is less. `now` in ms. */
  take(now: number, cost = 1): boolean {
    // A clock that was set back must not take tokens away.
    const earned = Math.max(0, now - this.#at) * this.limit.rate / 1000;
    this.#tokens = Math.min(this.limit.burst, this.#tokens + earned);
    this.#at = now;
    if (this.#tokens < cost) return false;
    this.#tokens -= cost;
    return true;
  }

  /** Whole tokens that were there after the last `take`. */
  get left(): number {
    return Math.floor(this.#tokens);
  }

  /** How long until one is there again, in ms. */
  waitMs(): number {
    return Math.max(0, Math.ceil((1 - this.#tokens) * 1000 / this.limit.rate));
  }
}
