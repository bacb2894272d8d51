/**
 * T12, ghosts: a browser is killed in mid-call -> everyone has dropped it.
 *
 * @module
 */
import type { Browser } from "playwright-core";
import { CHROMIUM, find, REDIS_SERVER } from "../../../tools/test/requirements.ts";
import { launchBrowser, waitFor } from "../../helpers/browser.ts";
import { type Cluster, startCluster } from "../../helpers/cluster.ts";
import { type BenchPage, openBenchPage, serveBenchPage } from "../call/call_page.ts";
import { type Figure, rounded } from "../report/figure.ts";
import type { PageServer } from "../servers/page_server.ts";
import { pause } from "../system/proc.ts";

const ROUNDS = 6;
const BOUND_MS = 10_000;
/** A ghost that haunts longer has failed the measurement. */
const ROUND_LIMIT_MS = 40_000;
const POLL_MS = 20;
const WHAT = "browser killed -> everyone has dropped it, the worst";
const SMALL = { audio: true, video: { width: 320, height: 240, frameRate: 15 } };

/** From the kill until the last one had dropped it, in ms. */
interface Round {
  /** Which node the killed browser was on. */
  readonly node: number;
  /** The pages of the other two. */
  readonly pages: number;
  /** REST on each node. */
  readonly rest: number;
}

interface Setup {
  readonly cluster: Cluster;
  readonly site: PageServer;
  readonly room: string;
  readonly others: readonly BenchPage[];
}

export async function t12(): Promise<Figure[]> {
  for (const requirement of [CHROMIUM, REDIS_SERVER]) {
    if (await find(requirement) !== undefined) continue;
    const why = `there is no ${requirement.commands[0]}`;
    return [{ kind: "not measured", target: "T12", what: WHAT, why }];
  }
  await using cluster = await startCluster({ nodes: 2 });
  await using site = serveBenchPage(cluster.nodes[0]!.url);
  await using browser = await launchBrowser();
  const room = await cluster.room();
  const others = [
    await enter(cluster, site, { browser, room, node: 0, identity: "ada" }),
    await enter(cluster, site, { browser, room, node: 1, identity: "bob" }),
  ];
  const rounds: Round[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    rounds.push(await round({ cluster, site, room, others }, i % cluster.nodes.length));
  }
  return [report(rounds)];
}

async function enter(
  cluster: Cluster,
  site: PageServer,
  who: { browser: Browser; room: string; node: number; identity: string },
): Promise<BenchPage> {
  const node = cluster.nodes[who.node]!;
  const token = await node.api.makeToken(who.room, who.identity);
  const opened = await openBenchPage(who.browser, site, who.identity);
  await opened.join({ url: node.url, token, media: SMALL });
  return opened;
}

async function round({ cluster, site, room, others }: Setup, node: number): Promise<Round> {
  const victim = await launchBrowser();
  const eve = await enter(cluster, site, { browser: victim, room, node, identity: "eve" });
  const id = await eve.page.evaluate(() => bench.call.self.id);
  // Mid-call: everyone sees everyone.
  await Promise.all([...others, eve].map((one) => one.decodes(2)));

  const pid = await processOf(victim);
  const gone = new Promise((resolve) => victim.once("disconnected", resolve));
  const killedAt = Date.now();
  Deno.kill(pid, "SIGKILL");
  const [pages, rest] = await Promise.all([
    Promise.all(others.map((one) => leftAt(one, id))),
    Promise.all(cluster.nodes.map(({ api }) => unlistedAt(() => api.whoIsIn(room)))),
  ]);
  await gone;
  return {
    node,
    pages: Math.max(...pages) - killedAt,
    rest: Math.max(...rest) - killedAt,
  };
}

/** Of the browser itself; what it has started ends with it. */
async function processOf(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const main = processInfo.find(({ type }) => type === "browser");
  if (!main) throw new Error("Cannot find the browser's process: expected one of type browser");
  return main.id;
}

/** When a page was told. */
async function leftAt({ page }: BenchPage, id: string): Promise<number> {
  return await waitFor(
    page,
    (id) => bench.left.find((one) => one.id === id)?.at,
    ROUND_LIMIT_MS,
    id,
  ) as number;
}

async function unlistedAt(list: () => Promise<string[]>): Promise<number> {
  const limit = Date.now() + ROUND_LIMIT_MS;
  while ((await list()).includes("eve")) {
    if (Date.now() > limit) throw new Error(`Cannot measure: listed after ${ROUND_LIMIT_MS} ms`);
    await pause(POLL_MS);
  }
  return Date.now();
}

function report(rounds: Round[]): Figure {
  const each = (read: (round: Round) => number) =>
    rounds.map((round) => rounded(read(round) / 1000)).join(", ");
  return {
    kind: "measured",
    target: "T12",
    what: WHAT,
    value: Math.max(...rounds.map(({ pages, rest }) => Math.max(pages, rest))) / 1000,
    unit: "s",
    bound: { is: "at most", value: BOUND_MS / 1000 },
    note: `${rounds.length} kills by SIGKILL, on two nodes in turn, of a call of 3 over both: ` +
      `the others' pages ${each((r) => r.pages)} s; REST on both nodes ${each((r) => r.rest)} s`,
    samples: rounds,
  };
}
