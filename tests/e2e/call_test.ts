import { assertEquals } from "@std/assert";
import { afterAll, afterEach, beforeAll, describe, it } from "@std/testing/bdd";
import type { Browser, Page } from "playwright-core";
import { Api } from "../helpers/api.ts";
import { launchBrowser, type TestPage, waitFor } from "../helpers/browser.ts";
import { type Service, startService } from "../helpers/service.ts";
import {
  decodesMore,
  framesOf,
  join,
  joinFrom,
  perceives,
  sees,
  serveCallPage,
} from "./call_page.ts";

describe("a call in real browsers", () => {
  let service: Service;
  let api: Api;
  let browser: Browser;
  let site: ReturnType<typeof serveCallPage>;
  let room: string;
  const open: TestPage[] = [];

  beforeAll(async () => {
    service = await startService();
    api = Api.over(service.url);
    site = serveCallPage(service.url);
    browser = await launchBrowser(["--auto-accept-this-tab-capture"]);
  });
  afterEach(async () => {
    for (const { close } of open.splice(0)) await close();
  });
  afterAll(async () => {
    await browser.close();
    await site[Symbol.asyncDispose]();
    await service.stop();
  });

  async function enter(identity: string, permissions = {}): Promise<Page> {
    const token = await api.makeToken(room, identity, { permissions });
    const page = await joinFrom(browser, site.url, { url: service.url, token });
    open.push(page);
    return page.page;
  }

  async function call(...identities: string[]): Promise<Page[]> {
    room = (await api.makeRoom()).id;
    const pages: Page[] = [];
    for (const identity of identities) pages.push(await enter(identity));
    return pages;
  }

  async function assertAllPerceiveAll(pages: Page[], identities: string[]): Promise<void> {
    await Promise.all(
      pages.map((page, i) => perceives(page, identities.filter((_, j) => i !== j))),
    );
  }

  for (const people of [["ada", "bob"], ["ada", "bob", "cleo"], ["ada", "bob", "cleo", "dan"]]) {
    it(`${people.length} people see and hear each other`, async () => {
      await assertAllPerceiveAll(await call(...people), people);
    });
  }

  it("someone who comes late sees and hears all, and they it", async () => {
    const pages = await call("ada", "bob");
    await assertAllPerceiveAll(pages, ["ada", "bob"]);
    pages.push(await enter("cleo"));
    await assertAllPerceiveAll(pages, ["ada", "bob", "cleo"]);
  });

  it("a reload leaves and comes back as someone new", async () => {
    const [ada, bob] = await call("ada", "bob") as [Page, Page];
    await assertAllPerceiveAll([ada, bob], ["ada", "bob"]);
    await bob.reload();
    await sees(ada, "left bob", 2_000);
    const token = await api.makeToken(room, "bob");
    await join(bob, { url: service.url, token });
    await assertAllPerceiveAll([ada, bob], ["ada", "bob"]);
    assertEquals(await api.whoIsIn(room), ["ada", "bob"]);
  });

  it("a tab that is killed is gone for the others within 10 s", async () => {
    const [ada, bob] = await call("ada", "bob") as [Page, Page];
    await assertAllPerceiveAll([ada, bob], ["ada", "bob"]);
    const session = await bob.context().newCDPSession(bob);
    // It does not answer: the page that would is gone.
    session.send("Page.crash").catch(() => {});
    await sees(ada, "left bob", 10_000);
    assertEquals(await api.whoIsIn(room), ["ada"]);
  });

  it("leaving is seen by the others at once", async () => {
    const [ada, bob] = await call("ada", "bob") as [Page, Page];
    await bob.evaluate(() => globalThis.call.leave());
    await sees(ada, "left bob", 2_000);
    assertEquals(await bob.evaluate(() => globalThis.call.state), "closed");
  });

  it("closing the page leaves at once", async () => {
    const [ada, bob] = await call("ada", "bob") as [Page, Page];
    await bob.close({ runBeforeUnload: true });
    await sees(ada, "left bob", 2_000);
  });

  it("a shared screen comes and goes while cameras run on", async () => {
    const [ada, bob] = await call("ada", "bob") as [Page, Page];
    await assertAllPerceiveAll([ada, bob], ["ada", "bob"]);
    for (let round = 0; round < 2; round++) {
      const shared = await ada.evaluate(() =>
        globalThis.call.shareScreen(true, { preferCurrentTab: true } as DisplayMediaStreamOptions)
      );
      assertEquals(shared, true);
      await waitFor(bob, async () => {
        const [ada] = globalThis.call.participants.values();
        const { participants } = await globalThis.call.stats();
        const screen = participants[ada!.id]?.inbound.find(({ kind }) => kind === "screen");
        return ada!.screen.getVideoTracks().length === 1 && (screen?.framesDecoded ?? 0) > 0;
      });
      const before = await framesOf(bob, "ada");
      await ada.evaluate(() => globalThis.call.shareScreen(false));
      await waitFor(bob, () => {
        const [ada] = globalThis.call.participants.values();
        return ada!.screen.getTracks().length === 0 && ada!.media.screen === false;
      });
      await decodesMore(bob, "ada", before);
    }
  });

  it("a camera that is switched off leaves no frozen picture, and comes back", async () => {
    const [ada, bob] = await call("ada", "bob") as [Page, Page];
    await assertAllPerceiveAll([ada, bob], ["ada", "bob"]);
    await ada.evaluate(() => globalThis.call.setCamera(false));
    await waitFor(bob, () => {
      const [ada] = globalThis.call.participants.values();
      return !ada!.media.camera && ada!.stream.getVideoTracks().length === 0;
    });
    const before = await framesOf(bob, "ada");
    await ada.evaluate(() => globalThis.call.setCamera(true));
    await waitFor(
      bob,
      async (before) => {
        const [ada] = globalThis.call.participants.values();
        const { participants } = await globalThis.call.stats();
        const camera = participants[ada!.id]?.inbound.find(({ kind }) => kind === "camera");
        return ada!.stream.getVideoTracks().length === 1 && (camera?.framesDecoded ?? 0) > before;
      },
      10_000,
      before,
    );
  });

  it("whoever may not publish is not seen, whatever its page says", async () => {
    room = (await api.makeRoom()).id;
    const ada = await enter("ada");
    const token = await api.makeToken(room, "eve", { permissions: { publish: false } });
    const eve = await joinFrom(browser, site.url, { url: service.url, token, media: false });
    open.push(eve);
    const refusal = await eve.page.evaluate(() =>
      globalThis.call.setCamera(true).then(() => "none", ({ code }) => code)
    );
    assertEquals(refusal, "not_permitted");
    await perceives(eve.page, ["ada"]);
    assertEquals(
      await ada.evaluate(() =>
        [...globalThis.call.participants.values()][0]!.stream.getTracks().length
      ),
      0,
    );
  });

  it("removed over REST, the call closes and says why", async () => {
    const [ada, bob] = await call("ada", "bob") as [Page, Page];
    const id = await bob.evaluate(() => globalThis.call.self.id);
    await api.remove(room, id);
    await sees(bob, "state closed", 2_000);
    assertEquals(await bob.evaluate(() => globalThis.call.error?.code), "removed");
    await sees(ada, "left bob", 2_000);
  });

  it("when the room ends, the call closes and says why", async () => {
    const [ada] = await call("ada") as [Page];
    await api.remove(room);
    await sees(ada, "state closed", 2_000);
    assertEquals(await ada.evaluate(() => globalThis.call.error?.code), "room_ended");
  });

  it("two calls live in one page", async () => {
    const [ada, bob] = await call("ada", "bob") as [Page, Page];
    const first = room;
    room = (await api.makeRoom()).id;
    const cleo = await enter("cleo");
    const token = await api.makeToken(room, "ada");
    await ada.evaluate(() => Object.assign(globalThis, { firstCall: globalThis.call }));
    await join(ada, { url: service.url, token });
    await perceives(ada, ["cleo"]);
    await perceives(cleo, ["ada"]);
    await perceives(bob, ["ada"]);
    await ada.evaluate(() => globalThis.call.leave());
    await sees(cleo, "left ada", 2_000);
    assertEquals(await api.whoIsIn(first), ["ada", "bob"]);
    const before = await framesOf(bob, "ada");
    await decodesMore(bob, "ada", before);
  });
});
