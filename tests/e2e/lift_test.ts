import { assertEquals } from "@std/assert";
import { afterAll, afterEach, beforeAll, describe, it } from "@std/testing/bdd";
import type { Browser, Page } from "playwright-core";
import { Api } from "../helpers/api.ts";
import { launchBrowser, type TestPage, waitFor } from "../helpers/browser.ts";
import { type Service, startService } from "../helpers/service.ts";
import { joinFrom, perceives, serveCallPage } from "./call_page.ts";

const PEOPLE = ["ada", "bob", "cleo", "dan"];

/** Resolves when the page's call has this topology. */
async function isOn(page: Page, mode: "mesh" | "sfu"): Promise<void> {
  await waitFor(page, (mode) => call.topology.mode === mode, 15_000, mode);
}

/** Marks the streams of everyone, so that others put in their place are found out. */
async function markStreams(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const { stream } of call.participants.values()) {
      (stream as MediaStream & { marked?: true }).marked = true;
    }
  });
}

const unmarked = (page: Page) =>
  page.evaluate(() =>
    [...call.participants.values()].filter(({ stream }) =>
      !(stream as MediaStream & { marked?: true }).marked
    ).map(({ identity }) => identity)
  );

/** How the camera of someone comes: by how many hops does not show, but by which server does. */
describe("a call on a machine with nothing else installed", () => {
  let service: Service;
  let api: Api;
  let browser: Browser;
  let site: ReturnType<typeof serveCallPage>;
  let room: string;
  const open: TestPage[] = [];

  beforeAll(async () => {
    service = await startService();
    api = Api.over(service.url);
    site = serveCallPage(service.url);
    browser = await launchBrowser();
  });
  afterEach(async () => {
    for (const { close } of open.splice(0)) await close();
  });
  afterAll(async () => {
    await browser.close();
    await site[Symbol.asyncDispose]();
    await service.stop();
  });

  async function enter(identity: string): Promise<Page> {
    const token = await api.makeToken(room, identity);
    const opened = await joinFrom(browser, site.url, { url: service.url, token });
    open.push(opened);
    return opened.page;
  }

  async function allPerceiveAll(pages: Page[]): Promise<void> {
    await Promise.all(
      pages.map((page, i) =>
        perceives(page, PEOPLE.slice(0, pages.length).filter((_, j) => j !== i))
      ),
    );
  }

  it("is lifted when the fourth comes, and comes down when two have left", async () => {
    room = (await api.makeRoom({ topology: { promoteAt: 4, demoteAt: 2 } })).id;
    const pages: Page[] = [];
    for (const identity of PEOPLE.slice(0, 3)) pages.push(await enter(identity));
    await allPerceiveAll(pages);
    await Promise.all(pages.map(markStreams));
    pages.push(await enter("dan"));
    await Promise.all(pages.map((page) => isOn(page, "sfu")));
    await allPerceiveAll(pages);
    assertEquals(await unmarked(pages[0]!), ["dan"]);
    await Promise.all(pages.slice(2).map((page) => page.evaluate(() => call.leave())));
    await Promise.all(pages.slice(0, 2).map((page) => isOn(page, "mesh")));
    await allPerceiveAll(pages.slice(0, 2));
    assertEquals(await unmarked(pages[0]!), []);
  });
});
