/** Geometry of the small plots. Pure. @module */
import type { Size } from "./layout.ts";

export type Value = number | undefined;

export interface PlotShape {
  /** SVG path data of the line; broken where values are missing. */
  line: string;
  /** SVG path data of the area below it. */
  area: string;
}

/** A ceiling for the vertical axis: 1, 2 or 5 times a power of ten, at or above every value and `least`. */
export function ceilingOf(values: readonly Value[], least: number): number {
  const highest = values.reduce<number>((top, value) => Math.max(top, value ?? 0), least);
  const power = 10 ** Math.floor(Math.log10(highest));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= highest * (1 - 1e-9)) ?? 10;
  return step * power;
}

/**
 * Draws values as a line that ends at the right edge, newest last.
 *
 * @param slots how many values the whole width holds
 * @param ceiling the value at the upper edge
 */
export function plotOf(
  values: readonly Value[],
  box: Size,
  { slots, ceiling }: { slots: number; ceiling: number },
): PlotShape {
  const step = box.width / Math.max(1, slots - 1);
  const start = box.width - step * (values.length - 1);
  const line: string[] = [];
  const area: string[] = [];
  for (const run of runsOf(values)) {
    const points = run.values.map((value, index) => {
      const x = round(start + step * (run.from + index));
      const y = round(box.height * (1 - Math.min(1, Math.max(0, value / ceiling))));
      return { x, y };
    });
    const path = points.map(({ x, y }) => `${x} ${y}`).join(" L");
    const first = points[0];
    const last = points.at(-1);
    if (!first || !last) continue;
    // A lone point is drawn as a line of no length, which a round cap turns into a dot.
    line.push(points.length === 1 ? `M${path} L${path}` : `M${path}`);
    area.push(`M${first.x} ${box.height} L${path} L${last.x} ${box.height} Z`);
  }
  return { line: line.join(" "), area: area.join(" ") };
}

/** Stretches without a gap, each with the index of its first value. */
function runsOf(values: readonly Value[]): { from: number; values: number[] }[] {
  const runs: { from: number; values: number[] }[] = [];
  values.forEach((value, index) => {
    if (value === undefined || !Number.isFinite(value)) return;
    const last = runs.at(-1);
    if (last && last.from + last.values.length === index) last.values.push(value);
    else runs.push({ from: index, values: [value] });
  });
  return runs;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
