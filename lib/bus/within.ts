import { deadline } from "./deadline.ts";

/** It took too long. */
export class TimeoutError extends Error {
  override readonly name = "TimeoutError";
  constructor(doing: string, ms: number) {
    super(`Cannot ${doing}: no answer; expected one within ${ms} ms`);
  }
}

/** What `work` gives. @throws {TimeoutError} after `ms`; what becomes of `work` then is nobody's concern. */
export function within<T>(work: Promise<T>, ms: number, doing: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const cancel = deadline(ms, () => reject(new TimeoutError(doing, ms)));
  return Promise.race([work, late]).finally(cancel);
}

/** Resolves after `ms`, or as soon as the signal is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
