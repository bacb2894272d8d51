/**
 * A picture of what each participant saw and heard of each other round an event.
 *
 * @module
 */
import type { Browser } from "playwright-core";
import type { Span, Timeline } from "../call/gaps.ts";
import { writeSvg } from "./picture.ts";
import { escaped, svg } from "./svg.ts";

export interface TimelinePicture {
  readonly title: string;
  readonly span: Span;
  /** What happened, and when, in ms since 1970. */
  readonly events: readonly { readonly at: number; readonly what: string }[];
  readonly timelines: readonly Timeline[];
  /** A frame gap longer than this is marked, in ms. */
  readonly frameGapMs: number;
}

const WIDTH = 1_200;
const LEFT = 110;
const RIGHT = 20;
const TOP = 76;
const ROW = 34;
const GROUP_GAP = 14;
const FRAMES = { y: 4, height: 12 };
const SOUND = { y: 19, height: 9 };
/** So wide that the numbers below have room. */
const GRID_LINES = 14;
const GRID_MS = 500;

/** One row per pair, grouped by who sees and hears: above its frames, below its sound, what is missing in red. */
export function timelineSvg(picture: TimelinePicture): string {
  const { title, span, events, timelines } = picture;
  const x = (at: number) =>
    (LEFT + (at - span.from) / (span.to - span.from) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const zero = events[0]?.at ?? span.from;
  let y = TOP;
  const rows = timelines.map((timeline, i) => {
    if (i > 0 && timelines[i - 1]!.by !== timeline.by) y += GROUP_GAP;
    const drawn = row(timeline, y, x, picture);
    y += ROW;
    return drawn;
  });
  const bottom = y;
  const grid: string[] = [];
  const step = GRID_MS * Math.ceil((span.to - span.from) / GRID_MS / GRID_LINES);
  for (
    let ms = Math.ceil((span.from - zero) / step) * step;
    zero + ms <= span.to;
    ms += step
  ) {
    const at = x(zero + ms);
    grid.push(
      `<path class="grid" d="M${at} ${TOP}V${bottom}"/>`,
      `<text class="small middle" x="${at}" y="${bottom + 14}">${ms} ms</text>`,
    );
  }
  const marks = events.map(({ at, what }, i) =>
    `<path class="event" d="M${x(at)} ${TOP - 8}V${bottom}"/>` +
    `<text class="small" x="${Number(x(at)) + 3}" y="${TOP - 18 + (i % 2) * 11}">${
      escaped(what)
    }</text>`
  );
  return svg(
    WIDTH,
    bottom + 40,
    `<text class="title" x="10" y="22">${escaped(title)}</text>
<text class="small" x="10" y="38">black: frames shown; green: voice heard; red: missing; blue triangles: the picture's (up) and the voice's (down) track became another</text>
${[...grid, ...rows, ...marks].join("\n")}
<text class="small middle" x="${WIDTH / 2}" y="${bottom + 30}">time from: ${
      escaped(events[0]?.what ?? "begin")
    }</text>`,
    `.frame { stroke: #333; fill: none } .sound { fill: #7ab87a } .missing { fill: #d22 } .change { fill: #06c }`,
  );
}

function row(
  { by, of, frames, silences, changes }: Timeline,
  y: number,
  x: (at: number) => string,
  { span, frameGapMs }: TimelinePicture,
): string {
  const shown = frames.filter((at) => at >= span.from && at <= span.to);
  const ticks = shown.map((at) => `M${x(at)} ${y + FRAMES.y}v${FRAMES.height}`).join("");
  const ends = [span.from, ...shown, span.to];
  const gaps = ends.slice(1).map((to, i) => ({ from: ends[i]!, to }))
    .filter(({ from, to }) => to - from > frameGapMs);
  const bar = (kind: string, { from, to }: Span, lane: typeof FRAMES) => {
    const [a, b] = [Math.max(from, span.from), Math.min(to, span.to)].map(x) as [string, string];
    const width = Math.max(1, Number(b) - Number(a));
    return `<rect class="${kind}" x="${a}" y="${
      y + lane.y
    }" width="${width}" height="${lane.height}"/>`;
  };
  const triangles = changes.map(({ kind, at }) => {
    const tip = kind === "video" ? [y + 17, 3, 4] : [y + 17, -3, -4];
    const [base, half, height] = tip as [number, number, number];
    const middle = Number(x(at));
    return `<path class="change" d="M${middle - half} ${base}L${middle + half} ${base}L${middle} ${
      base - height
    }z"/>`;
  });
  return [
    `<text x="10" y="${y + 20}">${escaped(by)} of ${escaped(of)}</text>`,
    ...gaps.map((gap) => bar("missing", gap, FRAMES)),
    `<path class="frame" d="${ticks}"/>`,
    bar("sound", span, SOUND),
    ...silences.map((silence) => bar("missing", silence, SOUND)),
    ...triangles,
  ].join("");
}

/** Writes `<path>.svg`, and `<path>.png` as the browser draws it. */
export async function writePicture(
  browser: Browser,
  path: URL,
  picture: TimelinePicture,
): Promise<void> {
  await writeSvg(browser, path, timelineSvg(picture), WIDTH);
}
