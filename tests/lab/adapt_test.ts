import { assert } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Page } from "playwright-core";
import { decodesMore, framesOf, perceives } from "../e2e/call_page.ts";
import { waitFor } from "../helpers/browser.ts";
import { Stage } from "./stage.ts";
import { hearEachOther, longestSilence } from "./voices.ts";

/** Resolves when this page shows no picture of somebody, and says why. */
function showsPaused(page: Page, identity: string, paused: boolean): Promise<unknown> {
  return waitFor(
    page,
    ({ identity, paused }) => {
      const person = [...call.participants.values()].find((p) => p.identity === identity)!;
      return person.paused === paused && (person.stream.getVideoTracks().length === 0) === paused;
    },
    20_000,
    { identity, paused },
  );
}

/** Packets of somebody's voice that have come so far. */
function voiceOf(page: Page, identity: string): Promise<number> {
  return page.evaluate(async (identity) => {
    const { participants } = await call.stats();
    const person = [...call.participants.values()].find((p) => p.identity === identity)!;
    const { inbound } = participants[person.id]!;
    return inbound.find(({ kind }) => kind === "microphone")!.packetsReceived;
  }, identity);
}

/** Resolves when so many more packets of this one's voice have come. */
async function hearsMore(page: Page, identity: string, packets: number): Promise<void> {
  const least = await voiceOf(page, identity) + packets;
  await waitFor(
    page,
    async ({ identity, least }) => {
      const { participants } = await call.stats();
      const person = [...call.participants.values()].find((p) => p.identity === identity)!;
      const { inbound } = participants[person.id]!;
      return inbound.find(({ kind }) => kind === "microphone")!.packetsReceived >= least;
    },
    10_000,
    { identity, least },
  );
}

function sends(page: Page, isPaused: boolean, limitMs: number): Promise<unknown> {
  return waitFor(
    page,
    (isPaused) => (call.adaptation.sending === "audio_only") === isPaused,
    limitMs,
    isPaused,
  );
}

/** So long after a cut there may be any silence, and from then on, for this time, none above so long. */
const GRACE_MS = 2_000;
const SPAN_MS = 8_000;
const LONGEST_SILENCE_MS = 1_000;

describe("an uplink that gets thin", () => {
  it("carries only the voice then, everyone is told, and the picture comes back with it", async () => {
    await using stage = await Stage.set({
      hosts: { ada: "routed", bob: "routed", eve: "routed" },
      turn: [],
    });
    const uplink = (rate: number) => stage.lab.host("ada").uplink({ rate });
    await uplink(4_000);
    await using call = await stage.call(["ada", "bob", "eve"]);
    await call.stands("mesh");
    const [ada, bob, eve] = ["ada", "bob", "eve"].map((name) => call.page(name)) as [
      Page,
      Page,
      Page,
    ];

    await uplink(100);
    await sends(ada, true, 10_000);
    for (const page of [bob, eve]) await showsPaused(page, "ada", true);

    await hearsMore(bob, "ada", 50);

    const frames = await framesOf(bob, "ada");
    await uplink(4_000);
    await sends(ada, false, 30_000);
    for (const page of [bob, eve]) await showsPaused(page, "ada", false);
    await decodesMore(bob, "ada", frames + 10);
    await perceives(eve, ["ada", "bob"]);
  });

  for (const sfu of ["embedded", "janus"] as const) {
    it(`keeps the voice by an SFU (${sfu}) too, and has the picture again within 15 s`, async () => {
      await using stage = await Stage.set({
        hosts: { ada: "routed", bob: "routed", eve: "routed" },
        turn: [],
        sfu,
      });
      const uplink = (rate: number) => stage.lab.host("ada").uplink({ rate });
      await uplink(4_000);
      await using call = await stage.call(["ada", "bob", "eve"], { mode: "sfu" });
      await call.stands("sfu");
      const [ada, bob, eve] = ["ada", "bob", "eve"].map((name) => call.page(name)) as [
        Page,
        Page,
        Page,
      ];
      await hearEachOther([ada, bob, eve]);

      await uplink(100);
      const since = Date.now() + GRACE_MS;
      // One connection may have room for the smallest picture beside the voice.
      await waitFor(ada, () => globalThis.call.adaptation.sending !== "full", 10_000);
      const silences = await Promise.all(
        [bob, eve].map((page) => longestSilence(page, "ada", { since, spanMs: SPAN_MS })),
      );
      const longest = Math.max(...silences);
      assert(longest <= LONGEST_SILENCE_MS, `the voice was missing for ${longest} ms`);

      const frames = await framesOf(bob, "ada");
      await uplink(4_000);
      await sends(ada, false, 15_000);
      for (const page of [bob, eve]) await showsPaused(page, "ada", false);
      await decodesMore(bob, "ada", frames + 10);
      await perceives(eve, ["ada", "bob"]);
    });
  }
});
