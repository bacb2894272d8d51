/** What a map of subjects keeps. */
export interface SubjectsOptions<T> {
  /** Most that are kept; beyond, whoever was not seen for longest is forgotten. */
  max: number;
  /** After this time unseen a subject has nothing left to remember, in ms. */
  idleMs: number;
  /** A subject that is new, or forgotten. */
  make: (now: number) => T;
}

/** What is known of each subject, in bounded memory. */
export class Subjects<T> {
  /** Whoever was not seen for longest stands in front. */
  readonly #seen = new Map<string, { value: T; at: number }>();

  constructor(private readonly options: SubjectsOptions<T>) {}

  get size(): number {
    return this.#seen.size;
  }

  /** What is known of `key`, which is seen now. */
  see(key: string, now: number): T {
    const { max, idleMs, make } = this.options;
    const value = this.#seen.get(key)?.value ?? make(now);
    this.#seen.delete(key);
    for (const [oldest, { at }] of this.#seen) {
      if (now - at < idleMs && this.#seen.size < max) break;
      this.#seen.delete(oldest);
    }
    this.#seen.set(key, { value, at: now });
    return value;
  }
}
