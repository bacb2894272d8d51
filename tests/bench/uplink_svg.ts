/**
 * A picture of what was sent over an uplink that changed, and of what was missed of the voice.
 *
 * @module
 */
import type { Browser } from "playwright-core";
import { writeSvg } from "./report/picture.ts";
import { escaped } from "./report/svg.ts";
import type { Run } from "./uplink.ts";

/** A time with one rate, in kbit/s. */
export interface Phase {
  readonly rate: number;
  readonly from: number;
  readonly to: number;
}

const WIDTH = 1_400;
const LEFT = 110;
const RIGHT = 20;
const TOP = 60;
const RATES = { y: TOP, height: 300, least: 10_000, most: 6_000_000 };
const STEPS = { y: 400, height: 120 };
const VOICES = { y: 560, row: 26 };
const COLOURS = ["#1b6ac9", "#2a9d3a", "#b0478f"];
const GRID_MS = 30_000;
const RATE_LINES = [10, 30, 100, 300, 1_000, 4_000];
/** Shorter ones are not to be seen. */
const SHOWN_MS = 20;

export function uplinkSvg({ phases, samples, silences }: Run): string {
  const from = phases[0]!.from;
  const to = phases.at(-1)!.to;
  const x = (at: number) => (LEFT + (at - from) / (to - from) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const within = samples.filter(({ at }) => at >= from && at <= to);
  const { least, most } = RATES;
  const rateY = (bitrate: number) => {
    const share = Math.log(Math.max(least, bitrate) / least) / Math.log(most / least);
    return (RATES.y + RATES.height * (1 - Math.min(1, share))).toFixed(1);
  };
  const highest = Math.max(1, ...within.map(({ height }) => height));
  const stepY = (value: number, of: number) =>
    (STEPS.y + STEPS.height * (1 - value / of)).toFixed(1);
  const line = (points: readonly string[]) => `M${points.join("L")}`;
  const bottom = VOICES.y + VOICES.row * silences.length;

  const grid = Array.from({ length: Math.floor((to - from) / GRID_MS) + 1 }, (_, i) => {
    const at = x(from + i * GRID_MS);
    return `<path class="grid" d="M${at} ${TOP}V${bottom}"/>` +
      `<text class="small middle" x="${at}" y="${bottom + 14}">${i * GRID_MS / 1_000} s</text>`;
  });
  const rates = RATE_LINES.map((kilobits) =>
    `<path class="grid" d="M${LEFT} ${rateY(kilobits * 1_000)}H${WIDTH - RIGHT}"/>` +
    `<text class="small end" x="${LEFT - 6}" y="${rateY(kilobits * 1_000)}">${kilobits}</text>`
  );
  const link = line(phases.flatMap(({ rate, from, to }) => {
    const y = rateY(rate * 1_000);
    return [`${x(from)} ${y}`, `${x(to)} ${y}`];
  }));
  const sent = COLOURS.map((colour, i) =>
    `<path fill="none" stroke="${colour}" d="${
      line(within.map(({ at, sent }) => `${x(at)} ${rateY(sent[i] ?? 0)}`))
    }"/>`
  );
  const sum = line(
    within.map(({ at, sent }) => `${x(at)} ${rateY(sent.reduce((a, b) => a + b, 0))}`),
  );
  const steps = (values: readonly number[], of: number) =>
    line(within.flatMap(({ at }, i) => {
      const before = values[i - 1] ?? values[i]!;
      return [`${x(at)} ${stepY(before, of)}`, `${x(at)} ${stepY(values[i]!, of)}`];
    }));
  const heights = within.map(({ height }) => height);
  const frameRates = within.map(({ frameRate }) => frameRate);
  const fastest = Math.max(1, ...frameRates);
  const voices = silences.map(({ by, spans }, i) => {
    const y = VOICES.y + i * VOICES.row;
    const missing = spans.filter((span) => span.to - span.from >= SHOWN_MS).map((span) => {
      const width = Math.max(1.5, Number(x(span.to)) - Number(x(span.from)));
      return `<rect class="missing" x="${x(span.from)}" y="${y}" width="${width}" height="14">` +
        `<title>${Math.round(span.to - span.from)} ms</title></rect>`;
    });
    const longest = Math.max(0, ...spans.map((span) => span.to - span.from));
    return `<text class="small" x="6" y="${y + 11}">heard by ${escaped(by)}</text>` +
      `<rect class="sound" x="${LEFT}" y="${y}" width="${WIDTH - LEFT - RIGHT}" height="14"/>` +
      missing.join("") +
      `<text class="small end" x="${WIDTH - RIGHT}" y="${y + 24}">longest silence ${
        Math.round(longest)
      } ms</text>`;
  });
  const marks = phases.map(({ rate, from }) =>
    `<path class="event" d="M${x(from)} ${TOP - 6}V${bottom}"/>` +
    `<text class="small" x="${Number(x(from)) + 3}" y="${TOP - 10}">${rate} kbit/s</text>`
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${
    bottom + 40
  }" font-family="sans-serif">
<style>
  .back { fill: #fff } text { font-size: 12px; fill: #222 } .title { font-size: 15px }
  .small { font-size: 10px; fill: #555 } .middle { text-anchor: middle } .end { text-anchor: end }
  .grid { stroke: #e4e4e4; fill: none } .event { stroke: #06c; fill: none; stroke-dasharray: 3 2 }
  .link { stroke: #d80; fill: none; stroke-width: 2 } .sum { stroke: #333; fill: none }
  .height { stroke: #1b6ac9; fill: none; stroke-width: 1.5 } .frames { stroke: #d2691e; fill: none; stroke-dasharray: 4 3 }
  .sound { fill: #7ab87a } .missing { fill: #d22 }
</style>
<rect class="back" width="100%" height="100%"/>
<text class="title" x="10" y="22">One of four in a mesh, whose uplink gets thin and comes back</text>
<text class="small" x="10" y="38">orange: what the uplink carries; black: all that is sent; colours: on each connection; below: the picture that others are shown (blue: its height, dashed: its frame rate); red: the voice is not heard</text>
<text class="small" x="6" y="${RATES.y + 12}">kbit/s</text>
<text class="small" x="6" y="${STEPS.y + 12}">up to ${highest} lines,</text>
<text class="small" x="6" y="${STEPS.y + 24}">${fastest} a second</text>
${[...grid, ...rates, ...sent].join("\n")}
<path class="sum" d="${sum}"/>
<path class="link" d="${link}"/>
<path class="grid" d="M${LEFT} ${STEPS.y + STEPS.height}H${WIDTH - RIGHT}"/>
<path class="height" d="${steps(heights, highest)}"/>
<path class="frames" d="${steps(frameRates, fastest)}"/>
${[...voices, ...marks].join("\n")}
</svg>
`;
}

/** Writes `<path>.svg` and `<path>.png`. */
export async function writeUplinkPicture(browser: Browser, path: URL, run: Run): Promise<void> {
  await writeSvg(browser, path, uplinkSvg(run), WIDTH);
}
