import { assert, assertEquals } from "@std/assert";
import { afterAll, afterEach, beforeAll, describe, it } from "@std/testing/bdd";
import type { Browser, Page } from "playwright-core";
import { Api } from "../helpers/api.ts";
import { launchBrowser, type TestPage, waitFor } from "../helpers/browser.ts";
import { type CuttableProxy, startProxy } from "../helpers/cuttable_proxy.ts";
import { forceTopology } from "../helpers/force_topology.ts";
import { type Service, startService } from "../helpers/service.ts";
import {
  comesBy,
  hasReceived,
  join,
  joinFrom,
  perceives,
  sees,
  serveCallPage,
} from "./call_page.ts";

const PEOPLE = ["ada", "bob", "cleo", "dan"];
const MEDIA = { audio: true, video: { width: 160, height: 120, frameRate: 15 } };

type Marked = MediaStream & { marked?: true };

/** Marks the streams of everyone, so that others put in their place are found out. */
async function markStreams(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const { stream } of call.participants.values()) (stream as Marked).marked = true;
  });
}

/** Of whom the page has another stream than those that were marked. */
async function unmarked(page: Page): Promise<string[]> {
  return await page.evaluate(() =>
    [...call.participants.values()].filter(({ stream }) => !(stream as Marked).marked)
      .map(({ identity }) => identity)
  );
}

/** Resolves when the page's call has this topology. */
async function isOn(page: Page, mode: "mesh" | "sfu"): Promise<void> {
  await waitFor(page, (mode) => call.topology.mode === mode, 15_000, mode);
}

