/**
 * Counts the requests that are being answered. The runtime's own shutdown lets handlers finish, but takes away the
 * bodies that they are still reading.
 */
export class InFlight {
  #count = 0;
  /** Resolved when none is left; made by `none`. */
  #empty: PromiseWithResolvers<void> | undefined;

  /** Counts one, until its answer is there. */
  async track<T>(answer: T | Promise<T>): Promise<T> {
    this.#count++;
    try {
      return await answer;
    } finally {
      this.#count--;
      if (this.#count === 0) this.#empty?.resolve();
    }
  }

  /** Resolves when none is being answered. */
  async none(): Promise<void> {
    if (this.#count === 0) return;
    this.#empty ??= Promise.withResolvers();
    await this.#empty.promise;
  }
}
