/** What the page says of one's own camera while it is on. Pure. @module */
import type { AdaptationInfo } from "../api.ts";

/** Whether it is on, but not sent. */
export function isPaused(camera: boolean, { sending }: Pick<AdaptationInfo, "sending">): boolean {
  return camera && sending === "audio_only";
}

/** What to say when it is paused, by why. */
export function pauseText({ reason }: Pick<AdaptationInfo, "reason">): string {
  return reason === "uplink"
    ? "Your connection is weak: your camera is paused, so that the others hear you well."
    : "Your camera is paused: the others hear you, but do not see you.";
}

/** What to say when it is sent again. */
export const RESUMED_TEXT = "Your camera is back: the others can see you again.";
