/**
 * T7, first frame: two Chromium browsers, `joinCall` -> remote frame decoded; on one machine, and between two hosts of the
 * lab whose links are bad.
 *
 * @module
 */
import type { Browser, Page } from "playwright-core";
import { CHROMIUM, find } from "../../../tools/test/requirements.ts";
import { launchBrowser, newPage, type TestPage } from "../../helpers/browser.ts";
import { Lab } from "../../lab/lab.ts";
import { requireLab } from "../../lab/possible.ts";
import { type Figure, percentile, rounded } from "../report/figure.ts";
import { BENCH_KEYS, provision, startNode } from "../servers/node.ts";
import { servePage } from "../servers/page_server.ts";
import { FIRST_FRAME_PAGE, type FirstFrame } from "./t7_page.ts";

const ROUNDS = 20;
const BOUND_MS = 1_000;
/** Each host's link, in both directions. */
const BAD_LINK = { delay: 50, jitter: 10, loss: 2, rate: 2_000 };
const BAD_LINK_BOUND_MS = 3_000;
/** A round that takes longer has failed, and with it the measurement. */
const ROUND_LIMIT_MS = 20_000;
const WHAT = "joinCall -> first remote frame decoded";

/** What the page offers. */
declare global {
  var join: (token: string) => Promise<void>;
  var leave: () => Promise<void>;
  var firstFrame: Promise<FirstFrame>;
  var ready: true | undefined;
}

interface Setup {
  /** Where tokens are to be had. */
  readonly node: { readonly url: string };
  readonly browsers: readonly [Browser, Browser];
  /** The page, with the service that it is to use. */
  readonly page: string;
}

export async function t7(): Promise<Figure[]> {
  if (await find(CHROMIUM) === undefined) {
    return [{ kind: "not measured", target: "T7", what: WHAT, why: "there is no Chromium" }];
  }
  return [...await onOneMachine(), ...await onBadLinks()];
}

async function onOneMachine(): Promise<Figure[]> {
  await using node = await startNode();
  await using site = servePage(FIRST_FRAME_PAGE);
  await using first = await launchBrowser();
  await using second = await launchBrowser();
  const page = `${site.url}?service=${encodeURIComponent(node.url)}`;
  return await figures({ node, page, browsers: [first, second] }, WHAT, BOUND_MS);
}

/** Between two hosts behind NAT, each with a link that delays, drops and is thin, on the way to the other and to the service. */
async function onBadLinks(): Promise<Figure[]> {
  const what = `${WHAT} on bad links`;
  try {
    await requireLab();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const bound = { is: "at most", value: BAD_LINK_BOUND_MS } as const;
    return [{ kind: "not measured", target: "T7", what: `${what}, p95`, unit: "ms", bound, why }];
  }
  const link = { nat: "cone", uplink: BAD_LINK, downlink: BAD_LINK } as const;
  await using lab = await Lab.up({ hosts: { ada: link, bob: link }, env: BENCH_KEYS });
  await using first = await lab.host("ada").browser();
  await using second = await lab.host("bob").browser();
  const [node] = lab.nodes;
  const site = await lab.publish("first_frame", FIRST_FRAME_PAGE);
  const page = `${site}?service=${encodeURIComponent(node!.publicUrl())}`;
  return await figures({ node: node!, page, browsers: [first, second] }, what, BAD_LINK_BOUND_MS);
}

async function figures(setup: Setup, what: string, boundMs: number): Promise<Figure[]> {
  const late: FirstFrame[] = [];
  const both: FirstFrame[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    late.push(await round(setup, joinedOneByOne));
    both.push(await round(setup, joinedAtOnce));
  }
  return [
    report(`${what}, p95`, late, boundMs),
    report("  p95 when both join at once, the later of the two", both),
  ];
}

/** One call of two, each in a page of its own in a browser of its own. */
async function round(
  { node, page, browsers }: Setup,
  join: (a: Page, b: Page, tokens: string[]) => Promise<FirstFrame>,
): Promise<FirstFrame> {
  const tokens = await provision(node, { rooms: 1, perRoom: 2 });
  await using a = await opened(browsers[0], page);
  await using b = await opened(browsers[1], page);
  const result = await join(a.page, b.page, tokens);
  for (const { page, errors } of [a, b]) {
    if (errors.length > 0) throw new Error(`Cannot measure: a page said ${errors.join("; ")}`);
    await page.evaluate(() => globalThis.leave());
  }
  return result;
}

async function opened(browser: Browser, url: string): Promise<TestPage> {
  const opened = await newPage(browser, url);
  opened.page.setDefaultTimeout(ROUND_LIMIT_MS);
  await opened.page.waitForFunction(() => globalThis.ready);
  return opened;
}

async function joinedOneByOne(a: Page, b: Page, [one, two]: string[]): Promise<FirstFrame> {
  await a.evaluate((token) => globalThis.join(token), one!);
  await b.evaluate((token) => globalThis.join(token), two!);
  return await firstFrame(b);
}

async function joinedAtOnce(a: Page, b: Page, [one, two]: string[]): Promise<FirstFrame> {
  await Promise.all([
    a.evaluate((token) => globalThis.join(token), one!),
    b.evaluate((token) => globalThis.join(token), two!),
  ]);
  const [first, second] = await Promise.all([firstFrame(a), firstFrame(b)]);
  return first.decoded > second.decoded ? first : second;
}

function firstFrame(page: Page): Promise<FirstFrame> {
  return page.evaluate(
    (limit) =>
      Promise.race([
        globalThis.firstFrame,
        new Promise<never>((_, reject) =>
          setTimeout(() => reject(new Error(`no remote frame within ${limit} ms`)), limit)
        ),
      ]),
    ROUND_LIMIT_MS,
  );
}

function report(what: string, rounds: FirstFrame[], boundMs?: number): Figure {
  const at = (share: number, read: (frame: FirstFrame) => number) =>
    percentile(rounds.map(read), share);
  const ms = (share: number, read: (frame: FirstFrame) => number) => rounded(at(share, read));
  return {
    kind: "measured",
    target: "T7",
    what,
    value: at(0.95, (r) => r.decoded),
    unit: "ms",
    bound: boundMs === undefined ? undefined : { is: "at most", value: boundMs },
    note: `p50 ${ms(0.5, (r) => r.decoded)} ms; presented p50 ${ms(0.5, (r) => r.presented)}, ` +
      `p95 ${ms(0.95, (r) => r.presented)} ms; joinCall itself p50 ${
        ms(0.5, (r) => r.joined)
      } ms; ` +
      `${rounds.length} rounds`,
    samples: rounds,
  };
}
