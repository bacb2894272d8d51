/** The web app at `/`, as two people use it. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { afterAll, afterEach, beforeAll, describe, it } from "@std/testing/bdd";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type { Call } from "../../client/mod.ts";
import { launchBrowser, newPage, type TestPage, waitFor } from "../helpers/browser.ts";
import { type Service, startService } from "../helpers/service.ts";

describe("the web app", () => {
  let service: Service;
  let browser: Browser;
  const open: TestPage[] = [];

  beforeAll(async () => {
    service = await startService();
    browser = await launchBrowser();
  });
  afterEach(async () => {
    const errors = open.flatMap((page) => page.errors);
    for (const { close } of open.splice(0)) await close();
    assertEquals(errors, []);
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
  });

  async function visit(path = "/", options: BrowserContextOptions = {}): Promise<Page> {
    const opened = await newPage(browser, new URL(path, service.url).href, options);
    open.push(opened);
    return opened.page;
  }

  /** Starts a call as Ada; the answer is her page. */
  async function start(options: BrowserContextOptions = {}): Promise<Page> {
    const page = await visit("/", options);
    await page.getByTestId("start").click();
    await enter(page, "Ada");
    return page;
  }

  /** Ada and Bob, who has her link, in a call. */
  async function pair(options: BrowserContextOptions = {}): Promise<[ada: Page, bob: Page]> {
    const ada = await start(options);
    const bob = await visit(ada.url(), options);
    await enter(bob, "Bob");
    await Promise.all([seesPicture(ada), seesPicture(bob)]);
    return [ada, bob];
  }

  it("starts a call; who has its link joins, and both see each other", async () => {
    const [ada, bob] = await pair();
    for (const [page, name] of [[ada, "Bob"], [bob, "Ada"]] as const) {
      const tile = page.locator("[data-testid=tile]:not([data-self])");
      assertEquals(await tile.count(), 1);
      assertEquals(await tile.locator(".name").textContent(), name);
      assertEquals(await tile.getAttribute("data-presence"), "here");
      assertEquals(await page.locator("#people-count").textContent(), "2");
      const badge = page.getByTestId("topology");
      assertEquals(
        [await badge.getAttribute("data-mode"), await badge.getAttribute("data-epoch")],
        ["mesh", "1"],
      );
    }
  });

  it("joins by a link, or a room's name, that was pasted", async () => {
    const ada = await start();
    const room = new URL(ada.url()).searchParams.get("room")!;
    for (const text of [ada.url(), room]) {
      const bob = await visit();
      await bob.getByTestId("link-input").fill(text);
      await bob.getByTestId("link-join").click();
      await enter(bob, "Bob");
      assertEquals(new URL(bob.url()).searchParams.get("room"), room);
      await seesPicture(bob);
      await open.pop()!.close();
    }
  });

  it("brings chat messages, and counts the unread", async () => {
    const [ada, bob] = await pair();
    await ada.getByTestId("chat-toggle").click();
    await ada.getByTestId("chat-input").fill("Hello <b>Bob</b>");
    await ada.getByTestId("chat-send").click();
    await waitFor(bob, () => document.getElementById("unread")!.textContent === "1");
    await bob.getByTestId("chat-toggle").click();
    const message = bob.getByTestId("chat-message");
    assertEquals(await message.locator(".text").textContent(), "Hello <b>Bob</b>");
    assertEquals(await message.locator("strong").textContent(), "Ada");
    assertEquals(await bob.locator("#unread").isVisible(), false);
    await waitFor(ada, () => document.querySelector("[data-testid=chat-message]:not(.sending)"));
  });

  it("shows a raised hand to the other, and its lowering", async () => {
    const [ada, bob] = await pair();
    const hand = bob.locator("[data-testid=tile]:not([data-self]) .hand");
    await ada.getByTestId("hand").click();
    await hand.waitFor({ state: "visible" });
    await bob.getByTestId("people-toggle").click();
    await bob.locator("#people-list .raised").waitFor({ state: "visible" });
    await ada.getByTestId("hand").click();
    await hand.waitFor({ state: "hidden" });
  });

  it("shows both the same four words, by which they know that nobody sits between them", async () => {
    const words = await Promise.all((await pair()).map(async (page) => {
      await page.getByTestId("people-toggle").click();
      await page.getByTestId("short-code").click();
      return await page.locator("#people-list .code strong").textContent();
    }));
    assertEquals(words[0]?.split(" ").length, 4);
    assertEquals(words[1], words[0]);
  });

  it("shows both that a camera is paused, told once, until it is sent again", async () => {
    const [ada, bob] = await pair();
    const tile = "[data-testid=tile]:not([data-self])";
    await adapt(ada, "audio_only");
    await ada.locator("[data-testid=tile][data-self][data-presence=paused]").waitFor();
    await bob.locator(`${tile}[data-presence=paused]`).waitFor();
    const notice = ada.locator("#notices .notice", { hasText: "camera" });
    assertEquals(await notice.allTextContents(), [
      "Your camera is paused: the others hear you, but do not see you.",
    ]);
    await adapt(ada, "auto");
    await ada.locator("[data-testid=tile][data-self][data-presence=here]").waitFor();
    await bob.locator(`${tile}[data-presence=here][data-camera=on]`).waitFor();
    assertEquals(await notice.allTextContents(), [
      "Your camera is back: the others can see you again.",
    ]);
  });

  it("shows the other what is muted and off", async () => {
    const [ada, bob] = await pair();
    const tile = "[data-testid=tile]:not([data-self])";
    await ada.getByTestId("camera").click();
    await ada.getByTestId("mic").click();
    await bob.locator(`${tile}[data-camera=off][data-microphone=off]`).waitFor();
    await ada.getByTestId("camera").click();
    await ada.getByTestId("mic").click();
    await bob.locator(`${tile}[data-camera=on][data-microphone=on]`).waitFor();
    await seesPicture(bob);
  });

  it("is for the keyboard alone: start, join, mute, leave", async () => {
    const ada = await visit();
    await tabTo(ada, "start-call");
    await ada.keyboard.press("Enter");
    await waitFor(ada, () => document.body.dataset.screen === "lobby");
    await tabTo(ada, "name");
    await ada.keyboard.type("Ada");
    await ada.keyboard.press("Enter");
    await waitFor(ada, () => document.body.dataset.screen === "call");
    const bob = await visit(ada.url());
    await enter(bob, "Bob");
    await seesPicture(bob);
    const microphone = (state: string) =>
      bob.locator(`[data-testid=tile]:not([data-self])[data-microphone=${state}]`).waitFor();
    await microphone("on");
    await ada.keyboard.press("m");
    await microphone("off");
    await ada.keyboard.press("c");
    await ada.keyboard.type("m is a letter here");
    await ada.keyboard.press("Enter");
    await bob.getByTestId("chat-message").waitFor({ state: "attached" });
    await ada.keyboard.press("Escape");
    await tabTo(ada, "mic");
    await ada.keyboard.press("Space");
    await microphone("on");
    await tabTo(ada, "leave");
    await ada.keyboard.press("Enter");
    await waitFor(ada, () => document.body.dataset.screen === "ended");
  });

  it("fits 360 pixels without scrolling sideways, on every screen", async () => {
    const viewport = { width: 360, height: 640 };
    const ada = await visit("/", { viewport });
    await fits(ada, "start");
    await ada.getByTestId("start").click();
    await fits(ada, "lobby");
    await enter(ada, "A name that is as long as names are in this world, no doubt");
    const bob = await visit(ada.url(), { viewport });
    await enter(bob, "Bob");
    await Promise.all([seesPicture(ada), seesPicture(bob)]);
    await fits(ada, "call");
    for (const panel of ["chat", "people", "stats"]) {
      await ada.getByTestId(`${panel}-toggle`).click();
      await ada.locator(`#${panel}`).waitFor({ state: "visible" });
      await fits(ada, "call");
      await ada.locator(`#${panel}-close`).click();
    }
    await ada.getByTestId("leave").click();
    await fits(ada, "ended");
  });

  it("renders light and dark", async () => {
    const backgrounds: string[] = [];
    for (const colorScheme of ["light", "dark"] as const) {
      const [ada] = await pair({ colorScheme });
      const { text, ground } = await ada.evaluate(() => {
        const { color, backgroundColor } = getComputedStyle(document.body);
        return { text: color, ground: backgroundColor };
      });
      assertNotEquals(text, ground);
      backgrounds.push(ground);
    }
    assertNotEquals(backgrounds[0], backgrounds[1]);
  });

  it("ends a call when one leaves: it says so, the other's tile goes, and one can come back", async () => {
    const [ada, bob] = await pair();
    await ada.getByTestId("leave").click();
    await ada.getByTestId("ended").waitFor();
    assertEquals(await ada.locator("#ended-title").textContent(), "You left the call");
    assertEquals(await ada.getByTestId("ended").getAttribute("data-code"), "left");
    await bob.locator("[data-testid=tile]:not([data-self])").waitFor({ state: "detached" });
    await bob.locator("#alone").waitFor({ state: "visible" });
    await ada.getByTestId("rejoin").click();
    await waitFor(ada, () => document.body.dataset.screen === "call");
    await Promise.all([seesPicture(ada), seesPicture(bob)]);
  });
});

