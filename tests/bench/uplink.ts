/**
 * UPLINK: a call of four in the mesh, one of whom has an uplink that gets thin and comes back: how long its voice is
 * missed, how soon less and more is sent, and whether that swings. Writes bench/uplink.svg and .png.
 *
 * @module
 */
import { CHROMIUM, find, PAREC, PULSEAUDIO } from "../../tools/test/requirements.ts";
import { launchBrowser } from "../helpers/browser.ts";
import { Lab } from "../lab/lab.ts";
import { requireLab } from "../lab/possible.ts";
import { benchPage } from "./call/call_page.ts";
import { type Figure, rounded } from "./report/figure.ts";
import { inFolder } from "./report/folder.ts";
import type { Span } from "./call/gaps.ts";
import { type HeardCall, IDENTITIES, PICTURE, startHeardCall } from "./call/heard_call.ts";
import { pause } from "./system/proc.ts";
import { type Sample, startSampling } from "./uplink_samples.ts";
import { type Phase, writeUplinkPicture } from "./uplink_svg.ts";

const FREE = 4_000;
const THIN = [500, 250, 100];
const PHASE_MS = 60_000;
const SETTLE_MS = 20_000;
/** What the uplink does beside: half of a usual round trip, and how long a packet may wait for its turn. */
const UPLINK = { delay: 15, limit: 500 };
/** Hers is larger than those of the others, who have to be decoded too. */
const LARGE = { width: 320, height: 240, frameRate: PICTURE.frameRate };
const BOUNDS = { silenceMs: 300, downMs: 4_000, upMs: 15_000, turns: 1 };
const [WEAK] = IDENTITIES as [string, ...string[]];

export async function uplink(): Promise<Figure[]> {
  for (const requirement of [CHROMIUM, PULSEAUDIO, PAREC]) {
    if (await find(requirement) === undefined) {
      return [unmeasured(`there is no ${requirement.name}`)];
    }
  }
  try {
    await requireLab();
  } catch (error) {
    return [unmeasured((error as Error).message)];
  }
  const run = await measure();
  await using browser = await launchBrowser();
  await writeUplinkPicture(browser, await inFolder("uplink"), run);
  const [before, ...phases] = run.phases as [Phase, ...Phase[]];
  return [
    calm(before, run),
    ...phases.flatMap((one, i) => figures(one, (phases[i - 1] ?? before).rate, run)),
  ];
}

function unmeasured(why: string): Figure {
  return { kind: "not measured", target: "UPLINK", what: "all", why };
}

export interface Run {
  readonly phases: readonly Phase[];
  readonly samples: readonly Sample[];
  /** Who did not hear it, and when. */
  readonly silences: readonly { readonly by: string; readonly spans: readonly Span[] }[];
}

async function measure(): Promise<Run> {
  await using lab = await Lab.up({
    hosts: Object.fromEntries(IDENTITIES.map((name) => [name, "routed" as const])),
    turn: [],
  });
  const link = (rate: number) => lab.host(WEAK).uplink({ ...UPLINK, rate });
  await link(FREE);
  const room = (await lab.api.makeRoom({ topology: { mode: "mesh" } })).id;
  const url = lab.nodes[0]!.publicUrl();
  await using call = await startHeardCall({ url, api: lab.api }, room, {
    site: { url: await lab.publish("bench", benchPage(url)) },
    launch: (name, flags, options) => {
      const { browserArgs, namespace } = lab.host(name);
      return launchBrowser([...browserArgs, ...flags], { ...options, within: namespace.name });
    },
    picture: (name) => name === WEAK ? LARGE : PICTURE,
  });
  await enlarge(call);
  await using sampling = await startSampling(weak(call).page.page);
  await pause(SETTLE_MS);
  await call.tune();
  const phases: Phase[] = [];
  for (const rate of [FREE, ...THIN.flatMap((thin) => [thin, FREE])]) {
    const from = Date.now();
    await link(rate);
    await pause(phases.length === 0 ? SETTLE_MS : PHASE_MS);
    phases.push({ rate, from, to: Date.now() });
  }
  const span = { from: phases[0]!.from, to: phases.at(-1)!.to };
  const timelines = await call.timelines(span);
  const silences = timelines.filter(({ of }) => of === WEAK)
    .map(({ by, silences }) => ({ by, spans: silences }));
  return { phases, samples: await sampling.taken(), silences };
}

