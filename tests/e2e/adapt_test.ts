import { describe, it } from "@std/testing/bdd";
import { launchBrowser, waitFor } from "../helpers/browser.ts";
import { callService } from "../helpers/call_service.ts";
import { joinFrom, perceives, serveCallPage } from "./call_page.ts";

describe("what the application wants of adaptation", () => {
  it("pauses the camera for everyone, and brings it back", async () => {
    await using calls = await callService();
    await using site = serveCallPage(calls.service.url);
    await using browser = await launchBrowser();
    const room = await calls.room();
    const join = async (identity: string) =>
      await joinFrom(browser, site.url, {
        url: calls.service.url,
        token: await calls.api.makeToken(room, identity),
      });
    await using ada = await join("ada");
    await using bob = await join("bob");
    await perceives(bob.page, ["ada"]);

    await ada.page.evaluate(() => call.setAdaptation({ mode: "audio_only" }));
    await waitFor(bob.page, () => {
      const [ada] = call.participants.values();
      return ada!.paused && ada!.media.camera && ada!.stream.getVideoTracks().length === 0;
    });
    await waitFor(ada.page, () => {
      const { sending, reason } = call.adaptation;
      return sending === "audio_only" && reason === "forced";
    });

    await ada.page.evaluate(() => call.setAdaptation({ mode: "auto" }));
    await waitFor(bob.page, () => ![...call.participants.values()][0]!.paused);
    await perceives(bob.page, ["ada"]);
  });

  it("limits what all is sent together", async () => {
    await using calls = await callService();
    await using site = serveCallPage(calls.service.url);
    await using browser = await launchBrowser();
    const room = await calls.room();
    const join = async (identity: string) =>
      await joinFrom(browser, site.url, {
        url: calls.service.url,
        token: await calls.api.makeToken(room, identity),
      });
    await using ada = await join("ada");
    await using bob = await join("bob");
    await perceives(bob.page, ["ada"]);

    await ada.page.evaluate(() => call.setAdaptation({ mode: "auto", maxBitrate: 80_000 }));
    await waitFor(bob.page, async () => {
      const { participants } = await call.stats();
      return Object.values(participants).some(({ inbound }) =>
        inbound.some(({ kind, frameWidth }) => kind === "camera" && frameWidth === 160)
      );
    });
  });
});
