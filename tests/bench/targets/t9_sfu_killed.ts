/**
 * T9, SFU killed: the SFU of a call of four dies, hangs, or drops media -> every participant sees every other again.
 *
 * @module
 */
import {
  CHROMIUM,
  find,
  JANUS,
  NFT,
  PAREC,
  PULSEAUDIO,
  type Requirement,
} from "../../../tools/test/requirements.ts";
import { launchBrowser } from "../../helpers/browser.ts";
import { type Figure, median, percentile, rounded } from "../report/figure.ts";
import { missingIn, type Span, type Timeline } from "../call/gaps.ts";
import { FRAME_MS, PICTURE } from "../call/heard_call.ts";
import { busyShare, machineTime, pause } from "../system/proc.ts";
import { type SfuCall, startSfuCall } from "../call/sfu_call.ts";
import { type SfuNode, startSfuNode } from "../servers/sfus.ts";
import { inFolder } from "../report/folder.ts";
import { writePicture } from "../report/timeline_svg.ts";
import { dropUdp } from "../call/udp_block.ts";

const ROUNDS = 10;
const BOUND_MS = 1_500;
const WHAT = "until everyone sees everyone again, p95";
const BEFORE_MS = 1_000;
/** Whoever sees nothing by then has not come back. */
const AFTER_MS = 8_000;
/** A picture is back when it moves again, and stays so to the end of what is looked at. */
const STANDS_MS = 8 * FRAME_MS;
/** From a call that is whole again to the next fault. */
const SETTLE_MS = 4_000;

/** A way of failing. */
interface Fault {
  readonly name: string;
  readonly needs?: Requirement;
  /** Does it; the answer undoes it, so that the SFU can be used again. */
  inflict(node: SfuNode): Promise<() => Promise<void>>;
}

const FAULTS: readonly Fault[] = [
  {
    name: "SIGKILL",
    async inflict(node) {
      await node.kill();
      return () => node.start();
    },
  },
  {
    name: "SIGSTOP",
    inflict(node) {
      node.pause();
      return Promise.resolve(() => Promise.resolve(node.resume()));
    },
  },
  {
    name: "media dropped",
    needs: NFT,
    async inflict(node) {
      const block = await dropUdp(node.rtpPorts);
      return () => Promise.resolve(block[Symbol.asyncDispose]());
    },
  },
];

interface Round {
  readonly fault: string;
  /** From the fault until the last pair had its picture back; `null`: within `AFTER_MS` it had not. */
  readonly backMs: number | null;
  readonly silenceMs: number;
  /** Which way the call went: to another SFU, or the mesh. */
  readonly wentTo: string;
  readonly busyShare: number;
}

interface Drawn {
  readonly at: number;
  readonly span: Span;
  readonly timelines: readonly Timeline[];
}

export async function t9(): Promise<Figure[]> {
  for (const requirement of [CHROMIUM, PULSEAUDIO, PAREC, JANUS]) {
    if (await find(requirement) !== undefined) continue;
    return [unmeasured("all", `there is no ${requirement.name}`)];
  }
  const figures: Figure[] = [];
  for (const fault of FAULTS) {
    if (fault.needs !== undefined && await find(fault.needs) === undefined) {
      figures.push(unmeasured(fault.name, `there is no ${fault.needs.name}`));
    } else figures.push(...await measure(fault));
  }
  return figures;
}

function unmeasured(what: string, why: string): Figure {
  return { kind: "not measured", target: "T9", what, why };
}

async function measure(fault: Fault): Promise<Figure[]> {
  const rounds: Round[] = [];
  const drawn = new Map<Round, Drawn>();
  {
    await using a = await startSfuNode("a");
    await using b = await startSfuNode("b");
    const nodes = [a, b];
    await using four = await startSfuCall(nodes.map(({ url }) => url));
    for (let i = 0; i < ROUNDS; i++) {
      await four.haveSfus(nodes.length);
      // A room keeps away from an SFU that has failed it.
      if (i > 0) await four.renew();
      await four.force("sfu");
      await four.isIn("sfu");
      const id = await four.sfu();
      const node = nodes.find((node) => node.id === id);
      if (node === undefined) throw new Error(`Cannot fail SFU "${id}": it is none of the bench's`);
      await pause(SETTLE_MS);
      const [one, picture] = await round(four, fault, node);
      rounds.push(one);
      drawn.set(one, picture);
    }
  }
  await draw(fault, rounds, drawn);
  return report(fault, rounds);
}

