import { after16 } from "./bytes.ts";
import { EMBEDDED } from "./policy.ts";

interface Gap {
  readonly since: number;
  asked: number;
  tries: number;
}

/** Which packets of one stream have not come, and which of them to ask for again (RFC 4585). Times in ms. */
export class Missing {
  #highest: number | undefined;
  readonly #gaps = new Map<number, Gap>();

  /** A packet has come. Which ones are missing because of that: to be asked for right now. `"lost"`: too many. */
  note(sequence: number, now: number): number[] | "lost" {
    if (this.#highest === undefined) {
      this.#highest = sequence;
      return [];
    }
    const ahead = after16(sequence, this.#highest);
    if (ahead <= 0) {
      this.#gaps.delete(sequence);
      return [];
    }
    const before = this.#highest;
    this.#highest = sequence;
    if (ahead + this.#gaps.size > EMBEDDED.nackMost) {
      this.#gaps.clear();
      return "lost";
    }
    const found: number[] = [];
    for (let i = 1; i < ahead; i++) {
      const missing = (before + i) & 0xffff;
      this.#gaps.set(missing, { since: now, asked: now, tries: 1 });
      found.push(missing);
    }
    return found;
  }

  /** What to ask for again, in order. `gaveUp`: something is not asked for any more. */
  due(now: number): { again: number[]; gaveUp: boolean } {
    const again: number[] = [];
    let gaveUp = false;
    for (const [sequence, gap] of this.#gaps) {
      if (gap.tries >= EMBEDDED.nackTries || now - gap.since >= EMBEDDED.nackGiveUpMs) {
        this.#gaps.delete(sequence);
        gaveUp = true;
      } else if (now - gap.asked >= EMBEDDED.renackMs) {
        gap.asked = now;
        gap.tries++;
        again.push(sequence);
      }
    }
    return { again, gaveUp };
  }

  /** Whether this one has been waited for. */
  awaits(sequence: number): boolean {
    return this.#gaps.has(sequence);
  }

  /** A key frame has come: nothing before `sequence` matters any more. */
  forgetBefore(sequence: number): void {
    for (const missing of this.#gaps.keys()) {
      if (after16(missing, sequence) < 0) this.#gaps.delete(missing);
    }
  }
}
