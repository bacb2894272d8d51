/**
 * Variables of the environment that nothing reads, and that somebody may have set for this service.
 *
 * @module
 */

/** What a variable that is none of ours begins with where it was meant to be one. */
const PREFIXES = ["STUN_", "TURN_", "SFU_", "BUS_", "REDIS_URL", "UPSTASH_"];
/** Kubernetes tells every container of all services by such names, as Docker's links did. */
const OF_SERVICES = /_SERVICE_(HOST|PORT)|_PORT(_\d+_|$)/;
/** Short names are alike by chance: HOME is two letters from HOST. */
const LONG = 7;

/** `meant`: the known name that it is close to. */
export interface Misspelt {
  name: string;
  meant?: string;
}

/** Those of `names` that are none of `known`, but look as if they were meant to be. */
export function misspelt(names: readonly string[], known: readonly string[]): Misspelt[] {
  return names.filter((name) => !known.includes(name)).flatMap((name): Misspelt[] => {
    const given = name.toUpperCase();
    const [nearest] = known.map((one) => ({ one, far: distance(given, one) }))
      .filter(({ one, far }) => far <= (one.length < LONG ? 1 : 2))
      .toSorted((a, b) => a.far - b.far);
    if (nearest) return [{ name, meant: nearest.one }];
    const isOurs = PREFIXES.some((prefix) => given.startsWith(prefix)) && !OF_SERVICES.test(given);
    return isOurs ? [{ name }] : [];
  });
}

/** How many letters have to be added, taken away or replaced (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = row[j]! + (letter === b[j] ? 0 : 1);
      next.push(Math.min(replaced, row[j + 1]! + 1, next[j]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
