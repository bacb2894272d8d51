/**
 * T8, promotion: a call of four is lifted to an SFU and comes down again; what everyone misses of everyone meanwhile.
 *
 * @module
 */
import { CHROMIUM, find, JANUS, PAREC, PULSEAUDIO } from "../../../tools/test/requirements.ts";
import { launchBrowser } from "../../helpers/browser.ts";
import { type Figure, median, percentile, rounded } from "../report/figure.ts";
import { type Missing, missingIn, mostBeyond, type Span, type Timeline } from "../call/gaps.ts";
import { FRAME_MS, type HeardCall, PICTURE } from "../call/heard_call.ts";
import { busyShare, machineTime, pause } from "../system/proc.ts";
import { proveRig } from "../call/rig_check.ts";
import { type Mode, type SfuCall, startSfuCall } from "../call/sfu_call.ts";
import { EMBEDDED, JANUS_NODE, type SfuKind } from "../servers/sfus.ts";
import { inFolder } from "../report/folder.ts";
import { writePicture } from "../report/timeline_svg.ts";

/** Each is a promotion and a demotion. */
const ROUNDS = { janus: 20, embedded: 5 };
/** Of all switches, for each that counts. */
const TRIES = 2;
/** What is looked at, from before a switch to after it; as long a time just before it is what is calm. */
const BEFORE_MS = 1_000;
const AFTER_MS = 4_000;
const SPAN_MS = BEFORE_MS + AFTER_MS;
const BOUND_SILENCE_MS = 20;
/**
 * A time in which more than this is missing is not calm: something else keeps the machine busy. It is waited for, and a
 * switch does not count whose own calm, just before it, is none after all: it would excuse what the switch does.
 */
const CALM = { silenceMs: 20, frameGapMs: 3 * FRAME_MS, tries: 20 };

export interface Switch {
  readonly to: Mode;
  readonly calm: readonly Missing[];
  readonly during: readonly Missing[];
  /** From the demand until the last of all pictures came by the new path, in ms. */
  readonly shownMs: number;
  /** Of the machine, from before the calm to the end. */
  readonly busyShare: number;
  /** Times just before that were not calm, see `CALM`. */
  readonly restless: number;
}

interface Drawn {
  readonly at: number;
  readonly span: Span;
  readonly timelines: readonly Timeline[];
  readonly told: number;
}

export async function t8(): Promise<Figure[]> {
  for (const requirement of [CHROMIUM, PULSEAUDIO, PAREC]) {
    if (await find(requirement) === undefined) {
      return [unmeasured("all", `there is no ${requirement.name}`)];
    }
  }
  const figures = await find(JANUS) === undefined
    ? [unmeasured("promotion to Janus", "there is no Janus")]
    : await measure(JANUS_NODE, ROUNDS.janus, true);
  return [...figures, ...await measure(EMBEDDED, ROUNDS.embedded, false)];
}

function unmeasured(what: string, why: string): Figure {
  return { kind: "not measured", target: "T8", what, why };
}

async function measure(kind: SfuKind, rounds: number, held: boolean): Promise<Figure[]> {
  const switches: Switch[] = [];
  const drawn = new Map<Switch, Drawn>();
  let error: readonly number[];
  {
    await using sfu = await kind.start();
    await using four = await startSfuCall([sfu.url]);
    await four.haveSfus(1);
    error = (await proveRig(four.call)).silenceMs;
    while (counted(switches, "sfu").length < rounds || counted(switches, "mesh").length < rounds) {
      if (switches.length >= 2 * rounds * TRIES) {
        throw new Error(
          `Cannot measure: of ${switches.length} switches, fewer than ${rounds} each way had a ` +
            "calm of their own: this machine is too busy or too slow",
        );
      }
      const [one, picture] = await switched(four, switches.length % 2 === 0 ? "sfu" : "mesh");
      switches.push(one);
      drawn.set(one, picture);
    }
  }
  await draw(kind.name, switches, drawn);
  return [
    ...report(`promotion to ${kind.name}`, "sfu", switches, { held, error }),
    ...report(`demotion from ${kind.name}`, "mesh", switches, { held, error }),
  ];
}

/** Those one way whose own calm was calm. */
function counted(switches: readonly Switch[], to: Mode): Switch[] {
  return switches.filter((one) => one.to === to && isCalm(one.calm));
}

function isCalm(missing: readonly Missing[]): boolean {
  return silence(missing) <= CALM.silenceMs && gap(missing) <= CALM.frameGapMs;
}

/** Waits for as long as is calm, and switches. The pages are left alone meanwhile: they write down what happens. */
async function switched(four: SfuCall, to: Mode): Promise<[Switch, Drawn]> {
  const { call } = four;
  const restless = await waitForCalm(call);
  const machine = machineTime();
  await pause(SPAN_MS + BEFORE_MS);
  const at = await four.force(to);
  await pause(at + AFTER_MS - Date.now());
  const busy = busyShare(machine, machineTime());
  const span = { from: at - BEFORE_MS, to: at + AFTER_MS };
  const calmSpan = { from: span.from - SPAN_MS, to: span.from };
  const timelines = await call.timelines({ from: calmSpan.from, to: span.to });
  const [calm, during] = [missingIn(timelines, calmSpan), missingIn(timelines, span)];
  await four.isIn(to);
  const told = await toldAt(call, at);
  const shownMs = lastChange(timelines, at) - at;
  return [{ to, calm, during, shownMs, busyShare: busy, restless }, { at, span, timelines, told }];
}

