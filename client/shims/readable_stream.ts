// In place of the package `readable-stream`: what simple-peer needs of a Duplex to be an emitter of events.
// Its data channel only tells that the far end is there, so nothing is read or written.
// CommonJS, because simple-peer takes what `require` gives.
declare const module: { exports: unknown };

type Listener = (...args: unknown[]) => void;

class Duplex {
  readonly _readableState = { ended: true };
  readonly _writableState = { finished: true };
  readonly #listeners = new Map<string, Set<Listener>>();

  on(name: string, listener: Listener): this {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return this;
  }

  once(name: string, listener: Listener): this {
    const first: Listener = (...args) => {
      this.removeListener(name, first);
      listener(...args);
    };
    return this.on(name, first);
  }

  removeListener(name: string, listener: Listener): this {
    this.#listeners.get(name)?.delete(listener);
    return this;
  }

  emit(name: string, ...args: unknown[]): boolean {
    const listeners = [...(this.#listeners.get(name) ?? [])];
    for (const listener of listeners) listener(...args);
    return listeners.length > 0;
  }

  push(): boolean {
    return true;
  }

  end(): this {
    return this;
  }
}

module.exports = { Duplex };
