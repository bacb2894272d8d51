import { after16 } from "./bytes.ts";
import type { Arrivals } from "./rtcp.ts";

/** What came longer ago than this, in packets, is no longer told. */
const MOST = 1_024;

/** When the packets of one transport came, by its transport-wide sequence numbers, until it is told to the sender. */
export class ArrivalLog {
  /** The next number to tell of. */
  #base: number | undefined;
  readonly #came = new Map<number, number>();
  #told = 0;

  /** `now` in ms. */
  note(sequence: number, now: number): void {
    if (this.#base === undefined) this.#base = sequence;
    const ahead = after16(sequence, this.#base);
    // A straggler whose loss has been told: the next feedback begins with it.
    if (ahead < 0 && ahead > -MOST / 2 && this.#came.size === 0) this.#base = sequence;
    else if (ahead < 0) return;
    if (ahead >= MOST) {
      this.#came.clear();
      this.#base = sequence;
    }
    this.#came.set(sequence, Math.round(now * 4));
  }

  /** What has come since the last time, undefined where nothing has. */
  take(): Arrivals | undefined {
    const base = this.#base;
    if (base === undefined || this.#came.size === 0) return undefined;
    let count = 0;
    for (const sequence of this.#came.keys()) {
      count = Math.max(count, after16(sequence, base) + 1);
    }
    const ticks = Array.from({ length: count }, (_, i) => this.#came.get((base + i) & 0xffff));
    this.#came.clear();
    this.#base = (base + count) & 0xffff;
    const arrivals = { base, ticks, count: this.#told };
    this.#told = (this.#told + 1) & 0xff;
    return arrivals;
  }
}
