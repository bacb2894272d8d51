import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Api } from "../helpers/api.ts";
import { launchBrowser, waitFor } from "../helpers/browser.ts";
import { startProxy } from "../helpers/cuttable_proxy.ts";
import { startService } from "../helpers/service.ts";
import { hasReceived, joinFrom, sendNumbers, serveCallPage } from "./call_page.ts";

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

    const sending = [ada, bob].map(({ page }) => sendNumbers(page, MESSAGES, 20));
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
