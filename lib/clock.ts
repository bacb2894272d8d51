/**
 * How far this node's clock is from the store's, which all nodes share: learned by the way, from what the store says
 * anyway.
 *
 * @module
 */
import type { Log } from "./log.ts";
import { POLICY } from "./policy.ts";

const { exchanges, partsMs, offMs, goodMs } = POLICY.clock;

/** In ms. */
export interface ClockEstimate {
  /** What to add to this node's clock for the store's. */
  readonly offset: number;
  /** By how much that may be wrong at most: half a round trip. */
  readonly error: number;
}

/** This node's clock beside the store's. */
export class NodeClock {
  readonly #log: Log;
  readonly #clock: () => number;
  /** What the last exchanges said, the newest last; those that it contradicts are of before a clock was set. */
  #heard: readonly ClockEstimate[] = [];
  #standing: "good" | "off" = "good";

  /** `clock`: this node's, ms since 1970. */
  constructor(log: Log, clock: () => number = Date.now) {
    this.#log = log;
    this.#clock = clock;
  }

  /** The best of the last exchanges, which is the quickest; `undefined` before the first. */
  get estimate(): ClockEstimate | undefined {
    return this.#heard.reduce<ClockEstimate | undefined>(
      (best, one) => best && best.error < one.error ? best : one,
      undefined,
    );
  }

  /** The store's time, as far as it is known, in whole ms since 1970. */
  now(): number {
    return Math.floor(this.#clock() + (this.estimate?.offset ?? 0));
  }

  /** Asks the store, which tells its time beside what it is asked for, and learns from that. */
  async compare<T extends { time: number }>(ask: () => Promise<T>): Promise<T> {
    const sent = this.#clock();
    const answer = await ask();
    const received = this.#clock();
    // Else the clock was set meanwhile.
    if (received >= sent) {
      const error = (received - sent) / 2;
      this.#hear({ offset: answer.time - sent - error, error });
    }
    return answer;
  }

  #hear(newest: ClockEstimate): void {
    const agrees = ({ offset, error }: ClockEstimate) =>
      Math.abs(offset - newest.offset) <= error + newest.error + partsMs;
    this.#heard = [...this.#heard.filter(agrees), newest].slice(-exchanges);
    this.#judge();
  }

  /** Tells the log once of each crossing. */
  #judge(): void {
    const { offset, error } = this.estimate!;
    const off = Math.abs(offset);
    const offsetMs = Math.round(offset);
    if (this.#standing === "good" && off - error > offMs) {
      this.#standing = "off";
      const where = `${Math.abs(offsetMs)} ms ${offset > 0 ? "behind" : "before"} the store's`;
      this.#log("warn", "clock_off", {
        offsetMs,
        error:
          `Cannot rely on this node's clock: it is ${where}; expected at most ${offMs} ms, because rooms need nodes that agree to a second`,
      });
    } else if (this.#standing === "off" && off + error < goodMs) {
      this.#standing = "good";
      this.#log("info", "clock_good", { offsetMs });
    }
  }
}
