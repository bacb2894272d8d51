/**
 * How far this node's clock is from the store's, which all nodes share: learned by the way, from what the store says
 * anyway.
 *
 * @module
 */
import { type ClockEstimate, estimateClock, type Exchange } from "./clock_estimate.ts";
import type { Log } from "./log.ts";
import { POLICY } from "./policy.ts";

const { exchanges, tolerance, offMs, goodMs } = POLICY.clock;

/** This node's clock beside the store's. */
export class NodeClock {
  readonly #log: Log;
  readonly #clock: () => number;
  /** The last, from the oldest to the newest, and what they say. */
  #exchanges: readonly Exchange[] = [];
  #estimate: ClockEstimate | undefined;
  #standing: "good" | "off" = "good";

  /** `clock`: this node's, ms since 1970. */
  constructor(log: Log, clock: () => number = Date.now) {
    this.#log = log;
    this.#clock = clock;
  }

  /** How far the store's clock is; `undefined` before the first exchange. */
  get estimate(): ClockEstimate | undefined {
    return this.#estimate;
  }

  /** The store's time, as far as it is known, in whole ms since 1970. */
  now(): number {
    return Math.floor(this.#clock() + (this.#estimate?.offset ?? 0));
  }

  /** Asks the store, which tells its time beside what it is asked for, and learns from that. */
  async compare<T extends { time: number }>(ask: () => Promise<T>): Promise<T> {
    const sent = this.#clock();
    const answer = await ask();
    const received = this.#clock();
    // Else the clock was set meanwhile.
    if (received >= sent) this.#learn({ sent, received, time: answer.time });
    return answer;
  }

  #learn(newest: Exchange): void {
    this.#exchanges = [...this.#exchanges, newest].slice(-exchanges);
    this.#estimate = estimateClock(this.#exchanges, tolerance);
    if (this.#estimate !== undefined) this.#judge(this.#estimate);
  }

  /** Tells the log once of each crossing. */
  #judge({ offset, error }: ClockEstimate): void {
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
