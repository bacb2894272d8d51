import * as asserts from "@std/assert";
import { assertEquals, AssertionError, assertThrows, equal } from "@std/assert";

class Point {
  constructor(readonly x: number, readonly y: number) {}
}

const cycle = (): unknown => {
  const value: Record<string, unknown> = { a: 1 };
  value.self = value;
  return value;
};

const EQUAL: [string, unknown, unknown, boolean][] = [
  ["zeroes", 0, -0, true],
  ["NaN", NaN, NaN, true],
  ["text and number", "1", 1, false],
  ["null and undefined", null, undefined, false],
  ["key order", { a: 1, b: 2 }, { b: 2, a: 1 }, true],
  ["missing and undefined", { a: undefined }, {}, false],
  ["missing and undefined, same count", { a: undefined }, { b: undefined }, false],
  ["no prototype and plain", Object.assign(Object.create(null), { a: 1 }), { a: 1 }, true],
  ["array and object", [], {}, false],
  ["nested arrays", [1, [2, { a: [3] }]], [1, [2, { a: [3] }]], true],
  ["array lengths", [1], [1, 2], false],
  ["dates", new Date(5), new Date(5), true],
  ["other dates", new Date(5), new Date(6), false],
  ["patterns", /a/g, /a/g, true],
  ["flags", /a/g, /a/i, false],
  ["urls", new URL("http://a/b"), new URL("http://a/b"), true],
  ["other urls", new URL("http://a/b"), new URL("http://a/c"), false],
  ["bytes", new Uint8Array([1, 2]), new Uint8Array([1, 2]), true],
  ["other bytes", new Uint8Array([1, 2]), new Uint8Array([1, 3]), false],
  ["kinds of bytes", new Uint8Array([1]), new Int8Array([1]), false],
  ["buffers", new Uint8Array([1]).buffer, new Uint8Array([1]).buffer, true],
  ["sets", new Set([1, { a: 1 }]), new Set([{ a: 1 }, 1]), true],
  ["other sets", new Set([1, 2]), new Set([1, 3]), false],
  ["maps", new Map([[{ k: 1 }, [1]]]), new Map([[{ k: 1 }, [1]]]), true],
  ["other maps", new Map([["k", 1]]), new Map([["k", 2]]), false],
  ["instances", new Point(1, 2), new Point(1, 2), true],
  ["other instances", new Point(1, 2), new Point(2, 1), false],
  ["instance and plain", new Point(1, 2), { x: 1, y: 2 }, false],
  ["cycles", cycle(), cycle(), true],
  ["symbols", { [Symbol.for("a")]: 1 }, { [Symbol.for("a")]: 2 }, false],
];

for (const [name, a, b, expected] of EQUAL) {
  Deno.test(`equal: ${name}`, () => {
    if (equal(a, b) !== expected || equal(b, a) !== expected) {
      throw new Error(`expected equal to be ${expected}`);
    }
  });
}

