/** What waits, by whose it is: all of them in turn, one at a time, and what is of one in its order. */
export class RoundRobin<T> {
  readonly #of = new Map<string, T[]>();

  put(whose: string, item: T): void {
    const own = this.#of.get(whose);
    if (own) own.push(item);
    else this.#of.set(whose, [item]);
  }

  /** The one whose turn it is, which stays. */
  peek(): T | undefined {
    return this.#of.values().next().value?.[0];
  }

  /** Takes out the one whose turn it is. */
  take(): T | undefined {
    const [next] = this.#of;
    if (!next) return undefined;
    const [whose, own] = next;
    const item = own.shift();
    this.#of.delete(whose);
    if (own.length > 0) this.#of.set(whose, own);
    return item;
  }
}
