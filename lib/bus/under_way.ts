import { deadline } from "./deadline.ts";
import { TimeoutError } from "./within.ts";

/** Calls whose answer is awaited: each with a time-out, and all can be given up at once. */
export class UnderWay {
  readonly #giveUp = new Set<(reason: Error) => void>();

  /** What `work` gives. @throws {TimeoutError} after `ms`; and what `fail` is given. */
  track<T>(work: Promise<T>, ms: number, doing: string): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const cancel = deadline(ms, () => end(new TimeoutError(doing, ms)));
    const forget = () => {
      cancel();
      this.#giveUp.delete(end);
    };
    const end = (reason: unknown) => {
      forget();
      reject(reason);
    };
    this.#giveUp.add(end);
    work.then((value) => {
      forget();
      resolve(value);
    }, end);
    return promise;
  }

  /** Gives up all that is under way. */
  fail(reason: Error): void {
    for (const end of [...this.#giveUp]) end(reason);
  }
}
