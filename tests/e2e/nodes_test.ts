/** Real browsers in one call over several nodes, which die. */
import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { startBalancer } from "../helpers/balancer.ts";
import { launchBrowser, waitFor } from "../helpers/browser.ts";
import { startCluster } from "../helpers/cluster.ts";
import { hasReceived, joinFrom, sendNumbers, serveCallPage } from "./call_page.ts";

const MESSAGES = 200;
/** Nodes that are killed, one after the other. */
const KILLS = [0, 1, 0, 1];

describe("call.send", () => {
  it("brings 200 messages each way while one node after the other is killed: all, once, in order", async () => {
    await using cluster = await startCluster();
    const { api } = cluster.nodes[0]!;
    await using balancer = startBalancer(cluster.nodes.map(({ url }) => url));
    await using site = serveCallPage(balancer.url);
    await using browser = await launchBrowser();
    const room = await cluster.room();
    const enter = async (identity: string, node: number) => {
      balancer.prefer(node);
      const token = await api.makeToken(room, identity);
      return await joinFrom(browser, site.url, { url: balancer.url, token, media: false });
    };
    await using ada = await enter("ada", 0);
    await using bob = await enter("bob", 1);
    balancer.prefer();
    const pages = [ada.page, bob.page];
    await Promise.all(
      pages.map((page) => waitFor(page, () => globalThis.call.participants.size === 1)),
    );

    const sending = pages.map((page) => sendNumbers(page, MESSAGES, 50));
    for (const [i, killed] of KILLS.entries()) {
      const enough = MESSAGES * (i + 1) / (KILLS.length + 1);
      await Promise.all(pages.map((page) => hasReceived(page, enough)));
      await cluster.nodes[killed]!.kill();
      // Nobody is to be without any node.
      await cluster.nodes[killed]!.start();
    }
    await Promise.all(sending);
    await Promise.all(pages.map((page) => hasReceived(page, MESSAGES)));
    const expected = Array.from({ length: MESSAGES }, (_, n) => n);
    for (const page of pages) {
      assertEquals(await page.evaluate(() => globalThis.said.map(({ data }) => data)), expected);
      const events = await page.evaluate(() => globalThis.happened);
      assertEquals(events.filter((event) => event.startsWith("left")), []);
    }
    // The nodes did die under them.
    const states = await Promise.all(pages.map((page) => page.evaluate(() => globalThis.happened)));
    assertEquals(states.every((events) => events.includes("state reconnecting")), true);
  });
});
