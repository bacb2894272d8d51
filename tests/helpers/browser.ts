/**
 * Real browsers with a made-up camera and microphone.
 *
 * @module
 */
import {
  type Browser,
  type BrowserContextOptions,
  chromium,
  type LaunchOptions,
  type Page,
} from "playwright-core";
import { CHROMIUM, find, IPROUTE2 } from "../../tools/test/requirements.ts";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // A page that is not in front is to be as quick as the others.
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
  "--autoplay-policy=no-user-gesture-required",
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
];

/** What else a browser is started with. */
export interface BrowserOptions extends Pick<LaunchOptions, "env" | "ignoreDefaultArgs"> {
  /** Name of the network namespace that it runs in; by default that of the test. */
  within?: string;
}

/** Starts a browser; `await using` closes it. @throws {Error} when there is none, with what to do. */
export async function launchBrowser(
  extraArgs: string[] = [],
  { within, ...more }: BrowserOptions = {},
): Promise<Browser> {
  const executablePath = await find(CHROMIUM);
  if (executablePath === undefined) {
    throw new Error(
      `Cannot launch a browser: expected Chromium at $CHROMIUM or as one of ` +
        `${CHROMIUM.commands.join(", ")}; \`deno task test\` installs it where it can`,
    );
  }
  const args = [...FLAGS, ...extraArgs];
  if (within === undefined) return await chromium.launch({ executablePath, args, ...more });
  return await chromium.launch({
    ...more,
    executablePath: new URL("../lab/in_namespace.sh", import.meta.url).pathname,
    args,
    // Whoever made the namespace takes it down in its own order.
    handleSIGINT: false,
    env: {
      ...more.env ?? Deno.env.toObject(),
      LAB_IP: await find(IPROUTE2) ?? "ip",
      LAB_NAMESPACE: within,
      LAB_BROWSER: executablePath,
    },
  });
}

/** A page in a context (cookies, storage) of its own. */
export interface TestPage extends AsyncDisposable {
  readonly page: Page;
  /** Errors on its console and errors that nobody caught, so far. */
  readonly errors: readonly string[];
  close(): Promise<void>;
}

const errorsOf = new WeakMap<Page, string[]>();

/** Opens a page, at `url` if given. `await using` closes it with its context. */
export async function newPage(
  browser: Browser,
  url?: string,
  options: BrowserContextOptions = {},
): Promise<TestPage> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const errors: string[] = [];
  errorsOf.set(page, errors);
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(`${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => errors.push(error.stack ?? error.message));
  page.on("crash", () => errors.push("the page crashed"));
  const close = () => context.close();
  if (url !== undefined) await page.goto(url);
  return { page, errors, close, [Symbol.asyncDispose]: close };
}

/**
 * Waits until `fn`, run in the page over and over, gives something truthy, and returns that.
 * Also in a page that is not in front.
 *
 * @throws {Error} after `timeout` ms, with what was waited for, what it gave last and the page's errors.
 */
export async function waitFor<Result, Arg = void>(
  page: Page,
  fn: (arg: Arg) => Result | Promise<Result>,
  timeout = 15_000,
  arg?: Arg,
): Promise<Awaited<Result>> {
  const { promise: late, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(() => resolve("late"), timeout);
  let last: unknown;
  try {
    // Not `page.waitForFunction`: the promise of an async `fn` is truthy to it, whatever it gives.
    while (true) {
      const look = page.evaluate(fn as (arg: unknown) => Result, arg).then(
        (value) => ({ value }),
        // A page that is being loaded anew has nothing to look at for a moment.
        (error) => ({ error }),
      );
      const seen = await Promise.race([look, late]);
      if (typeof seen === "string") break;
      if ("value" in seen && seen.value) return seen.value as Awaited<Result>;
      last = "value" in seen ? seen.value : seen.error;
      await page.waitForTimeout(50);
    }
  } finally {
    clearTimeout(timer);
  }
  throw new Error(
    `Waited ${timeout} ms in ${page.url()} for ${fn}: it gave ${last} last\n` +
      `errors of the page: ${errorsOf.get(page)?.join("\n") || "none"}`,
  );
}
