/** What time it is at the service, and how old what one sees is. */
import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Api } from "../helpers/api.ts";
import { launchBrowser, waitFor } from "../helpers/browser.ts";
import { startService } from "../helpers/service.ts";
import { joinFrom, serveCallPage } from "./call_page.ts";

const CAPTURE_TIMES = "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time";

describe("the clock of a call", () => {
  it("is the service's, and says how old sound and picture are", async () => {
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
    await using bob = await join("bob");
    for (const { page } of [ada, bob]) {
      const delays = await waitFor(page, async () => {
        const { participants } = await globalThis.call.stats();
        const inbound = Object.values(participants)[0]?.inbound ?? [];
        const known = inbound.filter(({ captureDelay }) => captureDelay !== undefined);
        return known.length < 2 ? undefined : known.map(({ captureDelay }) => captureDelay!);
      });
      for (const delay of delays!) assert(delay < 2, `${delay} s`);
    }
    const { clockOffset, clockError } = await ada.page.evaluate(() => globalThis.call.stats());
    assert(clockError! < 0.5);
    assert(Math.abs(clockOffset!) <= clockError! + 0.005, `${clockOffset} s, one clock for all`);
    const stepped = await ada.page.evaluate(async () => {
      const { now } = Date;
      Date.now = () => now.call(Date) - 60_000;
      return (await globalThis.call.stats()).clockOffset!;
    });
    assert(
      Math.abs(stepped - 60) <= clockError! + 0.005,
      "a clock that was set is made good at once",
    );
    const offered = await ada.page.evaluate(
      (uri) =>
        globalThis.connections.filter((pc) => pc.getTransceivers().length > 0)
          .map(({ remoteDescription, localDescription }) =>
            [localDescription, remoteDescription].map((one) => one!.sdp.split(uri).length - 1)
          ),
      CAPTURE_TIMES,
    );
    assertEquals(offered, [[4, 4]]);
  });
});
