import { describe, it } from "@std/testing/bdd";
import { launchBrowser, waitFor } from "../helpers/browser.ts";
import { callService } from "../helpers/call_service.ts";
import { forceTopology } from "../helpers/force_topology.ts";
import { joinFrom, perceives, serveCallPage } from "./call_page.ts";

/** Ada and Bob, who see each other. */
async function callOfTwo() {
  const stack = new AsyncDisposableStack();
  const calls = stack.use(await callService());
  const site = stack.use(serveCallPage(calls.service.url));
  const browser = stack.use(await launchBrowser());
  const room = await calls.room();
  const join = async (identity: string) => {
    const token = await calls.api.makeToken(room, identity);
    return stack.use(await joinFrom(browser, site.url, { url: calls.service.url, token })).page;
  };
  const ada = await join("ada");
  const bob = await join("bob");
  await perceives(bob, ["ada"]);
  return { ada, bob, room, calls, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe("what the application wants of adaptation", () => {
  it("pauses the camera for everyone, and brings it back", async () => {
    await using call = await callOfTwo();
    const { ada, bob } = call;

    await ada.evaluate(() => globalThis.call.setAdaptation({ mode: "audio_only" }));
    await waitFor(bob, () => {
      const [ada] = globalThis.call.participants.values();
      return ada!.paused && ada!.media.camera && ada!.stream.getVideoTracks().length === 0;
    });
    await waitFor(ada, () => {
      const { sending, reason } = globalThis.call.adaptation;
      return sending === "audio_only" && reason === "forced";
    });

    await ada.evaluate(() => globalThis.call.setAdaptation({ mode: "auto" }));
    await waitFor(bob, () => ![...globalThis.call.participants.values()][0]!.paused);
    await perceives(bob, ["ada"]);
  });

  it("holds by an SFU too, where no camera is sent then", async () => {
    await using call = await callOfTwo();
    const { ada, bob } = call;
    await ada.evaluate(() => globalThis.call.setAdaptation({ mode: "audio_only" }));
    await waitFor(bob, () => [...globalThis.call.participants.values()][0]!.paused);

    await forceTopology(call.calls.api, call.room, "sfu");
    for (const page of [ada, bob]) {
      await waitFor(page, () => globalThis.call.topology.mode === "sfu");
    }
    await waitFor(bob, async () => {
      const [ada] = globalThis.call.participants.values();
      const { inbound } = (await globalThis.call.stats()).participants[ada!.id]!;
      const packets = (kind: string) =>
        inbound.find((one) => one.kind === kind)?.packetsReceived ?? 0;
      return ada!.paused && packets("microphone") > 50 && packets("camera") === 0;
    }, 20_000);

    await ada.evaluate(() => globalThis.call.setAdaptation({ mode: "auto" }));
    await waitFor(bob, () => ![...globalThis.call.participants.values()][0]!.paused);
    await perceives(bob, ["ada"]);
  });

  it("limits what all is sent together", async () => {
    await using call = await callOfTwo();
    const { ada, bob } = call;

    await ada.evaluate(() => globalThis.call.setAdaptation({ mode: "auto", maxBitrate: 80_000 }));
    await waitFor(bob, async () => {
      const { participants } = await globalThis.call.stats();
      return Object.values(participants).some(({ inbound }) =>
        inbound.some(({ kind, frameWidth }) => kind === "camera" && frameWidth === 160)
      );
    });
  });
});