/** From the lobby into the call. */
async function enter(page: Page, name: string): Promise<void> {
  await page.getByTestId("name").fill(name);
  await page.getByTestId("join").click();
  await waitFor(page, () => document.body.dataset.screen === "call");
}

/** Has a page send as much as it is told. */
async function adapt(page: Page, mode: "auto" | "audio_only"): Promise<void> {
  await page.evaluate(
    (mode) =>
      (globalThis as unknown as { meshliftCall: Call }).meshliftCall.setAdaptation({ mode }),
    mode,
  );
}

/** Resolves when the other's picture moves. */
async function seesPicture(page: Page): Promise<void> {
  await waitFor(page, () => {
    const video = document.querySelector<HTMLVideoElement>(
      "[data-testid=tile]:not([data-self])[data-camera=on] video",
    );
    return video !== null && video.videoWidth > 0 && video.currentTime > 0.2;
  });
}

/** Presses Tab until an element has the focus. */
async function tabTo(page: Page, id: string): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    if (await page.evaluate(() => document.activeElement?.id) === id) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Cannot reach #${id} by Tab; expected it among the first 60`);
}

async function fits(page: Page, screen: string): Promise<void> {
  await waitFor(page, (screen) => document.body.dataset.screen === screen, undefined, screen);
  const { scrollWidth, clientWidth } = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return { scrollWidth, clientWidth };
  });
  assert(scrollWidth <= clientWidth, `${screen}: ${scrollWidth} > ${clientWidth}`);
}
