/**
 * Whether anything comes of somebody, from a row of looks. Only of those who have ever said that they are there is it
 * expected that they go on: others may have nothing to send. Pure.
 *
 * @module
 */
import { HEAL, LISTEN } from "./policy.ts";

/** What one look has shown. */
export interface HeardLook {
  /** What was played last, as far as the browser says. */
  readonly stamp: number | undefined;
  /** How many frames had come by the channel. */
  readonly frames: number;
  readonly at: number;
}

export interface Heard extends HeardLook {
  /** `new`: nothing has come yet. */
  readonly tag: "new" | "heard" | "silent";
  /** How long nothing has come, and no media: only while it was looked, a page may be held up. */
  readonly silentMs: number;
  readonly mediaSilentMs: number;
}

export function beginListening(look: HeardLook): Heard {
  return { tag: "new", silentMs: 0, mediaSilentMs: Infinity, ...look };
}

export function listen(before: Heard, { stamp, frames, at }: HeardLook): Heard {
  const passed = Math.min(at - before.at, 2 * HEAL.intervalMs);
  // The browser forgets what was played long ago.
  const media = stamp !== undefined && stamp !== before.stamp;
  const mediaSilentMs = media ? 0 : before.mediaSilentMs + passed;
  const next = { stamp: stamp ?? before.stamp, frames, mediaSilentMs, at };
  if (media || frames !== before.frames) return { ...next, tag: "heard", silentMs: 0 };
  const silentMs = before.silentMs + passed;
  const flowed = mediaSilentMs - silentMs < LISTEN.flowingMs;
  const limitMs = flowed ? LISTEN.silentMs : LISTEN.beatlessMs;
  const silent = frames > 0 && silentMs >= limitMs;
  return { ...next, tag: silent ? "silent" : before.tag, silentMs };
}
