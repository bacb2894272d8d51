/**
 * What an application may want of the adaptation.
 *
 * @module
 */
import type { AdaptationSettings } from "./api.ts";
import { callError } from "./errors.ts";

const MODES: readonly unknown[] = [
  "auto",
  "off",
  "audio_only",
] satisfies AdaptationSettings["mode"][];

/** What was asked for, if it may be. @throws {CallError} `invalid_argument`. */
export function checkSettings(settings: AdaptationSettings): AdaptationSettings {
  const { mode, maxBitrate } = Object(settings);
  if (!MODES.includes(mode)) {
    throw callError(
      "invalid_argument",
      `Cannot set the adaptation to mode ${mode}: expected ${MODES.join(", ")}`,
    );
  }
  if (maxBitrate !== undefined && !(typeof maxBitrate === "number" && maxBitrate > 0)) {
    throw callError(
      "invalid_argument",
      `Cannot set the adaptation to maxBitrate ${maxBitrate}: expected bit/s above 0`,
    );
  }
  if (maxBitrate !== undefined && mode === "off") {
    throw callError(
      "invalid_argument",
      'Cannot set the adaptation to mode off with maxBitrate: expected mode "auto", which keeps to it',
    );
  }
  return { mode, maxBitrate };
}
