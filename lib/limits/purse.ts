import type { Rule } from "./mod.ts";

/** How a node deals with a shared bucket. */
export interface PurseTerms extends Rule {
  /** Tokens to pay for at once. */
  batch: number;
  /** How long they are good, in ms. */
  validMs: number;
  /** Tokens that are handed out before the shared bucket is asked at all; it is told of them when it is asked. */
  credit: number;
  /** How often the shared bucket is refilled, in ms. */
  intervalMs: number;
}

type State =
  /** Nothing was asked, or what was asked is no longer good. Since `at`, `given` were handed out on credit. */
  | { kind: "credit"; given: number; at: number }
  /** `tokens` are paid for; with the last answer, at `at`, `left` more were in the shared bucket. */
  | { kind: "paid"; tokens: number; left: number; at: number }
  /** At `at` the shared bucket had none; it will have some at `until`. */
  | { kind: "empty"; at: number; until: number };

const NEW: State = { kind: "credit", given: 0, at: 0 };

/**
 * A node's share of one shared bucket: a few tokens on credit, tokens paid for in advance, or the knowledge that there
 * are none. Pure.
 */
export class Purse {
  #state: State = NEW;

  constructor(private readonly terms: PurseTerms) {}

  /** Takes a token. `unknown`: the shared bucket has to be asked. */
  take(now: number): { kind: "allowed" } | { kind: "denied"; retryAfterMs: number } | {
    kind: "unknown";
  } {
    this.#forget(now);
    const state = this.#state;
    if (state.kind === "credit" && state.given < this.terms.credit) {
      this.#state = { ...state, given: state.given + 1, at: state.given === 0 ? now : state.at };
      return { kind: "allowed" };
    }
    if (state.kind === "paid" && this.#inHand(now) > 0) {
      this.#state = { ...state, tokens: state.tokens - 1 };
      return { kind: "allowed" };
    }
    if (state.kind === "empty") {
      const retryAfterMs = state.until - now;
      // Longer than this it never takes: the clock was set back.
      if (retryAfterMs > 0 && retryAfterMs <= this.terms.intervalMs) {
        return { kind: "denied", retryAfterMs };
      }
    }
    return { kind: "unknown" };
  }

  /** Tokens in hand and in the shared bucket, by what is known. */
  remaining(now: number): number {
    return Math.min(this.terms.burst, this.#inHand(now) + this.#inBucket(now));
  }

  /** Tokens handed out that the shared bucket has not heard of. */
  get owed(): number {
    return this.#state.kind === "credit" ? this.#state.given : 0;
  }

  /** How many to ask for, besides what is owed, when `waiting` takers wait: no more than there may be, or all would be refused. */
  wanted(waiting: number, now: number): number {
    return Math.max(1, Math.min(Math.max(this.terms.batch, waiting), this.#inBucket(now)));
  }

  /** `tokens` were paid for, besides what was owed, and `left` stayed in the shared bucket. */
  filled(tokens: number, left: number, now: number): void {
    this.#state = { kind: "paid", tokens, left, at: now };
  }

  /** The shared bucket has not one; it says that it will in `waitMs`, by another node's clock perhaps. */
  emptied(waitMs: number, now: number): void {
    const until = now + Math.min(Math.max(1, waitMs), this.terms.intervalMs);
    this.#state = { kind: "empty", at: now, until };
  }

  #inHand(now: number): number {
    const state = this.#state;
    return state.kind === "paid" && now - state.at < this.terms.validMs ? state.tokens : 0;
  }

  #inBucket(now: number): number {
    const { burst, rate } = this.terms;
    const state = this.#state;
    if (state.kind === "credit") return burst - state.given;
    const left = state.kind === "paid" ? state.left : 0;
    const earned = Math.max(0, now - state.at) * rate / 1000;
    return Math.min(burst, Math.floor(left + earned));
  }

  /** By then the shared bucket has been filled with more than was owed to it, or paid for in vain. */
  #forget(now: number): void {
    const { credit, rate, validMs } = this.terms;
    const state = this.#state;
    if (state.kind === "empty") return;
    const forgetMs = Math.max(validMs, credit * 1000 / rate);
    if (now - state.at >= forgetMs) this.#state = NEW;
  }
}
