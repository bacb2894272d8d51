/**
 * Structural equality by the rules of `@std/assert`, which differ from those of `node:assert`:
 * `0` equals `-0`, an object without prototype equals a plain one, a missing key differs from an
 * undefined one, and instances of a class are compared with their getters.
 *
 * @module
 */

type Keyed = Record<PropertyKey, unknown>;

/** Kinds whose text says everything that there is to compare. */
const COMPARED_AS_TEXT: ReadonlySet<unknown> = new Set(
  [RegExp, URL, URLSearchParams, Intl.Locale].map((kind) => kind.prototype),
);

/** Whether two values are equal in structure. Cycles are followed once. */
export function equal(a: unknown, b: unknown): boolean {
  return compare(a, b, new Map());
}

function compare(a: unknown, b: unknown, seen: Map<object, object>): boolean {
  if (a === b || Object.is(a, b)) return true;
  if (!isObject(a) || !isObject(b)) return false;
  if (a instanceof Date && b instanceof Date) return Object.is(a.getTime(), b.getTime());
  if (prototypeOf(a) !== prototypeOf(b)) return false;
  if (a instanceof WeakMap || a instanceof WeakSet) {
    throw new TypeError(`Cannot compare ${a.constructor.name} instances`);
  }
  if (a instanceof WeakRef) return compare(a.deref(), (b as WeakRef<object>).deref(), seen);
  const bytes = bytesOf(a);
  if (bytes !== undefined) return equalBytes(bytes, bytesOf(b)!);
  if (COMPARED_AS_TEXT.has(Object.getPrototypeOf(a))) return String(a) === String(b);
  if (seen.get(a) === b) return true;
  seen.set(a, b);
  if (a instanceof Set) return equalSets(a, b as Set<unknown>, seen);
  if (a instanceof Map) return equalMaps(a, b as Map<unknown, unknown>, seen);
  return equalFields(a as Keyed, b as Keyed, seen);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function prototypeOf(value: object): unknown {
  return Object.getPrototypeOf(value) ?? Object.prototype;
}

type Numbers = ArrayLike<number | bigint>;

function bytesOf(value: object): Numbers | undefined {
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) {
    return new Uint8Array(value);
  }
  if (value instanceof DataView) return undefined;
  return ArrayBuffer.isView(value) ? value as unknown as Numbers : undefined;
}

function equalBytes(a: Numbers, b: Numbers): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) {
    if (a[index] !== b[index] && !Object.is(a[index], b[index])) return false;
  }
  return true;
}

function equalSets(a: Set<unknown>, b: Set<unknown>, seen: Map<object, object>): boolean {
  if (a.size !== b.size) return false;
  const rest = new Set(b);
  for (const item of a) {
    const match = rest.has(item) ? [item] : [...rest].filter((other) => compare(item, other, seen));
    if (match.length === 0) return false;
    rest.delete(match[0]);
  }
  return true;
}

function equalMaps(
  a: Map<unknown, unknown>,
  b: Map<unknown, unknown>,
  seen: Map<object, object>,
): boolean {
  if (a.size !== b.size) return false;
  const rest = new Map(b);
  for (const [key, value] of a) {
    const match = [...rest].find(([otherKey, otherValue]) =>
      compare(key, otherKey, seen) && compare(value, otherValue, seen)
    );
    if (match === undefined) return false;
    rest.delete(match[0]);
  }
  return true;
}

function equalFields(a: Keyed, b: Keyed, seen: Map<object, object>): boolean {
  if (Object.keys(a).length !== Object.keys(b).length) return false;
  for (const key of new Set([...fieldsOf(a), ...fieldsOf(b)])) {
    if (!(key in a) || !(key in b) || !compare(a[key], b[key], seen)) return false;
  }
  return true;
}

/** Own keys, and for instances of a class those of its prototypes too: getters are compared. */
function fieldsOf(value: object): PropertyKey[] {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype || prototype === Array.prototype) {
    return Reflect.ownKeys({ ...value });
  }
  const keys: PropertyKey[] = [];
  let level: object | null = value;
  while (level !== null && level !== Object.prototype && level !== Array.prototype) {
    keys.push(...Reflect.ownKeys(level));
    level = Object.getPrototypeOf(level);
  }
  return keys;
}