/** Resolves after a time that was calm; how many before it were not. @throws {Error} if there is none. */
async function waitForCalm(call: HeardCall): Promise<number> {
  const seen: string[] = [];
  while (seen.length < CALM.tries) {
    const from = Date.now();
    await pause(SPAN_MS);
    const span = { from, to: from + SPAN_MS };
    const missing = missingIn(await call.timelines(span), span);
    if (isCalm(missing)) return seen.length;
    seen.push(`${rounded(silence(missing))} and ${rounded(gap(missing))}`);
  }
  throw new Error(
    `Cannot measure: in calm, silence of ${CALM.silenceMs} ms and frame gaps of ` +
      `${rounded(CALM.frameGapMs)} ms are borne; the last ${CALM.tries} times were of ${
        seen.join(", ")
      } ms: this machine is too busy or too slow`,
  );
}

/** When the last one was told of the switch. */
async function toldAt(call: HeardCall, since: number): Promise<number> {
  const each = await Promise.all(call.people.map(({ page }) =>
    page.page.evaluate(
      (since) => bench.topologies.find(({ at }) => at >= since)?.at ?? Infinity,
      since,
    )
  ));
  return Math.max(...each);
}

/** @throws {Error} if some picture did not change its track: then nothing was measured. */
function lastChange(timelines: readonly Timeline[], since: number): number {
  const each = timelines.map(({ by, of, changes }) => {
    const video = changes.findLast(({ kind, at }) => kind === "video" && at >= since);
    const audio = changes.findLast(({ kind, at }) => kind === "audio" && at >= since);
    if (video && audio) return Math.max(video.at, audio.at);
    throw new Error(
      `Cannot measure a switch: within ${AFTER_MS} ms, ${by}'s tracks of ${of} changed as ` +
        `${JSON.stringify(changes)}; expected one of each kind`,
    );
  });
  return Math.max(...each);
}

const silenceOf = ({ silenceMs }: Missing) => silenceMs;
const gapOf = ({ frameGapMs }: Missing) => frameGapMs;
const silence = (missing: readonly Missing[]) => Math.max(...missing.map(silenceOf));
const gap = (missing: readonly Missing[]) => Math.max(...missing.map(gapOf));

/** What there is to say of the switches one way. `error`: of the rig, in ms; `held`: to the bounds. */
export function report(
  what: string,
  to: Mode,
  all: readonly Switch[],
  { held, error }: { readonly held: boolean; readonly error: readonly number[] },
): Figure[] {
  const switches = counted(all, to);
  const left = all.filter((one) => one.to === to).length - switches.length;
  const { width, height, frameRate } = PICTURE;
  const busy = rounded(100 * median(switches.map((one) => one.busyShare)));
  const one = (
    name: string,
    read: (missing: Missing) => number,
    bound: number,
    note: string,
  ): Figure => {
    const longest = (missing: readonly Missing[]) => Math.max(...missing.map(read));
    const during = switches.map((one) => longest(one.during));
    const calm = switches.map((one) => longest(one.calm));
    const beyond = switches.map((one) => mostBeyond(one.during, one.calm, read));
    return {
      kind: "measured",
      target: "T8",
      what: `${what}: ${name}, beyond calm, p95`,
      value: percentile(beyond, 0.95),
      unit: "ms",
      bound: held ? { is: "at most", value: bound } : undefined,
      note:
        `p50 ${rounded(median(beyond))} ms; of each of 12 pairs less its own calm, the worst; ` +
        `in the ${SPAN_MS / 1000} s round each of ${switches.length}: ${spreadOf(during)}; ` +
        `in calm: ${spreadOf(calm)}; ${note}`,
      samples: switches,
    };
  };
  const shown = switches.map((one) => one.shownMs);
  return [
    one(
      "longest silence heard",
      silenceOf,
      BOUND_SILENCE_MS,
      `own error ${error.map(rounded).join(", ")} ms; machine busy ${busy} %; waited for calm: ${
        switches.reduce((sum, { restless }) => sum + restless, 0)
      } times; left out, since their own calm was none: ${left}`,
    ),
    one("longest frame gap", gapOf, FRAME_MS, `${width}x${height} at ${frameRate}/s`),
    {
      kind: "measured",
      target: "T8",
      what: `${what}: until all is shown by the new path, p95`,
      value: percentile(shown, 0.95),
      unit: "ms",
      note: `p50 ${rounded(median(shown))} ms`,
    },
  ];
}

function spreadOf(samples: readonly number[]): string {
  return `p50 ${rounded(median(samples))}, p95 ${rounded(percentile(samples, 0.95))}, longest ${
    rounded(Math.max(...samples))
  } ms`;
}

/** Of each kind of switch the worst one, by what was missing beyond calm. */
async function draw(
  name: string,
  switches: readonly Switch[],
  drawn: ReadonlyMap<Switch, Drawn>,
): Promise<void> {
  await using browser = await launchBrowser();
  const beyond = ({ during, calm }: Switch) =>
    mostBeyond(during, calm, silenceOf) + mostBeyond(during, calm, gapOf);
  for (const [to, word] of [["sfu", "promotion"], ["mesh", "demotion"]] as const) {
    const all = counted(switches, to);
    const [worst] = all.toSorted((a, b) => beyond(b) - beyond(a));
    if (worst === undefined) continue;
    const { at, span, timelines, told } = drawn.get(worst)!;
    await writePicture(browser, await inFolder(`t8_${name.toLowerCase()}_${word}`), {
      title: `The worst ${word} of ${all.length}, SFU: ${name}; longest silence ${
        rounded(silence(worst.during))
      } ms, longest frame gap ${rounded(gap(worst.during))} ms`,
      span,
      events: [{ at, what: "the switch is asked for" }, { at: told, what: "all are told" }],
      timelines,
      frameGapMs: 2 * FRAME_MS,
    });
  }
}
