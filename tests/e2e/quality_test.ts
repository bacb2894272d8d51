/** How the calls of people go, as their back end sees it. */
import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Api } from "../helpers/api.ts";
import { launchBrowser } from "../helpers/browser.ts";
import { startService } from "../helpers/service.ts";
import { joinFrom, perceives, serveCallPage } from "./call_page.ts";

describe("the quality of a call", () => {
  it("is told by the browser to the node, and seldom", async () => {
    await using service = await startService();
    await using site = serveCallPage(service.url);
    await using browser = await launchBrowser();
    const api = Api.over(service.url);
    const room = (await api.makeRoom()).id;
    const join = async (identity: string) => {
      const token = await api.makeToken(room, identity);
      return await joinFrom(browser, site.url, { url: service.url, token });
    };
    await using ada = await join("ada");
    const reports: number[] = [];
    await ada.page.exposeFunction("reported", () => void reports.push(Date.now()));
    await ada.page.evaluate(() => {
      const { send } = WebSocket.prototype;
      WebSocket.prototype.send = function (frame) {
        const { reported } = globalThis as unknown as { reported(): void };
        if (String(frame).startsWith('{"type":"report"')) reported();
        send.call(this, frame);
      };
    });
    await using _bob = await join("bob");
    await perceives(ada.page, ["bob"]);
    while (reports.length < 4) await ada.page.waitForTimeout(100);
    for (const [at, time] of reports.slice(1).entries()) {
      assert(time - reports[at]! > 4_500, "no two within 5 s, give or take a round of statistics");
    }
    for (const { identity, quality } of await api.listParticipants(room)) {
      assertEquals(quality?.paths, { host: 1 }, identity);
      assertEquals(quality?.sending, "full");
      assert(quality!.roundTripMs! < 1_000 && quality!.loss! < 0.5);
    }
  });
});