const HOLDS: [string, () => void, () => void][] = [
  ["assert", () => asserts.assert(1), () => asserts.assert(0, "why")],
  ["assertFalse", () => asserts.assertFalse(""), () => asserts.assertFalse("a")],
  ["assertEquals", () => assertEquals([1], [1]), () => assertEquals([1], [2])],
  ["assertNotEquals", () => asserts.assertNotEquals(1, 2), () => asserts.assertNotEquals([], [])],
  ["strictly", () => asserts.assertStrictEquals(1, 1), () => asserts.assertStrictEquals({}, {})],
  ["zeroes", () => asserts.assertStrictEquals(0, 0), () => asserts.assertStrictEquals(0, -0)],
  [
    "assertNotStrictEquals",
    () => asserts.assertNotStrictEquals({}, {}),
    () => asserts.assertNotStrictEquals(1, 1),
  ],
  [
    "assertAlmostEquals",
    () => asserts.assertAlmostEquals(0.1 + 0.2, 0.3),
    () => asserts.assertAlmostEquals(1, 1.1, 0.05),
  ],
  ["assertExists", () => asserts.assertExists(0), () => asserts.assertExists(null)],
  [
    "assertInstanceOf",
    () => asserts.assertInstanceOf(new Date(), Date),
    () => asserts.assertInstanceOf({}, Date),
  ],
  [
    "assertNotInstanceOf",
    () => asserts.assertNotInstanceOf({}, Date),
    () => asserts.assertNotInstanceOf(new Date(), Date),
  ],
  ["assertGreater", () => asserts.assertGreater(2, 1), () => asserts.assertGreater(1, 1)],
  ["orEqual", () => asserts.assertGreaterOrEqual(1, 1), () => asserts.assertGreaterOrEqual(0, 1)],
  ["assertLess", () => asserts.assertLess(1, 2), () => asserts.assertLess(1, 1)],
  [
    "assertLessOrEqual",
    () => asserts.assertLessOrEqual(1, 1),
    () => asserts.assertLessOrEqual(2, 1),
  ],
  ["assertMatch", () => asserts.assertMatch("abc", /b/), () => asserts.assertMatch("abc", /d/)],
  ["notMatch", () => asserts.assertNotMatch("abc", /d/), () => asserts.assertNotMatch("abc", /b/)],
  [
    "assertStringIncludes",
    () => asserts.assertStringIncludes("abc", "bc"),
    () => asserts.assertStringIncludes("abc", "cb"),
  ],
  [
    "assertArrayIncludes",
    () => asserts.assertArrayIncludes([1, { a: 1 }], [{ a: 1 }]),
    () => asserts.assertArrayIncludes([1], [2]),
  ],
  [
    "assertObjectMatch",
    () => asserts.assertObjectMatch(new Point(1, 2), { x: 1 }),
    () => asserts.assertObjectMatch({ a: { b: 1, c: 2 } }, { a: { b: 2 } }),
  ],
  [
    "assertObjectMatch, lists",
    () => asserts.assertObjectMatch({ a: [{ b: 1, c: 2 }, 3] }, { a: [{ b: 1 }] }),
    () => asserts.assertObjectMatch({ a: [1] }, { a: [1, 2] }),
  ],
  [
    "assertObjectMatch, no common key",
    () => asserts.assertObjectMatch({ a: 1 }, {}),
    () => asserts.assertObjectMatch({ a: 1 }, { b: 1 }),
  ],
  [
    "assertIsError",
    () => asserts.assertIsError(new RangeError("abc"), RangeError, /b/),
    () => asserts.assertIsError(new RangeError("abc"), RangeError, "d"),
  ],
  [
    "assertThrows",
    () =>
      void assertThrows(
        () => {
          throw new RangeError("far");
        },
        RangeError,
        "far",
      ),
    () => void assertThrows(() => {}),
  ],
  ["fail", () => {}, () => asserts.fail("meant")],
  ["unreachable", () => {}, () => asserts.unreachable()],
];

for (const [name, holds, fails] of HOLDS) {
  Deno.test(`${name} holds and fails`, () => {
    holds();
    assertThrows(fails, AssertionError);
  });
}

Deno.test("assertEquals shows the difference and the reason", () => {
  const error = assertThrows(() => assertEquals({ a: 1 }, { a: 2 }, "because"), AssertionError);
  asserts.assertMatch(error.message, /Values are not equal: because[^]*\+[^]*1[^]*-[^]*2/);
});

Deno.test("assertThrows wants the right class and text", () => {
  const throwing = () => {
    throw new RangeError("far");
  };
  assertThrows(() => assertThrows(throwing, TypeError), AssertionError, 'but was "RangeError"');
  assertThrows(() => assertThrows(throwing, RangeError, "near"), AssertionError, "near");
});

Deno.test("assertRejects returns the error, and wants a promise", async () => {
  const error = await asserts.assertRejects(() => Promise.reject(new TypeError("no")), TypeError);
  assertEquals(error.message, "no");
  await asserts.assertRejects(
    () => asserts.assertRejects(() => Promise.resolve()),
    AssertionError,
    "to reject",
  );
  await asserts.assertRejects(
    () =>
      asserts.assertRejects(() => {
        throw new Error("at once");
      }),
    AssertionError,
    "throws when expected to reject",
  );
});
