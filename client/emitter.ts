/**
 * Typed events.
 *
 * @module
 */

/** Calls listeners in the order in which they came. One that throws is reported and stops no other. */
export class Emitter<Events> {
  readonly #listeners = new Map<keyof Events, Set<(event: never) => void>>();

  /** Listens; returns the undo. The same function may listen twice, and is then undone one by one. */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    const entry = (event: Events[Name]) => listener(event);
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(entry));
    return () => void listeners.delete(entry);
  }

  /** Calls those that listen now, save who is undone before its turn comes. */
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    const listeners = this.#listeners.get(name);
    for (const listener of [...(listeners ?? [])]) {
      if (listeners!.has(listener)) call(listener as (event: Events[Name]) => void, event);
    }
  }

  /** Nobody listens any more. */
  close(): void {
    for (const listeners of this.#listeners.values()) listeners.clear();
  }
}

/** Calls application code: what it throws goes to the console of the page, not to the caller. */
export function call<Value>(listener: (value: Value) => void, value: Value): void {
  try {
    listener(value);
  } catch (error) {
    report(error);
  }
}

/** Tells the developer of what nobody else can handle. */
export function report(error: unknown): void {
  console.error(error);
}
