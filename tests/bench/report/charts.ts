/**
 * Plots, as pure functions of what was measured.
 *
 * @module
 */
import { median, rounded } from "./figure.ts";
import { at, escaped, svg, through } from "./svg.ts";

export interface Bar {
  readonly name: string;
  readonly value: number;
  /** Lowest and highest that was read. */
  readonly range?: readonly [number, number];
  /** What is measured, and not what it is measured against. */
  readonly ours?: true;
}

export interface BarChart {
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly Bar[];
  /** A line that the bars are held to. */
  readonly bound?: { readonly value: number; readonly name: string };
}

const WIDTH = 760;
/** A character of a name, at most. */
const CHARACTER = 6.5;
const RIGHT = 90;
const TOP = 48;
const ROW = 30;
const BAR = 16;
const CHART_STYLE =
  `.bar { fill: #b8c0c8 } .ours { fill: #1b6ac9 } .range { stroke: #222; fill: none }
  .bound { stroke: #c22; fill: none; stroke-dasharray: 5 3 } .bound-name { font-size: 10px; fill: #c22 }`;

/** One bar a row, from zero, with the range of what was read. */
export function barChart({ title, unit, bars, bound }: BarChart): string {
  const highest = Math.max(
    ...bars.flatMap(({ value, range }) => [value, range?.[1] ?? 0]),
    bound?.value ?? 0,
  ) || 1;
  const left = 20 + CHARACTER * Math.max(...bars.map(({ name }) => name.length));
  const x = (value: number) => left + value / highest * (WIDTH - left - RIGHT);
  const bottom = TOP + bars.length * ROW;
  const rows = bars.map(({ name, value, range, ours }, i) => {
    const y = TOP + i * ROW + (ROW - BAR) / 2;
    const middle = y + BAR / 2;
    const whisker = range
      ? `<path class="range" d="M${at(x(range[0]))} ${middle}H${at(x(range[1]))}` +
        `M${at(x(range[0]))} ${middle - 4}v8M${at(x(range[1]))} ${middle - 4}v8"/>`
      : "";
    return `<text class="end" x="${left - 8}" y="${middle + 4}">${escaped(name)}</text>` +
      `<rect class="${ours ? "ours" : "bar"}" x="${left}" y="${y}" width="${
        at(x(value) - left)
      }" height="${BAR}"/>${whisker}` +
      `<text x="${at(Math.max(x(value), x(range?.[1] ?? 0)) + 6)}" y="${middle + 4}">${
        rounded(value)
      }</text>`;
  });
  const line = bound
    ? `<path class="bound" d="M${at(x(bound.value))} ${TOP - 4}V${bottom}"/>` +
      `<text class="bound-name middle" x="${at(x(bound.value))}" y="${bottom + 12}">${
        escaped(`${bound.name}: ${rounded(bound.value)}`)
      }</text>`
    : "";
  return svg(
    WIDTH,
    bottom + 24,
    `<text class="title" x="10" y="22">${escaped(title)}</text>
<text class="small" x="10" y="38">${escaped(unit)}${
      bars.some(({ range }) => range) ? "; thin lines: lowest to highest of all rounds" : ""
    }</text>
${[...rows, line].join("\n")}`,
    CHART_STYLE,
  );
}

export interface Axis {
  readonly name: string;
  readonly scale: "linear" | "log";
}

export interface Series {
  readonly name: string;
  /** With several of one `x`, the line goes through their median, and each is a dot. */
  readonly points: readonly { readonly x: number; readonly y: number }[];
  readonly ours?: true;
}

export interface LineChart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  readonly bound?: { readonly value: number; readonly name: string };
}

const PLOT = { left: 70, right: 20, top: 60, height: 260 };
const COLOURS = ["#8a949e", "#d2691e", "#2a9d3a", "#b0478f"];
const OURS = "#1b6ac9";
const MARGIN = 0.08;
const FEW = 6;

