/** What a link does to packets on their way, in one direction. */
export interface Impairment {
  /** How long the way takes, in ms. */
  readonly delay: number;
  /** By how much the delay of a packet may differ, up or down, in ms. Packets keep their order. */
  readonly jitter: number;
  /** Packets that get lost, in percent. */
  readonly loss: number;
  /** What the link carries, in kbit/s; 0: anything. */
  readonly rate: number;
  /** How long a packet may wait for its turn where there is a rate, in ms; what would wait longer is dropped. */
  readonly limit: number;
  /** Packets that overtake those before them, in percent: they take no delay. */
  readonly reorder: number;
}

/** A link that carries everything at once. */
export const CLEAR: Impairment = {
  delay: 0,
  jitter: 0,
  loss: 0,
  rate: 0,
  limit: 500,
  reorder: 0,
};

/** Largest values, and the units, for people. */
const MOST: Record<keyof Impairment, { value: number; unit: string }> = {
  delay: { value: 60_000, unit: "ms" },
  jitter: { value: 60_000, unit: "ms" },
  loss: { value: 100, unit: "percent" },
  rate: { value: 10_000_000, unit: "kbit/s" },
  limit: { value: 60_000, unit: "ms" },
  reorder: { value: 100, unit: "percent" },
};

/**
 * `base` with some values changed.
 *
 * @throws {RangeError} naming the value that cannot be, and what was expected.
 */
export function impair(base: Impairment, changes: Partial<Impairment>): Impairment {
  for (const [name, value] of Object.entries(changes)) {
    if (!Object.hasOwn(MOST, name)) {
      throw new RangeError(
        `Cannot impair a link: "${name}" is not known; expected of ${Object.keys(MOST).join(", ")}`,
      );
    }
    const most = MOST[name as keyof Impairment];
    if (typeof value !== "number" || !(value >= 0 && value <= most.value)) {
      throw new RangeError(
        `Cannot impair a link: ${name} is ${value}; expected 0 to ${most.value} ${most.unit}`,
      );
    }
  }
  return { ...base, ...changes };
}

/**
 * Reads `rate=500 loss=2`.
 *
 * @throws {RangeError} where a word is not a name and a number; the numbers are looked at by {@linkcode impair}.
 */
export function parseChanges(text: string): Partial<Impairment> {
  const words = text.trim().split(/\s+/).filter((word) => word !== "");
  return Object.fromEntries(words.map((word) => {
    const [, name, value] = /^(\w+)=(\d+(?:\.\d+)?)$/.exec(word) ?? [];
    if (name !== undefined) return [name, Number(value)];
    throw new RangeError(`Cannot impair a link: got "${word}"; expected name=number`);
  }));
}
