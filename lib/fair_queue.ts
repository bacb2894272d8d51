/** Somebody who waits. */
export interface Waiting {
  /** Where it comes from. */
  readonly address: string;
  /** Since when it waits, in ms. */
  readonly since: number;
}

/**
 * Those who wait, whoever comes from an address of which few wait before those of which many do: one address that sends
 * thousands is not in the way of another that sends one.
 */
export class FairQueue<T extends Waiting> {
  /** By how many of the same address waited when it came: none, one or two, three to six and so on. In their order. */
  readonly #bands: T[][] = [];
  readonly #of = new Map<string, number>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  put(one: T): void {
    const others = this.#of.get(one.address) ?? 0;
    this.#of.set(one.address, others + 1);
    this.#size++;
    (this.#bands[Math.floor(Math.log2(others + 1))] ??= []).push(one);
  }

  /** Takes one out whose turn it is. */
  take(which: "oldest" | "newest"): T | undefined {
    const band = this.#bands.find((band) => band.length > 0);
    return band && this.#out(which === "oldest" ? band.shift()! : band.pop()!);
  }

  /** Takes out all who have waited since before `time`, in ms. */
  takeOlder(time: number): T[] {
    const older: T[] = [];
    for (const band of this.#bands) {
      while (band[0] && band[0].since < time) older.push(this.#out(band.shift()!));
    }
    return older;
  }

  #out(one: T): T {
    const others = this.#of.get(one.address)! - 1;
    if (others > 0) this.#of.set(one.address, others);
    else this.#of.delete(one.address);
    this.#size--;
    return one;
  }
}
