/**
 * Something that is loaded once, when it is first needed.
 *
 * @module
 */
export class OnDemand<Part> {
  readonly #load: () => Promise<Part | undefined>;
  #loading: Promise<Part | undefined> | undefined;
  #part: Part | undefined;

  constructor(load: () => Promise<Part | undefined>) {
    this.#load = load;
  }

  /** Absent: not there, or not yet. */
  get part(): Part | undefined {
    return this.#part;
  }

  /** Resolves when it is there; `undefined`: nobody waits any more. */
  get(): Promise<Part | undefined> {
    return this.#loading ??= this.#load().then((part) => this.#part = part);
  }
}
