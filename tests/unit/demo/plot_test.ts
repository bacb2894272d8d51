import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ceilingOf, plotOf } from "../../../client/demo/plot.ts";

const BOX = { width: 100, height: 40 };

Deno.test("ceilingOf: a round number at or above everything", () => {
  const cases: [(number | undefined)[], number, number][] = [
    [[], 50, 50],
    [[12, 48], 50, 50],
    [[51], 50, 100],
    [[undefined, 180], 50, 200],
    [[1_200_000], 100_000, 2_000_000],
    [[0.3], 0.1, 0.5],
  ];
  for (const [values, least, ceiling] of cases) {
    const found = ceilingOf(values, least);
    assert(Math.abs(found - ceiling) < 1e-9, `expected ${ceiling}, got ${found}`);
  }
});

Deno.test("plotOf: the newest value is at the right edge", () => {
  const { line, area } = plotOf([0, 10], BOX, { slots: 5, ceiling: 10 });
  assertEquals(line, "M75 40 L100 0");
  assertEquals(area, "M75 40 L75 40 L100 0 L100 40 Z");
});

Deno.test("plotOf: a missing value breaks the line, a lone one is a dot", () => {
  const { line } = plotOf([5, undefined, 10, 10], BOX, { slots: 4, ceiling: 10 });
  assertEquals(line, "M0 20 L0 20 M66.7 0 L100 0");
});

Deno.test("plotOf: nothing to show", () => {
  assertEquals(plotOf([], BOX, { slots: 4, ceiling: 1 }), { line: "", area: "" });
  assertEquals(plotOf([undefined, NaN], BOX, { slots: 4, ceiling: 1 }), { line: "", area: "" });
});

Deno.test("plotOf: stays in its box", () => {
  const value = fc.option(fc.double({ min: -10, max: 1e9, noNaN: true }), { nil: undefined });
  fc.assert(fc.property(fc.array(value, { maxLength: 60 }), (values) => {
    const { line, area } = plotOf(values, BOX, { slots: 60, ceiling: 100 });
    for (const [, x, y] of `${line} ${area}`.matchAll(/([\d.e-]+) ([\d.e-]+)/g)) {
      assert(Number(x) >= 0 && Number(x) <= BOX.width);
      assert(Number(y) >= 0 && Number(y) <= BOX.height);
    }
  }));
});
