/** What time it is at the service, and how old what one sees is. */
import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { waitFor } from "../helpers/browser.ts";
import { SmallCalls } from "../helpers/small_calls.ts";

const CAPTURE_TIMES = "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time";

describe("the clock of a call", () => {
  it("is the service's, and says how old sound and picture are", async () => {
    await using calls = await SmallCalls.start();
    await calls.makeRoom();
    await using ada = await calls.enter("ada");
    await using bob = await calls.enter("bob");
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
