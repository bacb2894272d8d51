/**
 * The part of a value that an expected pattern speaks of, for `assertObjectMatch`.
 *
 * @module
 */

type Keyed = Record<PropertyKey, unknown>;

/**
 * A copy of `actual` with only what `expected` names, at every depth, as plain objects.
 * Objects that share no key are kept whole, so that the difference shows.
 */
export function matching(actual: unknown, expected: unknown): unknown {
  return pick(actual, expected, new Map());
}

function pick(actual: unknown, expected: unknown, seen: Map<object, unknown>): unknown {
  if (!isContainer(actual) || !isContainer(expected)) return actual;
  if (seen.get(actual) === expected) return actual;
  seen.set(actual, expected);
  if (Array.isArray(actual) && Array.isArray(expected)) {
    return actual.slice(0, expected.length).map((item, index) => pick(item, expected[index], seen));
  }
  if (actual instanceof Map && expected instanceof Map) {
    return new Map(
      [...actual].filter(([key]) => expected.has(key))
        .map(([key, value]) => [key, pick(value, expected.get(key), seen)]),
    );
  }
  if (actual instanceof Set && expected instanceof Set) return actual.intersection(expected);
  return pickFields(actual as Keyed, expected as Keyed, seen);
}

function pickFields(actual: Keyed, expected: Keyed, seen: Map<object, unknown>): Keyed {
  const own = Reflect.ownKeys(actual);
  const wanted = Reflect.ownKeys(expected);
  const shared = own.filter((key) => wanted.includes(key));
  const kept = own.length > 0 && wanted.length > 0 && shared.length === 0 ? own : shared;
  const result: Keyed = {};
  for (const key of kept) {
    Object.defineProperty(result, key, {
      value: pick(actual[key], expected[key], seen),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return result;
}

/** Dates and patterns have no fields to pick from: they are compared whole. */
function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null &&
    !(value instanceof Date) && !(value instanceof RegExp);
}
