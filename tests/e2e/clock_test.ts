/** What time it is at the service, and how old what one sees is. */
import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import type { Page } from "playwright-core";
import { type TestPage, waitFor } from "../helpers/browser.ts";
import { SmallCalls } from "../helpers/small_calls.ts";

const CAPTURE_TIMES = "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time";
/** Of reading two clocks, in s. */
const READING = 0.005;

/** How old the sound and the picture of the other are, in s, once both are known. */
async function delaysAt(page: Page): Promise<number[]> {
  const delays = await waitFor(page, async () => {
    const { participants } = await globalThis.call.stats();
    const inbound = Object.values(participants)[0]?.inbound ?? [];
    const known = inbound.filter(({ captureDelay }) => captureDelay !== undefined);
    return known.length < 2 ? undefined : known.map(({ captureDelay }) => captureDelay!);
  });
  return delays!;
}

/** What the page's clock is off by, and by how much that may be wrong, in s; `setBack`: with a clock set back so far. */
const clockOf = (page: Page, setBack = 0) =>
  page.evaluate(async (setBack) => {
    const { now } = Date;
    Date.now = () => now.call(Date) - setBack * 1_000;
    try {
      const { clockOffset, clockError } = await globalThis.call.stats();
      return { offset: clockOffset!, error: clockError! };
    } finally {
      Date.now = now;
    }
  }, setBack);

describe("the clock of a call", () => {
  let calls: SmallCalls;
  let ada: TestPage;
  let bob: TestPage;

  beforeAll(async () => {
    calls = await SmallCalls.start();
    await calls.makeRoom();
    ada = await calls.enter("ada");
    bob = await calls.enter("bob");
    await Promise.all([ada, bob].map(({ page }) => delaysAt(page)));
  });
  afterAll(() => calls[Symbol.asyncDispose]());

  it("says how old sound and picture are", async () => {
    for (const { page } of [ada, bob]) {
      for (const delay of await delaysAt(page)) assert(delay < 2, `${delay} s`);
    }
  });

  it("is the service's", async () => {
    const { offset, error } = await clockOf(ada.page);
    assert(error < 0.5, `${error} s`);
    assert(Math.abs(offset) <= error + READING, `${offset} s, one clock for all`);
  });

  it("makes good at once a clock that was set", async () => {
    const { offset, error } = await clockOf(ada.page, 60);
    assert(Math.abs(offset - 60) <= error + READING, `${offset} s`);
  });

  it("has capture times sent in every section of the only connection", async () => {
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
