/** How late this process's own timers are: while it is late, what it measures of others is its own delay. */
export class Lag {
  #samples: number[] = [];
  #due: number;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(private readonly everyMs = 5) {
    this.#due = performance.now() + everyMs;
    this.#timer = setInterval(() => this.#tick(performance.now()), everyMs);
  }

  /** Delays since the last call, in ms. */
  take(): number[] {
    const samples = this.#samples;
    this.#samples = [];
    return samples;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(now: number): void {
    this.#samples.push(Math.max(0, now - this.#due));
    this.#due = now + this.everyMs;
  }
}
