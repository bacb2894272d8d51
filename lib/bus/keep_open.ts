import type { BusPolicy } from "./policy.ts";
import { pause } from "./within.ts";

/** A connection, or whatever else is kept open. */
export interface Opened {
  /** Resolves with the reason when it has ended, by itself or by `close`. */
  readonly ended: Promise<Error>;
  /** Ends it at once. */
  close(): Promise<void>;
}

export interface KeepOpenOptions<T extends Opened> {
  /** Opens it; is to give up when the signal is aborted. */
  open(signal: AbortSignal): Promise<T>;
  /** It is open. `gap`: it was not all the time since `keepOpen`. */
  opened(it: T, gap: boolean): void;
  /** It is not open, for this reason: called when it ended, and after each try that failed. */
  away(reason: Error): void;
  backoff: BusPolicy["backoff"];
}

/** Opens something, and again whenever it ends. The answer stops that, and closes it. */
export function keepOpen<T extends Opened>(options: KeepOpenOptions<T>): () => Promise<void> {
  const { open, opened, away, backoff } = options;
  const stop = new AbortController();
  const { signal } = stop;
  const stopped = new Promise<void>((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true })
  );
  const running = run();
  return () => {
    stop.abort();
    return running;
  };

  async function run(): Promise<void> {
    let gap = false;
    let shortLived = 0;
    while (!signal.aborted) {
      const since = Date.now();
      try {
        const it = await open(signal);
        if (!signal.aborted) opened(it, gap);
        const reason = await Promise.race([it.ended, stopped]);
        await it.close();
        if (reason) away(reason);
      } catch (error) {
        away(error instanceof Error ? error : new Error(String(error)));
      }
      gap = true;
      // What opens and ends at once is no better than what does not open.
      shortLived = Date.now() - since < backoff.mostMs ? shortLived + 1 : 0;
      await pause(backoffMs(shortLived, backoff, Math.random()), signal);
    }
  }
}

/** How long to wait before the next try: `random` (0 to 1) of a limit that doubles with each try that failed, in ms. */
export function backoffMs(
  failures: number,
  { firstMs, mostMs }: BusPolicy["backoff"],
  random: number,
): number {
  return random * Math.min(mostMs, firstMs * 2 ** Math.min(failures, 30));
}
