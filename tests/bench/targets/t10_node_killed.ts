/**
 * T10, node killed: SIGKILL the node that half of a call is on -> all sessions resumed on the other; what media and
 * `send` saw of it.
 *
 * @module
 */
import { CHROMIUM, find, REDIS_SERVER } from "../../../tools/test/requirements.ts";
import { type Balancer, startBalancer } from "../../helpers/balancer.ts";
import { launchBrowser, waitFor } from "../../helpers/browser.ts";
import { type Cluster, startCluster } from "../../helpers/cluster.ts";
import {
  type BenchPage,
  openBenchPage,
  serveBenchPage,
  type VoiceSamples,
} from "../call/call_page.ts";
import { type Figure, percentile, rounded } from "../report/figure.ts";
import { pause } from "../system/proc.ts";

const ROUNDS = 10;
const WHAT = "node killed -> all sessions resumed on the other, p95";
const BOUND_MS = 1_500;
const MESSAGE_EVERY_MS = 50;
/** Media is looked at for so long from the kill on, and for as long just before it: as many windows of each. */
const WINDOW_MS = 4_000;
/** Of sound. */
const PACKET_MS = 20;
/** After a node is back and people have gone back to it. */
const SETTLE_MS = 3_000;
const LIMIT_MS = 30_000;

/** Small, so that two cores carry four people who see each other. */
const MEDIA = { audio: true, video: { width: 160, height: 120, frameRate: 15 } };
const FRAME_MS = 1_000 / MEDIA.video.frameRate;

/** Who goes through a balancer, that prefers one node. */
interface Half {
  readonly node: number;
  readonly balancer: Balancer;
  readonly people: readonly BenchPage[];
}

export interface Round {
  readonly node: number;
  /** From the kill until the last of those cut off was connected again. */
  readonly resumedMs: number;
  /** Longest time between two frames shown, of all pictures: before the kill, and from it on. */
  readonly calmGapMs: number;
  readonly gapMs: number;
  /** Sound that was made up, of all heard, in ms per voice. */
  readonly calmConcealedMs: number;
  readonly concealedMs: number;
}

export async function t10(): Promise<Figure[]> {
  for (const requirement of [CHROMIUM, REDIS_SERVER]) {
    if (await find(requirement) !== undefined) continue;
    const why = `there is no ${requirement.commands[0]}`;
    return [{ kind: "not measured", target: "T10", what: WHAT, why }];
  }
  await using cluster = await startCluster({ nodes: 2 });
  await using site = serveBenchPage(cluster.nodes[0]!.url);
  await using browser = await launchBrowser();
  await using balancers = new AsyncDisposableStack();
  const room = await cluster.room();
  const halves: Half[] = [];
  for (const [node, identities] of [["ada", "bob"], ["eve", "fay"]].entries()) {
    const balancer = balancers.use(startBalancer(cluster.nodes.map(({ url }) => url)));
    balancer.prefer(node);
    const people: BenchPage[] = [];
    for (const identity of identities) {
      const token = await cluster.nodes[node]!.api.makeToken(room, identity);
      const one = await openBenchPage(browser, site, identity);
      await one.join({ url: balancer.url, token, media: MEDIA });
      people.push(one);
    }
    halves.push({ node, balancer, people });
  }
  const everyone = halves.flatMap(({ people }) => people);
  await Promise.all(everyone.map((one) => one.decodes(everyone.length - 1)));
  const connections = await connectionsOf(everyone);
  await Promise.all(everyone.map(({ page }) =>
    page.evaluate((everyMs) => {
      bench.hush = bench.speak(everyMs);
    }, MESSAGE_EVERY_MS)
  ));
  await pause(SETTLE_MS);
  const rounds: Round[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    rounds.push(await round(cluster, everyone, halves[i % halves.length]!));
  }
  const messages = await count(everyone);
  const made = await connectionsOf(everyone) - connections;
  const left = await sumOf(everyone, () => bench.left.length);
  return report(rounds, messages, { made, left });
}

/**
 * Kills a half's node, waits until all is as it was, and starts the node again. The pages are left alone meanwhile: they
 * write down by themselves what happens, and to ask them takes time from those that play.
 */
