/**
 * The search for a path to each participant, and those to whom there is none.
 *
 * @module
 */
import { isOpen, NO_SEARCH, type Search, search, type SearchLook } from "./no_path.ts";

export interface SearchesEvents {
  /** Another connection is to be made to somebody, to see whether it takes part. */
  again(id: string): void;
  /** No path to somebody was found for long. */
  missing(id: string): void;
  /** Nor did an SFU come instead. */
  told(id: string): void;
  /** All to whom there is no path: others than before. */
  unreachable(ids: string[]): void;
}

export class Searches {
  readonly #events: SearchesEvents;
  readonly #searches = new Map<string, Search>();
  #unreachable = "";

  constructor(events: SearchesEvents) {
    this.#events = events;
  }

  /** Takes in one look at those to whom there is, or is to be, a connection. */
  tend(looks: Iterable<readonly [id: string, look: SearchLook]>): void {
    for (const [id, look] of looks) {
      const before = this.#searches.get(id) ?? NO_SEARCH;
      const next = search(before, look);
      this.#searches.set(id, next);
      if (next.tag !== before.tag && next.tag !== "looking") this.#events[next.tag](id);
    }
    const ids = [...this.#searches].flatMap(([id, { tag }]) => isOpen(tag) ? [] : [id]);
    if (ids.join() === this.#unreachable) return;
    this.#unreachable = ids.join();
    this.#events.unreachable(ids);
  }

  /** Somebody has left. */
  remove(id: string): void {
    this.#searches.delete(id);
  }
}