const weak = ({ people }: HeardCall) => people.find(({ identity }) => identity === WEAK)!;

/** The others see her as large as she is sent. */
async function enlarge({ people }: HeardCall): Promise<void> {
  for (const { page: { page } } of people) {
    await page.evaluate(({ identity, width }) => {
      const [person] = [...bench.call.participants.values()].filter((p) => p.identity === identity);
      for (const video of document.querySelectorAll("video")) {
        if (video.srcObject === person?.stream) video.width = width;
      }
    }, { identity: WEAK, width: LARGE.width });
  }
}

/** What is missed before anything happens is the machine's doing, and not the uplink's. */
function calm({ from, to }: Phase, { silences, samples }: Run): Figure {
  const all = silences.flatMap(({ spans }) => spans)
    .filter((span) => span.to > from && span.from < to)
    .map((span) => span.to - span.from);
  const steps = new Set(samples.filter(({ at }) => at > from && at <= to).map(({ step }) => step));
  return {
    kind: "measured",
    target: "UPLINK",
    what: `before, with ${FREE} kbit/s: longest silence of the voice, heard`,
    value: Math.max(0, ...all),
    unit: "ms",
    note: `where this is much, the machine was too busy for what follows; steps: ${
      [...steps].join(", ")
    }`,
  };
}

/** What a phase was like, after one of another `rateBefore`. */
function figures(
  { rate, from, to }: Phase,
  rateBefore: number,
  { samples: all, silences }: Run,
): Figure[] {
  const before = all.findLast(({ at }) => at <= from) ?? all[0]!;
  const samples = all.filter(({ at }) => at > from && at <= to);
  const changes = [before, ...samples].flatMap((sample, i, row) => {
    const last = row[i - 1];
    return last === undefined || last.step === sample.step
      ? []
      : [{ ms: sample.at - from, up: sample.step > last.step, step: sample.step }];
  });
  const turns = changes.filter(({ up }, i) => i > 0 && up !== changes[i - 1]!.up).length;
  const isCut = rate < FREE;
  const first = changes.find(({ up }) => up !== isCut);
  const heard = silences.flatMap(({ by, spans }) =>
    spans.filter((span) => span.to > from && span.from < to)
      .map((span) => ({ by, ms: span.to - span.from, at: span.from - from }))
  ).toSorted((a, b) => b.ms - a.ms);
  const what = `${rateBefore} -> ${rate} kbit/s`;
  const steps = changes.map(({ ms, step }) => `${rounded(ms / 1_000)} s: ${step}`).join(", ");
  const one = (name: string, value: number, unit: string, bound: number, note: string): Figure => ({
    kind: "measured",
    target: "UPLINK",
    what: `${what}: ${name}`,
    value,
    unit,
    bound: { is: "at most", value: bound },
    note,
    samples: changes,
  });
  const [longest] = heard;
  const moved: Figure = first === undefined
    ? {
      kind: "not measured",
      target: "UPLINK",
      what: `${what}: until ${isCut ? "less" : "more"} is sent`,
      why: `the step was ${before.step} before, and stayed so`,
    }
    : isCut
    ? one("until less is sent", first.ms, "ms", BOUNDS.downMs, `steps: ${steps}`)
    : one("until more is sent", first.ms, "ms", BOUNDS.upMs, `steps: ${steps}`);
  return [
    one(
      "longest silence of the voice, heard",
      longest?.ms ?? 0,
      "ms",
      BOUNDS.silenceMs,
      longest === undefined
        ? "none"
        : `by ${longest.by}, after ${rounded(longest.at / 1_000)} s; longer than ` +
          `${BOUNDS.silenceMs} ms: ${heard.filter(({ ms }) => ms > BOUNDS.silenceMs).length}`,
    ),
    moved,
    one("turns from less to more or back", turns, "", BOUNDS.turns, `in ${(to - from) / 1_000} s`),
  ];
}
