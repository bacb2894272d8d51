/**
 * Which of several paths shows a track of somebody. Pure.
 *
 * @module
 */

/** A path by which a track of one participant and kind arrives, or did. */
export interface Candidate<Path> {
  readonly path: Path;
  /** `waiting`: not connected yet. `lost`: it was, or never will be. */
  readonly state: "waiting" | "up" | "lost";
  /** Whether enough has come and been played since it became a candidate, and still does. */
  readonly plays: boolean;
  /** Whether anything has come by it at all. */
  readonly came: boolean;
  /** How long it has been a candidate, ms. */
  readonly age: number;
  /** How long nothing has come by it, ms. */
  readonly silent: number;
}

/** From when on a candidate is shown though nothing plays, ms. */
export interface Patience {
  readonly patienceMs: number;
  readonly staleMs: number;
  /** What is silent for so long is not waited with for another to play well, ms. */
  readonly hushMs: number;
}

/**
 * The path to show; `candidates` from the oldest to the newest.
 *
 * @param wanted Whether there is anything to see or hear, by the sender's word.
 */
export function choose<Path>(
  candidates: readonly Candidate<Path>[],
  shown: Path | undefined,
  wanted: boolean,
  { patienceMs, staleMs, hushMs }: Patience,
): Path | undefined {
  const at = candidates.findIndex(({ path }) => path === shown);
  const old = candidates[at];
  // Nothing to lose: show what comes, as it comes.
  if (old === undefined) {
    return (candidates.findLast(({ state }) => state === "up") ?? candidates.at(-1))?.path;
  }
  // By a time-out only what delivers nothing is given up.
  const isStale = old.state === "lost" || old.silent >= staleMs;
  const newer = candidates.slice(at + 1).findLast(({ state, came, plays, age, silent }) =>
    state === "up" &&
    (!wanted || !old.came || plays || (came && old.silent >= hushMs) ||
      (isStale && (age >= patienceMs || (came && silent < staleMs))))
  );
  if (newer !== undefined) return newer.path;
  if (old.state !== "lost") return shown;
  return candidates.findLast(({ state, plays }) => state === "up" && plays)?.path ?? shown;
}
