/**
 * How much may be sent again on one connection: as much as is sent on it for the first time, and a burst. Whoever asks
 * for more, from wherever, does not make the SFU send more.
 */
export class RepeatBudget {
  #bytes: number;

  /** `burst`: in bytes. */
  constructor(readonly burst: number) {
    this.#bytes = burst;
  }

  /** So much was sent for the first time. */
  earn(bytes: number): void {
    this.#bytes = Math.min(this.burst, this.#bytes + bytes);
  }

  /** Whether so much may be sent again; then it is taken. */
  spend(bytes: number): boolean {
    if (bytes > this.#bytes) return false;
    this.#bytes -= bytes;
    return true;
  }
}
