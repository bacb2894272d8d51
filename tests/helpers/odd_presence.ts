import { memoryPresence } from "../../lib/presence/memory.ts";
import type { Presence } from "../../lib/presence/mod.ts";
import type { RoomEvent } from "../../lib/room.ts";
import type { RoomKey } from "../../lib/room_state.ts";

/** Which changes are meant. */
export interface Which {
  kind: RoomEvent["kind"];
  room?: RoomKey;
}

/** A store as a network makes it: some changes fail, some answers come late and overtake each other. */
export class OddPresence implements Presence {
  readonly #inner: Presence;
  readonly #failing: Which[] = [];
  readonly #holding: { which: Which; held: (release: () => void) => void }[] = [];

  constructor(inner = memoryPresence()) {
    this.#inner = inner;
  }

  create: Presence["create"] = (room) => this.#inner.create(room);
  read: Presence["read"] = (key) => this.#inner.read(key);
  list: Presence["list"] = (tenant, options) => this.#inner.list(tenant, options);
  due: Presence["due"] = (now) => this.#inner.due(now);

  /** The next such change does not happen: it fails. */
  failNext(which: Which): void {
    this.#failing.push(which);
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

  async change(...[key, event, now]: Parameters<Presence["change"]>) {
    const fits = (which: Which) =>
      which.kind === event.kind && (which.room === undefined || which.room.id === key.id);
    const failing = this.#failing.findIndex(fits);
    if (failing >= 0) {
      this.#failing.splice(failing, 1);
      throw new Error(`the store has gone at "${event.kind}"`);
    }
    const answer = this.#inner.change(key, event, now);
    const holding = this.#holding.findIndex(({ which }) => fits(which));
    const [hold] = holding < 0 ? [] : this.#holding.splice(holding, 1);
    if (hold) await new Promise<void>(hold.held);
    return await answer;
  }
}
