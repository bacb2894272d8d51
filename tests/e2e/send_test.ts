import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Page } from "playwright-core";
import { Api } from "../helpers/api.ts";
import { launchBrowser, waitFor } from "../helpers/browser.ts";
import { startProxy } from "../helpers/cuttable_proxy.ts";
import { startService } from "../helpers/service.ts";
import { joinFrom, serveCallPage } from "./call_page.ts";

const MESSAGES = 1_000;
const CUTS = 5;

describe("call.send", () => {
  it("brings 1,000 messages each way through five cuts: all, once, in order", async () => {
    await using service = await startService();
    const api = Api.over(service.url);
    await using site = serveCallPage(service.url);
    await using browser = await launchBrowser();
    await using proxy = startProxy(service.url);
    const room = (await api.makeRoom()).id;
    const enter = async (identity: string) => {
      const token = await api.makeToken(room, identity);
      return await joinFrom(browser, site.url, { url: proxy.url, token, media: false });
    };
    await using ada = await enter("ada");
    await using bob = await enter("bob");
    await Promise.all(
      [ada, bob].map(({ page }) => waitFor(page, () => globalThis.call.participants.size === 1)),
    );

    const sending = [ada, bob].map(({ page }) => sendAll(page, MESSAGES));
    for (let cut = 1; cut <= CUTS; cut++) {
      const enough = MESSAGES * cut / (CUTS + 1);
      await Promise.all([ada, bob].map(({ page }) => hasReceived(page, enough)));
      proxy.cut();
      await Promise.all([ada, bob].map(({ page }) =>
        waitFor(
          page,
          (cut) => globalThis.happened.filter((event) => event === "state connected").length >= cut,
          15_000,
          cut,
        )
      ));
    }
    await Promise.all(sending);
    await Promise.all([ada, bob].map(({ page }) => hasReceived(page, MESSAGES)));
    const expected = Array.from({ length: MESSAGES }, (_, n) => n);
    for (const { page } of [ada, bob]) {
      assertEquals(await page.evaluate(() => globalThis.said.map(({ data }) => data)), expected);
    }
  });
});

/** Sends numbers, a few at each turn, so that cuts fall in between. Resolves when all have arrived. */
async function sendAll(page: Page, count: number): Promise<void> {
  await page.evaluate(async (count) => {
    const sent: Promise<void>[] = [];
    for (let n = 0; n < count; n++) {
      sent.push(globalThis.call.send(n));
      if (n % 4 === 3) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await Promise.all(sent);
  }, count);
}

async function hasReceived(page: Page, count: number): Promise<void> {
  await waitFor(page, (count) => globalThis.said.length >= count, 60_000, count);
}