describe("a call on a machine with nothing else installed", () => {
  let service: Service;
  let api: Api;
  let browser: Browser;
  let proxy: CuttableProxy;
  let site: ReturnType<typeof serveCallPage>;
  let room: string;
  const open: TestPage[] = [];

  beforeAll(async () => {
    service = await startService();
    api = Api.over(service.url);
    proxy = startProxy(service.url);
    site = serveCallPage(service.url);
    browser = await launchBrowser(["--auto-accept-this-tab-capture"]);
  });
  afterEach(async () => {
    for (const { close } of open.splice(0)) await close();
  });
  afterAll(async () => {
    await browser.close();
    await site[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
    await service.stop();
  });

  async function enter(identity: string, url = service.url): Promise<Page> {
    const token = await api.makeToken(room, identity);
    const opened = await joinFrom(browser, site.url, { url, token, media: MEDIA });
    open.push(opened);
    return opened.page;
  }

  /** So many people in a call of their own, who perceive each other. */
  async function call(count: number): Promise<Page[]> {
    room = (await api.makeRoom()).id;
    const pages: Page[] = [];
    for (const identity of PEOPLE.slice(0, count)) pages.push(await enter(identity));
    await allPerceiveAll(pages);
    await Promise.all(pages.map(markStreams));
    return pages;
  }

  async function allPerceiveAll(pages: Page[], people = PEOPLE.slice(0, pages.length)) {
    await Promise.all(
      pages.map((page, i) => perceives(page, people.filter((_, j) => j !== i))),
    );
  }

  async function allGetAllBy(way: "mesh" | "sfu", pages: Page[], people?: string[]) {
    await Promise.all(pages.map((page) => isOn(page, way)));
    await Promise.all(pages.map((page) => comesBy(page, way)));
    await allPerceiveAll(pages, people);
  }

  it("is lifted when the fourth comes, and comes down when two have left", async () => {
    room = (await api.makeRoom({ topology: { promoteAt: 4, demoteAt: 2 } })).id;
    const pages: Page[] = [];
    for (const identity of PEOPLE.slice(0, 3)) pages.push(await enter(identity));
    await allPerceiveAll(pages);
    await Promise.all(pages.map(markStreams));
    pages.push(await enter("dan"));
    await allGetAllBy("sfu", pages);
    assertEquals(await unmarked(pages[0]!), ["dan"]);
    await Promise.all(pages.slice(2).map((page) => page.evaluate(() => globalThis.call.leave())));
    await allGetAllBy("mesh", pages.slice(0, 2));
    assertEquals(await unmarked(pages[0]!), []);
  });

  it("keeps a shared screen, a muted microphone and messages through a switch and back", async () => {
    const pages = await call(2);
    const [ada, bob] = pages as [Page, Page];
    await ada.evaluate(() =>
      globalThis.call.shareScreen(true, { preferCurrentTab: true } as DisplayMediaStreamOptions)
    );
    await bob.evaluate(() => globalThis.call.setMicrophone(false));
    const speaking = ada.evaluate(async () => {
      for (let n = 0; n < 200; n++) {
        await globalThis.call.send(n);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    });
    for (const way of ["sfu", "mesh"] as const) {
      await forceTopology(api, room, way);
      await Promise.all(pages.map((page) => isOn(page, way)));
      await Promise.all(pages.map((page) => comesBy(page, way)));
      await waitFor(bob, async () => {
        const [ada] = globalThis.call.participants.values();
        const { participants } = await globalThis.call.stats();
        const screen = participants[ada!.id]?.inbound.find(({ kind }) => kind === "screen");
        return ada!.screen.getVideoTracks().length === 1 && (screen?.framesDecoded ?? 0) > 3;
      });
      assertEquals(
        await ada.evaluate(() => [...globalThis.call.participants.values()][0]!.media.microphone),
        false,
      );
    }
    await speaking;
    await hasReceived(bob, 200);
    const said = await bob.evaluate(() => globalThis.said.map(({ data }) => data));
    assertEquals(said, Array.from({ length: 200 }, (_, n) => n));
    assertEquals([await unmarked(ada), await unmarked(bob)], [[], []]);
  });

  it("takes in who joins in the middle of a switch, either way", async () => {
    const pages = await call(2);
    for (const [way, identity] of [["sfu", "cleo"], ["mesh", "dan"]] as const) {
      await Promise.all([
        forceTopology(api, room, way),
        enter(identity).then((page) => pages.push(page)),
      ]);
      await allGetAllBy(way, pages);
    }
  });

  it("goes on without who leaves in the middle of a switch", async () => {
    const [ada, bob, cleo] = await call(3) as [Page, Page, Page];
    await Promise.all([
      forceTopology(api, room, "sfu"),
      cleo.evaluate(() => globalThis.call.leave()),
    ]);
    await allGetAllBy("sfu", [ada, bob]);
    assertEquals([await unmarked(ada), await unmarked(bob)], [[], []]);
  });

  it("takes in again who reloads in the middle of a switch", async () => {
    const [ada, bob] = await call(2) as [Page, Page];
    await forceTopology(api, room, "sfu");
    await bob.reload();
    const token = await api.makeToken(room, "bob");
    await join(bob, { url: service.url, token, media: MEDIA });
    await allGetAllBy("sfu", [ada, bob]);
    assertEquals(await api.whoIsIn(room), ["ada", "bob"]);
  });

  it("switches those too whose sockets are lost in the middle of it, either way", async () => {
    room = (await api.makeRoom()).id;
    const pages = [await enter("ada"), await enter("bob", proxy.url)];
    await allPerceiveAll(pages);
    await Promise.all(pages.map(markStreams));
    for (const way of ["sfu", "mesh"] as const) {
      await Promise.all([forceTopology(api, room, way), sees(pages[0]!, `topology ${way} forced`)]);
      proxy.cut();
      await allGetAllBy(way, pages);
    }
    assertEquals([await unmarked(pages[0]!), await unmarked(pages[1]!)], [[], []]);
  });

  it("changes its mind in the middle of a switch, and everyone ends up where it says", async () => {
    const pages = await call(2);
    for (const way of ["sfu", "mesh", "sfu", "mesh", "sfu"] as const) {
      await forceTopology(api, room, way);
      await sees(pages[0]!, `topology ${way} forced`);
    }
    await allGetAllBy("sfu", pages);
    assertEquals([await unmarked(pages[0]!), await unmarked(pages[1]!)], [[], []]);
  });

  it("comes back for somebody who cannot reach the SFU, and nobody misses anything", async () => {
    const pages = await call(2);
    const [ada, bob] = pages as [Page, Page];
    // What the SFU would need of it does not get there: a firewall between them.
    await bob.evaluate(() => {
      const { prototype } = RTCPeerConnection;
      const set = prototype.setRemoteDescription as (
        description: RTCSessionDescriptionInit,
      ) => Promise<void>;
      prototype.setRemoteDescription = function (description: RTCSessionDescriptionInit) {
        const sdp = (description.sdp ?? "").replaceAll(/a=candidate:[^\r]*\r\n/g, "")
          .replaceAll(/a=ice-pwd:[^\r]*/g, "a=ice-pwd:nobodyknowsthispasswordatall");
        return set.call(this, this.sctp === null ? { type: description.type, sdp } : description);
      };
    });
    await forceTopology(api, room, "sfu");
    await sees(ada, "topology mesh sfu_unreachable", 20_000);
    await allGetAllBy("mesh", pages);
    assert(!(await bob.evaluate(() => globalThis.happened)).includes("state reconnecting"));
    assertEquals([await unmarked(ada), await unmarked(bob)], [[], []]);
  });
});
