/**
 * T7, first frame: two Chromium browsers, `joinCall` -> remote frame decoded, no impairment.
 *
 * @module
 */
import type { Browser, Page } from "playwright-core";
import { CHROMIUM, find } from "../../tools/test/requirements.ts";
import { launchBrowser, newPage, type TestPage } from "../helpers/browser.ts";
import type { Service } from "../helpers/service.ts";
import { type Figure, percentile, rounded } from "./figure.ts";
import { provision, startNode } from "./node.ts";
import { type PageServer, servePage } from "./page_server.ts";
import { FIRST_FRAME_PAGE, type FirstFrame } from "./t7_page.ts";

const ROUNDS = 20;
const BOUND_MS = 1_000;
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
  readonly node: Service;
  readonly pages: PageServer;
  readonly browsers: readonly [Browser, Browser];
}

export async function t7(): Promise<Figure[]> {
  if (await find(CHROMIUM) === undefined) {
    return [{ kind: "not measured", target: "T7", what: WHAT, why: "there is no Chromium" }];
  }
  await using node = await startNode();
  await using pages = servePage(FIRST_FRAME_PAGE);
  await using first = await launchBrowser();
  await using second = await launchBrowser();
  const setup: Setup = { node, pages, browsers: [first, second] };
  const late: FirstFrame[] = [];
  const both: FirstFrame[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    late.push(await round(setup, joinedOneByOne));
    both.push(await round(setup, joinedAtOnce));
  }
  return [
    report("p95 of the one who joins", late, true),
    report("p95 when both join at once, the later of the two", both, false),
  ];
}

/** One call of two, each in a page of its own in a browser of its own. */
async function round(
  { node, pages, browsers }: Setup,
  join: (a: Page, b: Page, tokens: string[]) => Promise<FirstFrame>,
): Promise<FirstFrame> {
  const tokens = await provision(node, { rooms: 1, perRoom: 2 });
  const url = `${pages.url}?service=${encodeURIComponent(node.url)}`;
  await using a = await opened(browsers[0], url);
  await using b = await opened(browsers[1], url);
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

function report(what: string, rounds: FirstFrame[], held: boolean): Figure {
  const at = (share: number, read: (frame: FirstFrame) => number) =>
    percentile(rounds.map(read), share);
  const ms = (share: number, read: (frame: FirstFrame) => number) => rounded(at(share, read));
  return {
    kind: "measured",
    target: "T7",
    what: held ? `${WHAT}, p95` : `  ${what}`,
    value: at(0.95, (r) => r.decoded),
    unit: "ms",
    bound: held ? { is: "at most", value: BOUND_MS } : undefined,
    note: `p50 ${ms(0.5, (r) => r.decoded)} ms; presented p50 ${ms(0.5, (r) => r.presented)}, ` +
      `p95 ${ms(0.95, (r) => r.presented)} ms; joinCall itself p50 ${
        ms(0.5, (r) => r.joined)
      } ms; ` +
      `${rounds.length} rounds`,
    samples: rounds,
  };
}
