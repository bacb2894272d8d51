import { assert, assertEquals } from "@std/assert";
import { afterAll, afterEach, beforeAll, describe, it } from "@std/testing/bdd";
import type { Browser } from "playwright-core";
import { Engine } from "../../lib/sfu/embedded/engine.ts";
import { LocalSfu } from "../../lib/sfu/embedded/local.ts";
import { embeddedSfu } from "../../lib/sfu/embedded/mod.ts";
import type { Sfu } from "../../lib/sfu/mod.ts";
import { becomes } from "../helpers/becomes.ts";
import { launchBrowser } from "../helpers/browser.ts";
import { LossyEngine } from "../helpers/lossy_engine.ts";
import { Guest, type Seen, serveSfuPage } from "./embedded_sfu_page.ts";

const info = { id: "embedded", region: "local", capacity: 50 };
/** Machines that test are busy ones. */
const SOON = { withinMs: 30_000 };

describe("the embedded SFU with real browsers", () => {
  let browser: Browser;
  let site: ReturnType<typeof serveSfuPage>;
  const guests: Guest[] = [];

  beforeAll(async () => {
    site = serveSfuPage();
    browser = await launchBrowser();
  });
  afterEach(async () => {
    for (const guest of guests.splice(0)) await guest[Symbol.asyncDispose]();
  });
  afterAll(async () => {
    await browser.close();
    await site[Symbol.asyncDispose]();
  });

  async function withSfu(
    sfu: Sfu,
    test: (enter: (id: string) => Promise<Guest>) => Promise<void>,
  ): Promise<void> {
    const enterAs = async (id: string) => {
      const guest = await Guest.enter(browser, site.url, { sfu, room: "room", id });
      guests.push(guest);
      return guest;
    };
    try {
      await test(enterAs);
      for (const { opened, ended } of guests) assertEquals([...opened.errors, ...ended], []);
      for (const guest of guests.splice(0)) await guest[Symbol.asyncDispose]();
      assertEquals(sfu.load, 0);
    } finally {
      await sfu.close();
    }
  }

  /** Waits until `guest` has decoded `more` pictures of `of` from now on. */
  async function decodes(guest: Guest, of: string, more = 10): Promise<Seen> {
    const before = (await guest.seen(of))?.frames ?? 0;
    await becomes(
      async () => {
        assertEquals(guest.ended, []);
        return ((await guest.seen(of))?.frames ?? 0) >= before + more;
      },
      true,
      SOON,
    );
    return (await guest.seen(of))!;
  }

  const widthOf = async (guest: Guest, of: string) => (await guest.seen(of))?.width;

  it("brings each the picture and the sound of the other", () =>
    withSfu(embeddedSfu({ info }), async (enter) => {
      const [ada, bob] = [await enter("ada"), await enter("bob")];
      await ada.publish();
      await bob.publish();
      await Promise.all([decodes(ada, "bob"), decodes(bob, "ada")]);
      for (const [guest, other] of [[ada, "bob"], [bob, "ada"]] as const) {
        await becomes(
          async () => ((await guest.seen(other, "microphone"))?.packets ?? 0) > 50,
          true,
          SOON,
        );
      }
    }));

  it("sends the layer that is asked for, and goes back to a better one", () =>
    withSfu(embeddedSfu({ info }), async (enter) => {
      const [ada, bob] = [await enter("ada"), await enter("bob")];
      await ada.publish();
      await becomes(() => widthOf(bob, "ada"), 640, SOON);
      for (const [layer, width] of [["medium", 320], ["high", 640], ["low", 320]] as const) {
        await bob.layers({ ada: layer });
        await becomes(() => widthOf(bob, "ada"), width, SOON);
        await decodes(bob, "ada");
      }
      await bob.layers({ ada: "off" });
      await becomes(async () => {
        const before = await bob.seen("ada");
        const sound = (await bob.seen("ada", "microphone"))!.packets;
        await becomes(
          async () => (await bob.seen("ada", "microphone"))!.packets > sound + 20,
          true,
        );
        return (await bob.seen("ada"))!.packets - before!.packets;
      }, 0);
      await bob.layers({ ada: "high" });
      await decodes(bob, "ada");
      // A switch that left a gap in the numbers would count as a loss of thousands.
      const { lost } = (await bob.seen("ada"))!;
      assert(lost < 20, `${lost} packets were lost on the way`);
    }));

  it("shows somebody who comes late a picture within a second", () =>
    withSfu(embeddedSfu({ info }), async (enter) => {
      const ada = await enter("ada");
      await ada.publish();
      await decodes(await enter("bob"), "ada");
      // The best of three: it is not the machine that is tested.
      const times: number[] = [];
      for (const id of ["cleo", "dan", "eve"]) {
        const late = await enter(id);
        times.push(await late.page.evaluate(() => globalThis.sfu.firstFrame("ada")));
        if (times.at(-1)! < 1_000) return;
        await late[Symbol.asyncDispose]();
        guests.splice(guests.indexOf(late), 1);
      }
      throw new Error(`the first picture came after ${times} ms, expected less than 1,000`);
    }));

  it("repairs what is lost, on both ways", () =>
    withSfu(new LocalSfu(info, new LossyEngine(0.05)), async (enter) => {
      const [ada, bob] = [await enter("ada"), await enter("bob")];
      await ada.publish();
      await decodes(bob, "ada", 100);
      const [picture, sound] = [await bob.seen("ada"), await bob.seen("ada", "microphone")];
      const said = JSON.stringify({ picture, sound });
      assert(picture!.nacks > 0 && picture!.repeated > 0, `nothing was repeated: ${said}`);
      // Of ten percent on both ways together. (Of a picture's, what is repeated does not count as received.)
      const lost = sound!.lost / (sound!.packets + sound!.lost);
      assert(lost < 0.02, `${lost} of the sound stayed lost, expected less than 0.02: ${said}`);
      const sent = await ada.page.evaluate(() => globalThis.sfu.sentLayers());
      assert(
        Object.values(sent).some(({ repeated }) => repeated > 0),
        `the sender repeated nothing: ${JSON.stringify(sent)}`,
      );
    }));

  it("goes on with new connections in place of the old ones", () =>
    withSfu(embeddedSfu({ info }), async (enter) => {
      const [ada, bob] = [await enter("ada"), await enter("bob")];
      await ada.publish();
      await decodes(bob, "ada");
      await ada.publish();
      await decodes(bob, "ada");
      await bob.resubscribe();
      await decodes(bob, "ada");
    }));

  it("goes on for those who stay while fifty others come and go", () => {
    const sfu = new LocalSfu(info, new Engine());
    return withSfu(sfu, async (enter) => {
      const [ada, bob] = [await enter("ada"), await enter("bob")];
      await ada.publish();
      await decodes(bob, "ada");
      const offer = await bob.page.evaluate(() =>
        globalThis.sfu.publish({
          width: 640,
          height: 360,
          simulcast: true,
        })
      );
      const silent = { offer: () => {}, candidate: () => {}, ended: () => {} };
      for (let i = 0; i < 50; i++) {
        const seat = { room: "room", participant: `passer${i}`, publish: true, subscribe: false };
        const passer = await sfu.open(seat, silent);
        await passer.publish(offer);
        await becomes(() => bob.participants.includes(`passer${i}`), true);
        await passer.close();
        await becomes(() => bob.participants.join(), "ada");
      }
      // A section is used again as soon as it is known to be free.
      assert(bob.sections <= 12, `there are ${bob.sections} sections, expected at most 12`);
      await decodes(bob, "ada");
      const cleo = await enter("cleo");
      await cleo.publish();
      await Promise.all([decodes(bob, "cleo"), decodes(ada, "cleo"), decodes(cleo, "ada")]);
    });
  });
});
