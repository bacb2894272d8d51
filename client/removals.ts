/**
 * Removals that were asked for and have not happened yet. The node confirms by `left` only.
 *
 * @module
 */
export class Removals {
  readonly #ask: (id: string) => void;
  readonly #pending = new Map<string, PromiseWithResolvers<void>>();

  constructor(ask: (id: string) => void) {
    this.#ask = ask;
  }

  /** Asks for it; resolves when the participant has left. */
  add(id: string): Promise<void> {
    const removal = this.#pending.get(id) ?? Promise.withResolvers<void>();
    this.#pending.set(id, removal);
    this.#ask(id);
    return removal.promise;
  }

  /** Asks again for all: the socket was away, and with it perhaps the question. */
  repeat(): void {
    for (const id of this.#pending.keys()) this.#ask(id);
  }

  left(id: string): void {
    this.#pending.get(id)?.resolve();
    this.#pending.delete(id);
  }

  close(error: Error): void {
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}
