/**
 * What a page sends to the others, looked at from outside of the SDK.
 *
 * @module
 */
import type { Page } from "playwright-core";
import "./call/call_page.ts";

/** What was sent at a moment. */
export interface Sample {
  /** ms since 1970 */
  readonly at: number;
  /** On each connection since the sample before, bit/s. */
  readonly sent: readonly number[];
  /** Height of the picture that others are shown, and its frames a second; 0: none. */
  readonly height: number;
  readonly frameRate: number;
  /** Height times frame rate, as asked for: what rises and falls. */
  readonly step: number;
}

interface Raw extends Omit<Sample, "sent"> {
  readonly bytes: readonly number[];
}

declare global {
  var raw: Raw[];
}

const EVERY_MS = 250;

/** Begins; `taken` gives all until then. */
export async function startSampling(
  page: Page,
): Promise<{ taken(): Promise<Sample[]> } & AsyncDisposable> {
  const timer = await page.evaluate((everyMs) => {
    globalThis.raw = [];
    return setInterval(async () => {
      const pcs = bench.standing();
      const bytes = await Promise.all(pcs.map(async (pc) => {
        const entries = [...(await pc.getStats()).values()];
        const pair = entries.find(({ type, nominated }) => type === "candidate-pair" && nominated);
        return pair?.bytesSent ?? 0;
      }));
      const [camera] = bench.call.self.stream.getVideoTracks();
      const { height = 0 } = camera?.getSettings() ?? {};
      const [encoding] = pcs[0]?.getTransceivers()[1]?.sender.getParameters().encodings ?? [];
      const isPaused = bench.call.adaptation.sending === "audio_only";
      const shown = isPaused ? 0 : Math.round(height / (encoding?.scaleResolutionDownBy ?? 1));
      const frameRate = isPaused ? 0 : encoding?.maxFramerate ?? 0;
      raw.push({ at: Date.now(), bytes, height: shown, frameRate, step: shown * frameRate });
    }, everyMs) as unknown as number;
  }, EVERY_MS);
  return {
    async taken() {
      const all = await page.evaluate(() => raw);
      return all.slice(1).map(({ bytes, ...sample }, i) => {
        const last = all[i]!;
        const seconds = (sample.at - last.at) / 1_000;
        const sent = bytes.map((sum, at) => Math.max(0, sum - (last.bytes[at] ?? 0)) * 8 / seconds);
        return { ...sample, sent };
      });
    },
    [Symbol.asyncDispose]: () => page.evaluate((timer) => clearInterval(timer), timer),
  };
}
