import { BusAwayError } from "./mod.ts";
import { within } from "./within.ts";

/** A text for a channel. */
export interface Letter {
  readonly channel: string;
  readonly text: string;
}

export interface OutboxOptions {
  /** One request with all these, in this order. Resolves with what was wrong with each, if anything. */
  send(batch: readonly Letter[]): Promise<readonly (string | undefined)[]>;
  /** A request went well after others had failed. */
  recovered(): void;
  /** What one request may hold, and take. */
  batchMessages: number;
  batchBytes: number;
  timeoutMs: number;
  /** For how long at most letters are refused after a request has failed, in ms. */
  pauseMs: number;
}

interface Waiting extends Letter, PromiseWithResolvers<void> {}

type State =
  | { kind: "well" }
  /** The last request failed: until then nothing is tried. */
  | { kind: "away"; untilMs: number; reason: string }
  | { kind: "closed" };

/**
 * For a carrier to which each request is a call of its own. One request is under way at a time, so that order is kept;
 * what comes meanwhile waits, and goes by the next one all together.
 */
export class Outbox {
  #state: State = { kind: "well" };
  #waiting: Waiting[] = [];
  #sending: Promise<void> | undefined;

  constructor(readonly options: OutboxOptions) {}

  get state(): "up" | "down" {
    const state = this.#state;
    // After the pause the next letter may well get through.
    const away = state.kind === "closed" || (state.kind === "away" && Date.now() < state.untilMs);
    return away ? "down" : "up";
  }

  /** Resolves when the carrier has it. */
  put(letter: Letter): Promise<void> {
    const state = this.#state;
    if (state.kind === "closed") return Promise.reject(away("the bus was closed"));
    if (state.kind === "away" && Date.now() < state.untilMs) {
      return Promise.reject(away(state.reason));
    }
    const waiting = { ...letter, ...Promise.withResolvers<void>() };
    this.#waiting.push(waiting);
    this.#sending ??= this.#sendAll();
    return waiting.promise;
  }

  /** Refuses all that waits, and waits for the request that is under way. */
  async close(): Promise<void> {
    this.#state = { kind: "closed" };
    this.#refuse("the bus was closed");
    await this.#sending;
  }

  async #sendAll(): Promise<void> {
    // What else is sent in this turn goes along.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#sendBatch(this.#take());
    this.#sending = undefined;
  }

  async #sendBatch(batch: readonly Waiting[]): Promise<void> {
    const { send, timeoutMs, pauseMs, recovered } = this.options;
    try {
      const faults = await within(send(batch), timeoutMs, "send to Redis");
      if (faults.every((fault) => fault !== undefined)) throw new Error(faults[0]);
      batch.forEach(({ resolve, reject }, i) => {
        if (faults[i] === undefined) resolve();
        else reject(away(faults[i]));
      });
      if (this.#state.kind !== "away") return;
      this.#state = { kind: "well" };
      recovered();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      for (const { reject } of batch) reject(away(reason));
      // What waited for this request would be late already.
      this.#refuse(reason);
      if (this.#state.kind === "closed") return;
      this.#state = { kind: "away", reason, untilMs: Date.now() + Math.random() * pauseMs };
    }
  }

  #take(): Waiting[] {
    const { batchMessages, batchBytes } = this.options;
    let bytes = 0;
    const tooMany = this.#waiting.findIndex(({ text }, i) => {
      bytes += text.length;
      return i > 0 && (i >= batchMessages || bytes > batchBytes);
    });
    return this.#waiting.splice(0, tooMany === -1 ? this.#waiting.length : tooMany);
  }

  #refuse(reason: string): void {
    for (const { reject } of this.#waiting.splice(0)) reject(away(reason));
  }
}

function away(reason: string): BusAwayError {
  return new BusAwayError(`Cannot send over Redis: ${reason}; expected it to take the message`);
}
