/**
 * One thing that can be set.
 *
 * @module
 */
import { ADAPT } from "../../adapt/policy.ts";
import { report } from "../../emitter.ts";

/** Does nothing when nothing changes, and gives up what has failed a few times, until something else is wanted. */
export class Setting {
  /** `undefined`: after a failure, nobody knows. */
  #is: string | undefined;
  #wanted: string;
  #tries = 0;

  /** `is`: as it is at first. */
  constructor(is: string) {
    this.#is = this.#wanted = is;
  }

  /** `wanted`: what `apply` makes of it, in words. */
  async set(wanted: string, apply: () => Promise<void>): Promise<void> {
    if (wanted !== this.#wanted) this.#tries = 0;
    this.#wanted = wanted;
    if (wanted === this.#is || this.#tries >= ADAPT.tries) return;
    this.#tries++;
    this.#is = undefined;
    try {
      await apply();
      this.#is = wanted;
    } catch (error) {
      if (this.#tries === ADAPT.tries) report(error);
    }
  }
}
