/** The devices that the person chose, as far as they are there now. @module */
import type { JoinOptions, MediaState } from "../api.ts";
import { constraintsOf, type InputKind, listDevices } from "./devices.ts";
import { loadPreferences } from "./preferences.ts";

/** How to open the chosen camera or microphone; the browser's default where it is gone. */
export async function chosenInput(kind: InputKind): Promise<MediaTrackConstraints> {
  return constraintsOf(kind, loadPreferences()[kind], await listDevices());
}

/** What to join with: the chosen microphone and camera, as far as they are to be on. */
export async function chosenMedia(
  { microphone, camera }: Omit<MediaState, "screen">,
): Promise<JoinOptions["media"]> {
  return {
    audio: microphone && await chosenInput("audioinput"),
    video: camera && await chosenInput("videoinput"),
  };
}

/** Plays an element through the chosen speaker, where the browser can. */
export function setSpeaker(element: HTMLMediaElement): void {
  if (!("setSinkId" in element)) return;
  // The speaker may be gone since it was chosen; then the default goes on playing.
  element.setSinkId(loadPreferences().audiooutput).catch(() => {});
}