/** Lines over a common pair of axes. */
export function lineChart({ title, x, y, series, bound }: LineChart): string {
  const all = series.flatMap(({ points }) => points);
  const xs = extent(all.map((point) => point.x), x.scale);
  const ys = extent([...all.map((point) => point.y), ...bound ? [bound.value] : []], y.scale);
  const toX = (value: number) =>
    PLOT.left + share(value, xs, x.scale) * (WIDTH - PLOT.left - PLOT.right);
  const toY = (value: number) => PLOT.top + (1 - share(value, ys, y.scale)) * PLOT.height;
  const bottom = PLOT.top + PLOT.height;
  const grid = [
    ...named(all.map((point) => point.x), xs, x.scale).map((value) =>
      `<path class="grid" d="M${at(toX(value))} ${PLOT.top}V${bottom}"/>` +
      `<text class="small middle" x="${at(toX(value))}" y="${bottom + 14}">${rounded(value)}</text>`
    ),
    ...ticks(ys, y.scale).map((value) =>
      `<path class="grid" d="M${PLOT.left} ${at(toY(value))}H${WIDTH - PLOT.right}"/>` +
      `<text class="small end" x="${PLOT.left - 6}" y="${at(toY(value) + 4)}">${
        rounded(value)
      }</text>`
    ),
  ];
  let others = 0;
  const lines = series.map(({ name, points, ours }, i) => {
    const colour = ours ? OURS : COLOURS[others++ % COLOURS.length]!;
    const line = medians(points).map((point) => `${at(toX(point.x))} ${at(toY(point.y))}`);
    const dots = points.map((point) =>
      `<circle cx="${at(toX(point.x))}" cy="${
        at(toY(point.y))
      }" r="2.5" fill="${colour}" fill-opacity="0.5"/>`
    );
    const left = PLOT.left + 10 + i * 170;
    return `<path fill="none" stroke="${colour}" stroke-width="2" d="${through(line)}"/>` +
      (points.length <= MOST_DOTS ? dots.join("") : "") +
      `<rect x="${left}" y="32" width="12" height="4" fill="${colour}"/>` +
      `<text class="small" x="${left + 16}" y="38">${escaped(name)}</text>`;
  });
  const held = bound
    ? `<path class="bound" d="M${PLOT.left} ${at(toY(bound.value))}H${WIDTH - PLOT.right}"/>` +
      `<text class="bound-name end" x="${WIDTH - PLOT.right}" y="${at(toY(bound.value) - 4)}">${
        escaped(bound.name)
      }</text>`
    : "";
  return svg(
    WIDTH,
    bottom + 40,
    `<text class="title" x="10" y="22">${escaped(title)}</text>
${[...grid, ...lines, held].join("\n")}
<text class="small middle" x="${WIDTH / 2}" y="${bottom + 30}">${escaped(x.name)}</text>
<text class="small" x="10" y="54">${escaped(y.name)}</text>`,
    CHART_STYLE,
  );
}

const MOST_DOTS = 60;

type Extent = readonly [number, number];

/** From zero where it is linear; with some room round it where it is not. */
function extent(values: readonly number[], scale: Axis["scale"]): Extent {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (scale === "linear") return [0, high * (1 + MARGIN) || 1];
  const room = (high / low) ** MARGIN * 1.1;
  return [low / room, high * room];
}

function share(value: number, [low, high]: Extent, scale: Axis["scale"]): number {
  return scale === "linear"
    ? (value - low) / (high - low)
    : Math.log(value / low) / Math.log(high / low);
}

/** Round numbers within: of a log axis mostly 1, 2 and 5 times powers of ten; of a linear one about five. */
export function ticks([low, high]: Extent, scale: Axis["scale"]): number[] {
  if (scale === "log") {
    const powers = Array.from(
      { length: Math.ceil(Math.log10(high)) - Math.floor(Math.log10(low)) + 1 },
      (_, i) => 10 ** (Math.floor(Math.log10(low)) + i),
    );
    const steps = high / low > 1_000
      ? [1]
      : high / low > 6
      ? [1, 2, 5]
      : [1, 2, 3, 4, 5, 6, 7, 8, 9];
    return powers.flatMap((power) => steps.map((step) => step * power))
      .filter((value) => value >= low && value <= high);
  }
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough)!;
  return Array.from({ length: Math.floor(high / step) + 1 }, (_, i) => i * step)
    .filter((value) => value >= low);
}

/** What the axis names: the values themselves where they are few. */
function named(values: readonly number[], extent: Extent, scale: Axis["scale"]): number[] {
  const own = new Set(values);
  return own.size <= FEW ? [...own] : ticks(extent, scale);
}

function medians(points: Series["points"]): { x: number; y: number }[] {
  return [...Map.groupBy(points, ({ x }) => x)]
    .map(([x, group]) => ({ x, y: median(group.map(({ y }) => y)) }))
    .sort((a, b) => a.x - b.x);
}
