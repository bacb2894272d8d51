import type { ServerFrame } from "../../lib/protocol.ts";

type FrameOf<T extends ServerFrame["type"]> = Extract<ServerFrame, { type: T }>;

interface Reader {
  wants(frame: ServerFrame): boolean;
  take(frame: ServerFrame): void;
  fail(why: string): void;
}

// Taken before a test can fake the time.
const { setTimeout, clearTimeout } = globalThis;

/** Frames that a node has sent, each to be read once. */
export class FrameInbox {
  /** Everything that ever came, also what was read. */
  readonly all: ServerFrame[] = [];
  readonly #unread: ServerFrame[] = [];
  readonly #readers = new Set<Reader>();
  #closed: string | undefined;

  put(frame: ServerFrame): void {
    this.all.push(frame);
    for (const reader of this.#readers) {
      if (!reader.wants(frame)) continue;
      this.#readers.delete(reader);
      return reader.take(frame);
    }
    this.#unread.push(frame);
  }

  /** No more will come; who waits is told why. */
  close(why: string): void {
    this.#closed = why;
    for (const reader of this.#readers) reader.fail(why);
    this.#readers.clear();
  }

  /** The next unread frame of a type, come or to come; `where` passes over others of the type. */
  next<T extends ServerFrame["type"]>(
    type: T,
    options: { where?: (frame: FrameOf<T>) => boolean; timeoutMs?: number } = {},
  ): Promise<FrameOf<T>> {
    const { where = () => true, timeoutMs = 5_000 } = options;
    const wants = (frame: ServerFrame): frame is FrameOf<T> =>
      frame.type === type && where(frame as FrameOf<T>);
    const at = this.#unread.findIndex(wants);
    if (at >= 0) return Promise.resolve(this.#unread.splice(at, 1)[0] as FrameOf<T>);
    const { promise, resolve, reject } = Promise.withResolvers<FrameOf<T>>();
    const fail = (why: string) => {
      const unread = this.#unread.map((frame) => JSON.stringify(frame).slice(0, 200)).join("\n");
      reject(new Error(`Cannot await frame "${type}": ${why}; unread frames:\n${unread}`));
    };
    if (this.#closed !== undefined) {
      fail(this.#closed);
      return promise;
    }
    const reader: Reader = { wants, take: (frame) => resolve(frame as FrameOf<T>), fail };
    const timer = setTimeout(() => {
      this.#readers.delete(reader);
      fail(`none came within ${timeoutMs} ms`);
    }, timeoutMs);
    this.#readers.add(reader);
    return promise.finally(() => clearTimeout(timer));
  }
}
