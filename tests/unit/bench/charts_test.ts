import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { barChart, lineChart, ticks } from "../../bench/report/charts.ts";

describe("ticks", () => {
  it("of a linear axis are about five round numbers from zero", () =>
    assertEquals(ticks([0, 23], "linear"), [0, 5, 10, 15, 20]));

  it("of a logarithmic axis are 1, 2 and 5 times powers of ten", () =>
    assertEquals(ticks([8, 120], "log"), [10, 20, 50, 100]));

  it("are powers of ten only where there is much between", () =>
    assertEquals(ticks([50, 200_000], "log"), [100, 1_000, 10_000, 100_000]));
});

describe("a bar chart", () => {
  const chart = barChart({
    title: "messages",
    unit: "a second",
    bars: [{ name: "ours", value: 200, ours: true }, { name: "a <peer>", value: 100 }],
    bound: { value: 150, name: "target" },
  });

  it("draws lengths in proportion", () => {
    const widths = [...chart.matchAll(/class="(?:ours|bar)"[^>]* width="([\d.]+)"/g)]
      .map(([, width]) => Number(width));
    assertEquals(widths[0], 2 * widths[1]!);
  });

  it("tells ours from the others", () => assertEquals(chart.split(`class="ours"`).length, 2));

  it("shows the bound", () => assertStringIncludes(chart, "target: 150"));

  it("escapes names", () => assert(!chart.includes("<peer>")));
});

describe("a line chart", () => {
  const chart = lineChart({
    title: "cost",
    x: { name: "rooms", scale: "log" },
    y: { name: "ms", scale: "log" },
    series: [{
      name: "ours",
      ours: true,
      points: [{ x: 100, y: 1 }, { x: 100, y: 3 }, { x: 10_000, y: 2 }, { x: 100, y: 2 }],
    }],
  });

  it("draws a line through the median of each size", () => {
    const [, line] = /stroke-width="2" d="M([^"]+)"/.exec(chart)!;
    const [first, last] = line!.split("L").map((point) => point.split(" ")[1]);
    assertEquals(first, last);
  });

  it("names the sizes that were measured, where they are few", () => {
    for (const size of ["100", "10,000"]) assertStringIncludes(chart, `>${size}</text>`);
    assert(!chart.includes(">1,000</text>"));
  });

  it("draws every sample as a dot", () => assertEquals(chart.split("<circle").length, 5));
});
