/**
 * Tells each participant once when our camera is paused, and once when it is no longer.
 *
 * @module
 */
import type { Remote } from "../../remote.ts";

export class Pauses {
  readonly #tell: (id: string, isPaused: boolean) => void;
  /** Who was told that it is. */
  readonly #told = new Set<string>();

  constructor(tell: (id: string, isPaused: boolean) => void) {
    this.#tell = tell;
  }

  /** `since`: the first topology epoch by whose path it comes where it is not paused. */
  say(isPaused: boolean, participants: Iterable<Remote>, since: number): void {
    for (const { id, shows } of participants) {
      if (this.#told.has(id) === isPaused) continue;
      // The path before has no picture for it yet, and the new one's does not play there.
      if (!isPaused && shows < since) continue;
      if (isPaused) this.#told.add(id);
      else this.#told.delete(id);
      this.#tell(id, isPaused);
    }
  }

  /** Whoever comes back under the same id has been told nothing. */
  forget(id: string): void {
    this.#told.delete(id);
  }
}