async function round(cluster: Cluster, everyone: BenchPage[], half: Half): Promise<Round> {
  const node = cluster.nodes[half.node]!;
  const before = await voices(everyone);
  await pause(WINDOW_MS);
  const atKill = await voices(everyone);
  const killedAt = Date.now();
  node.service.kill("SIGKILL");
  await pause(WINDOW_MS);
  const after = await voices(everyone);
  const resumedAt = await Promise.all(half.people.map((one) => connectedAt(one, killedAt)));
  const gap = (from: number) => longestGap(everyone, from, from + WINDOW_MS);
  const result = {
    node: half.node,
    resumedMs: Math.max(...resumedAt) - killedAt,
    calmGapMs: await gap(killedAt - WINDOW_MS),
    gapMs: await gap(killedAt),
    calmConcealedMs: concealed(before, atKill),
    concealedMs: concealed(atKill, after),
  };
  await node.service.exited;
  await node.start();
  const cutAt = Date.now();
  half.balancer.cut();
  await Promise.all(half.people.map((one) => connectedAt(one, cutAt)));
  const { balancer: { connections }, people } = half;
  if (connections[half.node]! < people.length) {
    throw new Error(`Cannot measure: expected ${people.length} on node ${half.node}`);
  }
  await pause(SETTLE_MS);
  return result;
}

/** When a page's call was connected again, after it had lost its node. */
async function connectedAt({ page }: BenchPage, since: number): Promise<number> {
  return await waitFor(
    page,
    (since) => bench.states.findLast(({ state, at }) => state === "connected" && at >= since)?.at,
    LIMIT_MS,
    since,
  ) as number;
}

async function longestGap(everyone: BenchPage[], from: number, to: number): Promise<number> {
  const gaps = await Promise.all(everyone.map(({ page }) =>
    page.evaluate(({ from, to }) => {
      const longest = Object.values(bench.frames).map((times) => {
        const inside = times.filter((at) => at >= from && at <= to);
        const ends = [from, ...inside, to];
        return Math.max(...ends.slice(1).map((at, i) => at - ends[i]!));
      });
      return Math.max(...longest);
    }, { from, to })
  ));
  return Math.max(...gaps);
}

/** Samples of a voice as somebody hears it, by who hears it and whose it is. */
type Voices = ReadonlyMap<string, VoiceSamples>;

async function voices(everyone: BenchPage[]): Promise<Voices> {
  const each = await Promise.all(everyone.map(async ({ page, identity }) => {
    const heard = await page.evaluate(() => bench.voices());
    return heard.map(({ track, ...samples }) => [`${identity} ${track}`, samples] as const);
  }));
  return new Map(each.flat());
}

/** The share of a voice that was made up, as time of the window, of the voice of which most was. */
export function concealed(from: Voices, to: Voices): number {
  const shares = [...to].map(([whose, now]) => {
    const before = from.get(whose) ?? { concealed: 0, all: 0 };
    const played = now.all - before.all;
    // What does not play at all is missing altogether.
    return played > 0 ? (now.concealed - before.concealed) / played : 1;
  });
  return Math.max(...shares) * WINDOW_MS;
}

export interface Messages {
  readonly sent: number;
  readonly lost: number;
  readonly doubled: number;
  readonly disordered: number;
}

/** Ends the sending, and compares what everyone sent with what each of the others heard. */
async function count(everyone: BenchPage[]): Promise<Messages> {
  const sent = await Promise.all(
    everyone.map(async ({ page, identity }) => {
      return { identity, count: await page.evaluate(() => bench.hush()) };
    }),
  );
  let [lost, doubled, disordered] = [0, 0, 0];
  for (const { page, identity } of everyone) {
    const heard = await page.evaluate(() => bench.heard);
    for (const { identity: from, count } of sent) {
      if (from === identity) continue;
      const numbers = heard[from] ?? [];
      const different = new Set(numbers);
      lost += count - different.size;
      doubled += numbers.length - different.size;
      disordered += numbers.filter((n, i) => i > 0 && n < numbers[i - 1]!).length;
    }
  }
  const all = sent.reduce((sum, { count }) => sum + count, 0) * (everyone.length - 1);
  return { sent: all, lost, doubled, disordered };
}

