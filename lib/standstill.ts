/** Notices that the process stood still: frozen, swapped out, or busy for long. Times in ms. */
export class Standstill {
  readonly #longMs: number;
  readonly #settleMs: number;
  #lookedAt: number | undefined;
  #settledAt = 0;

  constructor({ longMs, settleMs }: { longMs: number; settleMs: number }) {
    this.#longMs = longMs;
    this.#settleMs = settleMs;
  }

  /** To be called all the time, much more often than `longMs`. */
  looked(now: number): void {
    const before = this.#lookedAt;
    if (before !== undefined && now - before > this.#longMs) this.#settledAt = now + this.#settleMs;
    this.#lookedAt = now;
  }

  /** Resolves when what came during a standstill has been read; at once where there was none. */
  async over(): Promise<void> {
    const now = Date.now();
    if (this.#lookedAt !== undefined) this.looked(now);
    if (now >= this.#settledAt) return;
    await new Promise<void>((resolve) => setTimeout(resolve, this.#settledAt - now));
  }
}
