/**
 * The plots of the report, made of the figures' samples alone: they can be drawn again without measuring again.
 *
 * @module
 */
import type { Round } from "../load/rounds.ts";
import { type Bar, barChart, lineChart, type Series } from "./charts.ts";
import { type Figure, type Measured, median, percentile } from "./figure.ts";
import type { Point } from "./slope.ts";

export interface Plot {
  /** Of the file, without `.svg`; begins with the target's name. */
  readonly name: string;
  readonly svg: string;
}

/** The plots of a target's figures; none, where nothing was measured or a table says it better. */
export function plotsOf(target: string, figures: readonly Figure[]): Plot[] {
  const measured = figures.filter((figure) => figure.kind === "measured");
  const plots = DRAWN[target]?.(measured) ?? [];
  return plots.map(([name, svg]) => ({ name: `${target.toLowerCase()}_${name}`, svg }));
}

type Draw = (figures: readonly Measured[]) => [name: string, svg: string][];

const DRAWN: Readonly<Record<string, Draw>> = {
  T1: relays("Relay of 2 KB: messages per second of server CPU", {
    service: "meshlift",
    forward: "bare relay",
    pinging: "bare relay, pinging",
    named: "bare relay, naming the sender",
  }),
  T2: relays("Relay of 2 KB: messages per second of server CPU", { service: "meshlift" }),
  T3: memory,
  T4: joins,
  T5: growth,
  GROWTH: (figures) =>
    figures.map((figure, i) => {
      const [sizes = "", cost = ""] = figure.what.split(": slope of ");
      const size = sizes.replace(/^[\d, ]+/, "");
      return [`${i + 1}`, costs({ title: `${cost}, by ${size}`, size }, [figure], ["meshlift"])];
    }),
  SATURATION: saturation,
};

function relays(title: string, names: Record<string, string>): Draw {
  return ([first]) => {
    if (first === undefined) return [];
    const rounds = Object.entries(first.samples as Record<string, Round[]>);
    const bars = rounds.map(([name, all]): Bar => {
      const values = all.map(({ perCpuSecond }) => perCpuSecond);
      return {
        name: names[name] ?? name,
        value: median(values),
        range: [Math.min(...values), Math.max(...values)],
        ...name === "service" && { ours: true as const },
      };
    });
    return [["relay", barChart({ title, unit: "messages per CPU second", bars })]];
  };
}

function memory([joined, ...bare]: readonly Measured[]): [string, string][] {
  if (joined === undefined) return [];
  const bars: Bar[] = [
    { name: "meshlift, joined", value: joined.value, ours: true },
    ...bare.map(({ what, value }) => ({ name: what.trim(), value })),
  ];
  const bound = { value: joined.bound!.value, name: "target" };
  return [["memory", barChart({ title: "Memory per socket", unit: "KB of RSS", bars, bound })]];
}

function joins(figures: readonly Measured[]): [string, string][] {
  const series = figures.map(({ what, samples }, i): Series => {
    const all = (samples as { joinMs: number[] }[]).flatMap(({ joinMs }) => joinMs);
    const points = SHARES.map((share) => ({ x: percentile(all, share), y: 100 * share }));
    return { name: what.replace(/^join, |, p99$/g, ""), points, ...i === 0 && { ours: true } };
  });
  if (series.length === 0) return [];
  return [[
    "join",
    lineChart({
      title: "Joins that were welcome within so long",
      x: { name: "ms from open to welcome", scale: "log" },
      y: { name: "% of all joins", scale: "linear" },
      series,
    }),
  ]];
}

const SHARES = [0.01, 0.05, ...Array.from({ length: 18 }, (_, i) => (i + 2) / 20), 0.99, 0.999];

function growth(figures: readonly Measured[]): [string, string][] {
  const find = (part: string) => figures.filter(({ what }) => what.includes(part));
  const own = ["meshlift", "meshlift, less idle"];
  return [
    ["signal", "CPU per signal as rooms grow", "rooms", find("CPU per signal"), [
      ...own,
      "bare Deno relay",
    ]] as const,
    [
      "join",
      "CPU per join, with its leave, as rooms grow",
      "rooms",
      find("CPU per join"),
      own,
    ] as const,
    ["idle", "CPU of idle participants", "participants", find("CPU of"), own] as const,
  ].flatMap(([name, title, size, all, names]) =>
    all.length > 0 ? [[name, costs({ title, size }, all, names)] as [string, string]] : []
  );
}

/** Costs over sizes, from zero: there a little scatter looks as little as it is. */
function costs(
  { title, size }: { title: string; size: string },
  figures: readonly Measured[],
  names: readonly string[],
): string {
  const series = figures.map(({ samples }, i): Series => ({
    name: names[i] ?? "",
    points: (samples as Point[]).filter(({ cost }) => cost > 0)
      .map(({ size, cost }) => ({ x: size, y: cost })),
    ...i === 0 && { ours: true },
  }));
  return lineChart({
    title,
    x: { name: size, scale: "log" },
    y: { name: UNITS.find(([part]) => title.includes(part))?.[1] ?? "", scale: "linear" },
    series: series.filter(({ points }) => points.length > 0),
  });
}

const UNITS = [["per signal", "µs"], ["per join", "ms"], ["idle", "% of a core"]] as const;

interface Step {
  readonly rate: number;
  readonly accepted: number;
  readonly p99: number | null;
}

function saturation([first]: readonly Measured[]): [string, string][] {
  if (first === undefined) return [];
  const steps = first.samples as Step[];
  const x = { name: "joins wanted a second", scale: "log" } as const;
  const [accepted, waits] = [
    steps.map(({ rate, accepted }) => ({ x: rate, y: accepted })),
    // Where nobody was welcome there is none.
    steps.flatMap(({ rate, p99 }) => p99 ? [{ x: rate, y: p99 }] : []),
  ];
  const y = { name: "joins accepted a second", scale: "linear" } as const;
  const wait = { name: "ms, p99 of those accepted", scale: "log" } as const;
  const bound = waits[0] && { value: 2 * waits[0].y, name: "twice the calm" };
  return [
    [
      "accepted",
      lineChart({
        title: "Joins accepted",
        x,
        y,
        series: [{ name: "meshlift", points: accepted, ours: true }],
      }),
    ],
    [
      "wait",
      lineChart({
        title: "How long the accepted wait",
        x,
        y: wait,
        series: [{ name: "meshlift", points: waits, ours: true }],
        bound,
      }),
    ],
  ];
}