function connectionsOf(everyone: BenchPage[]): Promise<number> {
  return sumOf(everyone, () => bench.connections);
}

async function sumOf(everyone: BenchPage[], read: () => number): Promise<number> {
  const numbers = await Promise.all(everyone.map(({ page }) => page.evaluate(read)));
  return numbers.reduce((sum, number) => sum + number, 0);
}

/**
 * How much more there is than in as many calm windows, in whole `grainMs`, the least that there can be of it: by less than
 * half of that, calm windows differ from each other too.
 */
function beyondCalm(ms: number, calmMs: number, grainMs: number): number {
  return Math.max(0, Math.round((ms - calmMs) / grainMs)) * grainMs;
}

/** From the rounds to what there is to say. `made`: connections anew; `left`: people seen to leave. */
export function report(
  rounds: Round[],
  messages: Messages,
  { made, left }: { made: number; left: number },
): Figure[] {
  const list = (read: (round: Round) => number) => rounds.map(read).map(rounded).join(", ");
  const p95 = (read: (round: Round) => number) => percentile(rounds.map(read), 0.95);
  const { width, height, frameRate } = MEDIA.video;
  const none = { is: "at most", value: 0 } as const;
  /** Of the median and of p95: a gap at every kill shows in the one, at one kill in the other. */
  const media = (
    what: string,
    [of, calm]: [(round: Round) => number, (round: Round) => number],
    grainMs: number,
    note: string,
  ): Figure[] =>
    ([["median", 0.5], ["p95", 0.95]] as const).map(([name, share]) => {
      const at = (read: (round: Round) => number) => percentile(rounds.map(read), share);
      return {
        kind: "measured",
        target: "T10",
        what: `  ${what}, beyond calm, ${name}`,
        value: beyondCalm(at(of), at(calm), grainMs),
        unit: "ms",
        bound: none,
        note: `${rounded(at(of))} ms from the kill on, ${rounded(at(calm))} ms in as many calm ` +
          `windows of ${WINDOW_MS / 1000} s just before; ${note}`,
      };
    });
  return [
    {
      kind: "measured",
      target: "T10",
      what: WHAT,
      value: p95((r) => r.resumedMs),
      unit: "ms",
      bound: { is: "at most", value: BOUND_MS },
      note: `call of 4, two on each node, ${rounds.length} kills of the nodes in turn: ${
        list((r) => r.resumedMs)
      } ms`,
      samples: rounds,
    },
    {
      kind: "measured",
      target: "T10",
      what: "  connections between people made anew",
      value: made,
      unit: "",
      bound: none,
      note: "a call does not need its node for what goes from one to another",
    },
    ...media(
      "longest gap between frames shown",
      [(r) => r.gapMs, (r) => r.calmGapMs],
      FRAME_MS,
      `in whole frames; 12 pictures of ${width}x${height} at ${frameRate}/s, a frame each ${
        rounded(FRAME_MS)
      } ms; each: ${list((r) => r.gapMs)} against ${list((r) => r.calmGapMs)} ms`,
    ),
    ...media(
      "sound made up for want of packets",
      [(r) => r.concealedMs, (r) => r.calmConcealedMs],
      PACKET_MS,
      `per voice, in whole packets of ${PACKET_MS} ms; each: ${
        list((r) => r.concealedMs)
      } against ${list((r) => r.calmConcealedMs)} ms`,
    ),
    {
      kind: "measured",
      target: "T10",
      what: "  messages by `send` lost, doubled or out of order",
      value: messages.lost + messages.doubled + messages.disordered,
      unit: "",
      bound: { is: "at most", value: 0 },
      note: `${messages.sent} to be heard, from everyone to everyone, one each ` +
        `${MESSAGE_EVERY_MS} ms all the time; lost ${messages.lost}, doubled ${messages.doubled}, ` +
        `out of order ${messages.disordered}; people seen to leave: ${left}`,
      samples: messages,
    },
  ];
}
