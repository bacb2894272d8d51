/**
 * All who are in a call that changes its path: what can be said only of them together.
 *
 * @module
 */
import type { Paths } from "./paths.ts";
import { SFU } from "./policy.ts";
import type { Path, Seat } from "./seat.ts";

/** By participant. */
export class Seats extends Map<string, Seat> {
  /** Whether anyone is shown by `path`. */
  isShown(path: Path): boolean {
    return this.#all.some((seat) => seat.isShownBy(path));
  }

  /** Whether anyone may still show us by the path of this epoch. */
  isAwaited(epoch: number): boolean {
    return this.#all.some((seat) => seat.awaits(epoch));
  }

  /** Whether anything has come by `path`, since then. */
  hasMoved(path: Path, since: number): boolean {
    return this.#all.some((seat) => seat.movedBy(path, since));
  }

  /** How long nothing may come by `path`, ms; `undefined`: nobody sends by it. */
  limitMs(path: Path): number | undefined {
    const senders = this.#all.filter((seat) => seat.sendsBy(path));
    const proven = senders.filter((seat) => seat.isProven(path));
    if (proven.some((seat) => seat.sendsBy(path, ["camera"]))) return SFU.stalledMs;
    if (proven.length > 0) return SFU.soundStalledMs;
    return senders.length > 0 ? SFU.unprovenMs : undefined;
  }

  /** What `get` says of each, by the path by which it is shown, or is to be. */
  async gather<Value>(
    { all, current }: Paths,
    get: (path: Path) => Promise<ReadonlyMap<string, Value>>,
  ): Promise<Map<string, Value>> {
    const used = all.filter((path) => path === current || this.isShown(path));
    const said = await Promise.all(used.map(get));
    const gathered = new Map<string, Value>();
    for (const [id, seat] of this) {
      const value = said[used.indexOf(seat.shownBy ?? current)]?.get(id);
      if (value !== undefined) gathered.set(id, value);
    }
    return gathered;
  }

  get #all(): Seat[] {
    return [...this.values()];
  }
}
