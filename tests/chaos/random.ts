/** A source of numbers in [0, 1) that gives the same ones for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One of them. @throws {RangeError} when there are none. */
export function pick<T>(items: readonly T[], random: () => number): T {
  if (items.length === 0) throw new RangeError("Cannot pick one of none; expected at least one");
  return items[Math.floor(random() * items.length)]!;
}

/** A whole number from `least` to below `below`. */
export function between(least: number, below: number, random: () => number): number {
  return Math.floor(least + random() * (below - least));
}
