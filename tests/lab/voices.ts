/**
 * When voices are heard: what a page with a call plays of each participant, by what the browser says of its receivers.
 *
 * @module
 */
import type { Page } from "playwright-core";
import { waitFor } from "../helpers/browser.ts";
import "../e2e/call_page.ts";

declare global {
  /** In the page: when something new of each participant's voice was played, ms since 1970, by identity. */
  var voices: Record<string, number[]>;
}

/** Of a call with sound only. */
export const VOICE = { audio: true, video: false };

/** Resolves when the voices of all these pages are heard by all the others, and are written down from then on. */
export async function hearEachOther(pages: readonly Page[]): Promise<void> {
  await Promise.all(pages.map(watchVoices));
  await Promise.all(pages.map((page) =>
    waitFor(
      page,
      (others) => Object.values(voices).filter((times) => times.length > 20).length === others,
      60_000,
      pages.length - 1,
    )
  ));
}

/** Begins to write down in the page when voices are heard. The page is that of tests/e2e/call_page.ts. */
async function watchVoices(page: Page): Promise<void> {
  await page.evaluate(() => {
    globalThis.voices = {};
    const last = new WeakMap<MediaStreamTrack, number>();
    setInterval(() => {
      const receivers = connections.flatMap((connection) =>
        connection.signalingState === "closed" ? [] : connection.getReceivers()
      );
      for (const { identity, stream } of call.participants.values()) {
        const [track] = stream.getAudioTracks();
        const receiver = receivers.find((receiver) => receiver.track === track);
        const stamp = receiver?.getSynchronizationSources()[0]?.timestamp;
        if (track === undefined || stamp === undefined || last.get(track) === stamp) continue;
        last.set(track, stamp);
        (voices[identity] ??= []).push(Date.now());
      }
    }, 20);
  });
}

/** Of a fault: until when a voice was missing, ms since 1970, and for how long at the longest. */
export interface Silence {
  readonly until: number;
  readonly ms: number;
}

/** Without packets for so long a voice is not heard; it is not a pause for breath, which is a packet in 400 ms. */
const SILENT_MS = 450;
/** A voice that has been heard for so long since is back. */
const STEADY_MS = 1_000;

/**
 * Resolves when the voice of somebody is heard steadily again, after silences that ended after `since`; or when it has
 * been heard all the time for so long after `since` (`calmMs`): then the silence is the longest that there was.
 */
export async function voiceIsBack(
  page: Page,
  identity: string,
  since: number,
  { calmMs = 5_000, timeout = 60_000 } = {},
): Promise<Silence> {
  return await waitFor(
    page,
    ({ identity, since, calmMs, silentMs, steadyMs }) => {
      const all = voices[identity] ?? [];
      const before = all.findLast((at) => at <= since) ?? since;
      const times = [before, ...all.filter((at) => at > since)];
      const gaps = times.slice(1).map((at, i) => ({ until: at, ms: at - times[i]! }));
      const last = gaps.findLast(({ ms }) => ms > silentMs);
      const heardAt = times.at(-1)!;
      if (Date.now() - heardAt > silentMs) return undefined;
      const isBack = last === undefined
        ? heardAt - since >= calmMs
        : heardAt - last.until > steadyMs;
      if (!isBack) return undefined;
      const longest = gaps.reduce((longest, gap) => gap.ms > longest.ms ? gap : longest);
      return { until: (last ?? longest).until, ms: longest.ms };
    },
    timeout,
    { identity, since, calmMs, silentMs: SILENT_MS, steadyMs: STEADY_MS },
  ) as Silence;
}

/** For how long, in ms, the voice of somebody was missing at the longest within `spanMs` after `since`. */
export async function longestSilence(
  page: Page,
  identity: string,
  { since, spanMs }: { since: number; spanMs: number },
): Promise<number> {
  return await waitFor(
    page,
    ({ identity, since, end }) => {
      if (Date.now() < end) return undefined;
      const times = voices[identity]!.filter((at) => at > since && at < end);
      // It may be missing at the beginning, and to the end.
      const edges = [since, ...times, end];
      return Math.max(...edges.slice(1).map((at, i) => at - edges[i]!));
    },
    spanMs + 10_000,
    { identity, since, end: since + spanMs },
  ) as number;
}
