/**
 * CLIENT: what the SDK weighs by module, and how long it keeps the main thread of a page busy in a call of four.
 *
 * @module
 */
import * as esbuild from "esbuild";
import type { CDPSession, Page } from "playwright-core";
import { buildSdk } from "../../../tools/build/sdk.ts";
import { CHROMIUM, find } from "../../../tools/test/requirements.ts";
import { launchBrowser, newPage, waitFor } from "../../helpers/browser.ts";
import { type Figure, median, rounded } from "../report/figure.ts";
import { type Module, modulesOf } from "../report/modules.ts";
import { provision, startNode } from "../servers/node.ts";
import { servePage } from "../servers/page_server.ts";
import { pause } from "../system/proc.ts";

const PEOPLE = 4;
const SETTLE_MS = 10_000;
const CALL_MS = 60_000;
/** Modules that are listed by name; the others are summed up. */
const LISTED = 12;

const PAGE = `<!doctype html>
<meta charset="utf-8">
<title>a call</title>
<link rel="icon" href="data:,">
<script type="module">
  const service = new URLSearchParams(location.search).get("service");
  const { joinCall } = await import(service + "/client.js");
  globalThis.enter = async (token) => {
    const media = { audio: true, video: { width: 160, height: 120, frameRate: 15 } };
    const call = await joinCall({ url: service, token, media });
    call.on("participant", ({ stream }) => {
      const video = document.createElement("video");
      Object.assign(video, { srcObject: stream, autoplay: true, playsInline: true, muted: true });
      document.body.append(video);
    });
  };
  globalThis.playing = () =>
    [...document.querySelectorAll("video")].filter(({ currentTime }) => currentTime > 0).length;
</script>`;

declare global {
  var enter: (token: string) => Promise<void>;
  var playing: () => number;
}

/** In ms since the page was loaded. */
interface Busy {
  /** The main thread, with anything. */
  readonly task: number;
  /** Of that, scripts: the SDK's, and the page's few lines. */
  readonly script: number;
}

export async function clientCost(): Promise<Figure[]> {
  return [...await sizes(), ...await mainThread()];
}

async function sizes(): Promise<Figure[]> {
  const root = new URL("../../../", import.meta.url).pathname.replace(/\/$/, "");
  const folder = await Deno.makeTempDir({ prefix: "sdk-" });
  try {
    const built = await buildSdk(root, folder);
    return built.flatMap(modulesOf).map(({ file, bytes, modules }): Figure => ({
      kind: "measured",
      target: "CLIENT",
      what: `${file}, minified`,
      value: bytes,
      unit: "B",
      note: `${modules.length} modules`,
      samples: modules,
      table: { head: ["module", "bytes"], rows: listed(modules) },
    }));
  } finally {
    await esbuild.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

function listed(modules: readonly Module[]): string[][] {
  const rest = modules.slice(LISTED);
  const bytes = rest.reduce((sum, { bytes }) => sum + bytes, 0);
  const others = { path: `${rest.length} others`, bytes };
  return [...modules.slice(0, LISTED), ...rest.length > 0 ? [others] : []]
    .map(({ path, bytes }) => [path, bytes.toLocaleString("en-US")]);
}

async function mainThread(): Promise<Figure[]> {
  if (await find(CHROMIUM) === undefined) {
    const why = "there is no Chromium";
    const what = "main-thread time";
    return [{ kind: "not measured", target: "CLIENT", what, why, compared: true }];
  }
  await using stack = new AsyncDisposableStack();
  const node = stack.use(await startNode());
  const site = stack.use(servePage(PAGE));
  const tokens = await provision(node, { rooms: 1, perRoom: PEOPLE });
  const pages: { page: Page; cdp: CDPSession }[] = [];
  const joins: Busy[] = [];
  for (const [others, token] of tokens.entries()) {
    const browser = stack.use(await launchBrowser());
    const url = `${site.url}?service=${encodeURIComponent(node.url)}`;
    const { page } = stack.use(await newPage(browser, url));
    await waitFor(page, () => "enter" in globalThis);
    const cdp = await page.context().newCDPSession(page);
    await cdp.send("Performance.enable");
    const before = await busy(cdp);
    await page.evaluate((token) => globalThis.enter(token), token);
    await waitFor(page, (others) => globalThis.playing() === others, 30_000, others);
    joins.push(less(await busy(cdp), before));
    pages.push({ page, cdp });
  }
  await pause(SETTLE_MS);
  const before = await Promise.all(pages.map(({ cdp }) => busy(cdp)));
  await pause(CALL_MS);
  const after = await Promise.all(pages.map(({ cdp }) => busy(cdp)));
  const calls = after.map((one, i) => less(one, before[i]!));
  return [
    figure("main thread, a join to three others, until all are seen", [joins.at(-1)!]),
    figure("main thread, a join to an empty room", [joins[0]!]),
    figure("main thread, a minute of a call of four", calls),
  ];
}

async function busy(cdp: CDPSession): Promise<Busy> {
  const { metrics } = await cdp.send("Performance.getMetrics");
  const ms = (name: string) => 1_000 * metrics.find((metric) => metric.name === name)!.value;
  return { task: ms("TaskDuration"), script: ms("ScriptDuration") };
}

function less(after: Busy, before: Busy): Busy {
  return { task: after.task - before.task, script: after.script - before.script };
}

function figure(what: string, all: readonly Busy[]): Figure {
  const tasks = all.map(({ task }) => task);
  return {
    kind: "measured",
    target: "CLIENT",
    what,
    value: median(tasks),
    unit: "ms",
    note: `of that, scripts ${rounded(median(all.map(({ script }) => script)))} ms` +
      (all.length > 1 ? `; of each page ${tasks.map(rounded).join(", ")} ms` : "") +
      "; pictures of 160x120, 15 a second",
    samples: all,
  };
}