async function round(four: SfuCall, fault: Fault, node: SfuNode): Promise<[Round, Drawn]> {
  const machine = machineTime();
  const at = Date.now();
  const undo = await fault.inflict(node);
  await pause(at + AFTER_MS - Date.now());
  const busy = busyShare(machine, machineTime());
  const span = { from: at - BEFORE_MS, to: at + AFTER_MS };
  const timelines = await four.call.timelines(span);
  const sfu = await four.sfu();
  await undo();
  const back = timelines.map((timeline) => backAt(timeline, at, span.to));
  const silence = missingIn(timelines, span).map(({ silenceMs }) => silenceMs);
  return [{
    fault: fault.name,
    backMs: back.includes(null) ? null : Math.max(...back.map((time) => time! - at)),
    silenceMs: Math.max(...silence),
    wentTo: sfu === undefined ? "the mesh" : sfu === node.id ? "the same SFU" : "another SFU",
    busyShare: busy,
  }, { at, span, timelines }];
}

/** The frame that ended the last standstill after the fault; the fault itself where there was none, `null` where it lasts. */
function backAt({ frames }: Timeline, fault: number, end: number): number | null {
  let back = fault;
  for (const [i, at] of frames.entries()) {
    const before = frames[i - 1];
    if (at > fault && before !== undefined && at - before > STANDS_MS) back = at;
  }
  const last = frames.at(-1) ?? 0;
  return end - last > STANDS_MS ? null : back;
}

function report(fault: Fault, rounds: readonly Round[]): Figure[] {
  const back = rounds.map(({ backMs }) => backMs ?? Infinity);
  const silence = rounds.map(({ silenceMs }) => silenceMs);
  const { width, height, frameRate } = PICTURE;
  const ways = Object.entries(Object.groupBy(rounds, ({ wentTo }) => wentTo))
    .map(([way, these]) => `${these!.length} to ${way}`).join(", ");
  const busy = rounded(100 * median(rounds.map(({ busyShare }) => busyShare)));
  const never = back.filter((ms) => ms === Infinity).length;
  return [
    {
      kind: "measured",
      target: "T9",
      what: `${fault.name}: ${WHAT}`,
      value: percentile(back, 0.95),
      unit: "ms",
      bound: { is: "at most", value: BOUND_MS },
      note:
        `p50 ${rounded(median(back))} ms; ${rounds.length} faults: ${
          back.map(rounded).join(", ")
        } ms; ${ways}; not back within ${AFTER_MS / 1000} s: ${never}; call of 4, two Janus, ` +
        `${width}x${height} at ${frameRate}/s; machine busy ${busy} %`,
      samples: rounds,
    },
    {
      kind: "measured",
      target: "T9",
      what: `  ${fault.name}: longest silence heard, p95`,
      value: percentile(silence, 0.95),
      unit: "ms",
      note: `p50 ${rounded(median(silence))} ms; ${silence.map(rounded).join(", ")} ms`,
    },
  ];
}

/** The worst. */
async function draw(
  fault: Fault,
  rounds: readonly Round[],
  drawn: ReadonlyMap<Round, Drawn>,
): Promise<void> {
  const [worst] = rounds.toSorted((a, b) => (b.backMs ?? Infinity) - (a.backMs ?? Infinity));
  if (worst === undefined) return;
  await using browser = await launchBrowser();
  const { at, span, timelines } = drawn.get(worst)!;
  const name = fault.name.toLowerCase().replaceAll(" ", "_");
  await writePicture(browser, await inFolder(`t9_${name}`), {
    title: `${fault.name}: the worst of ${rounds.length}, ${
      worst.backMs === null ? "not all came back" : `all back after ${rounded(worst.backMs)} ms`
    }`,
    span,
    events: [{ at, what: fault.name }],
    timelines,
    frameGapMs: 2 * FRAME_MS,
  });
}
