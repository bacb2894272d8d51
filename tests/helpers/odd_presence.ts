import { MemoryPresence } from "../../lib/presence/memory.ts";
import type { Presence } from "../../lib/presence/mod.ts";
import type { RoomEvent } from "../../lib/room_event.ts";
import type { RoomKey } from "../../lib/room_state.ts";
import { Unavailable } from "../../lib/unavailable.ts";

/** Which changes are meant. */
export interface Which {
  kind: RoomEvent["kind"];
  room?: RoomKey;
}

/** A store as a network makes it: some changes fail, some answers come late or never, at times it is away. */
export class OddPresence implements Presence {
  readonly #inner: Presence;
  readonly #failing: Which[] = [];
  readonly #holding: { which: Which; held: (release: () => void) => void }[] = [];
  readonly #losing: Which[] = [];
  #state: "there" | "away" | "mute" = "there";
  /** How often it was asked for anything. */
  calls = 0;

  constructor(inner: Presence = new MemoryPresence()) {
    this.#inner = inner;
  }

  create: Presence["create"] = (...args) => this.#ask(() => this.#inner.create(...args));
  read: Presence["read"] = (...args) => this.#ask(() => this.#inner.read(...args));
  list: Presence["list"] = (...args) => this.#ask(() => this.#inner.list(...args));
  beat: Presence["beat"] = (...args) => this.#ask(() => this.#inner.beat(...args));
  retire: Presence["retire"] = (...args) => this.#ask(() => this.#inner.retire(...args));
  drainSfu: Presence["drainSfu"] = (...args) => this.#ask(() => this.#inner.drainSfu(...args));

  onLoss: Presence["onLoss"] = (listener) => this.#inner.onLoss(listener);

  /** From now on nobody gets an answer. */
  goAway(): void {
    this.#state = "away";
  }

  /** From now on all that is asked happens, and nobody gets an answer. */
  goMute(): void {
    this.#state = "mute";
  }

  comeBack(): void {
    this.#state = "there";
  }

  /** The next such change does not happen: it fails. */
  failNext(which: Which): void {
    this.#failing.push(which);
  }

  /** The next such change happens, but nobody hears of it. */
  loseAnswerOfNext(which: Which): void {
    this.#losing.push(which);
  }

  /**
   * The next such change happens at once, but its answer waits. Resolves when it has happened, with what lets
   * the answer go.
   */
  holdNext(which: Which): Promise<() => void> {
    const { promise, resolve } = Promise.withResolvers<() => void>();
    this.#holding.push({ which, held: resolve });
    return promise;
  }

  async change(...args: Parameters<Presence["change"]>) {
    const [key, event] = args;
    const fits = (which: Which) =>
      which.kind === event.kind && (which.room === undefined || which.room.id === key.id);
    const takeFrom = (list: Which[]) => {
      const at = list.findIndex(fits);
      return at >= 0 && list.splice(at, 1).length > 0;
    };
    if (takeFrom(this.#failing)) throw new Error(`the store has gone at "${event.kind}"`);
    const answer = await this.#ask(() => this.#inner.change(...args));
    if (takeFrom(this.#losing)) throw gone();
    const holding = this.#holding.findIndex(({ which }) => fits(which));
    const [hold] = holding < 0 ? [] : this.#holding.splice(holding, 1);
    if (hold) await new Promise<void>(hold.held);
    return answer;
  }

  async #ask<T>(call: () => Promise<T>): Promise<T> {
    this.calls++;
    if (this.#state === "away") throw gone();
    const answer = await call();
    if (this.#state === "mute") throw gone();
    return answer;
  }
}

function gone(): Unavailable {
  return new Unavailable("store", "no answer", 1_000);
}
