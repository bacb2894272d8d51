import { assertAlmostEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { logLogSlope } from "../../bench/report/slope.ts";

const SIZES = [100, 316, 1_000, 10_000];
const growing = (cost: (size: number) => number) =>
  SIZES.map((size) => ({ size, cost: cost(size) }));

describe("the slope of log cost over log size", () => {
  it("is 0 for what stays the same", () => assertAlmostEquals(logLogSlope(growing(() => 40)), 0));

  it("is 1 for what grows in proportion, and 2 for a square", () => {
    assertAlmostEquals(logLogSlope(growing((size) => 3 * size)), 1);
    assertAlmostEquals(logLogSlope(growing((size) => size ** 2)), 2);
  });

  it("is 0.05 for a quarter more at a hundred times as many", () =>
    assertAlmostEquals(
      logLogSlope([{ size: 100, cost: 1 }, { size: 10_000, cost: 100 ** 0.05 }]),
      0.05,
    ));

  it("evens out what scatters", () =>
    assertAlmostEquals(
      logLogSlope([
        { size: 10, cost: 2 },
        { size: 10, cost: 0.5 },
        { size: 1_000, cost: 0.5 },
        { size: 1_000, cost: 2 },
      ]),
      0,
    ));

  it("takes two sizes at least", () => {
    assertThrows(() => logLogSlope([{ size: 10, cost: 1 }, { size: 10, cost: 2 }]), RangeError);
  });
});
