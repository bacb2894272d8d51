/** What one does oneself in a call: microphone, camera, screen, hand; and the buttons that show it. @module */
import type { Call } from "../api.ts";
import { chosenInput } from "./chosen_devices.ts";
import type { InputKind } from "./devices.ts";
import { byId, setAttribute, setIcon } from "./dom.ts";
import { textOfError } from "./errors.ts";
import { notify } from "./notices.ts";

/** Connects the buttons to a call until closed; `done` is called after each thing done or failed. */
export function connectControls(call: Call, done: () => void) {
  /** Devices chosen since they were opened. */
  const choicesChanged = new Set<InputKind>();

  const stop = call.on("media", draw);
  byId("share").hidden = !("getDisplayMedia" in (navigator.mediaDevices ?? {}));
  for (const id of ["mic", "camera", "share"]) {
    setAttribute(byId(id), "disabled", !call.self.permissions.publish);
  }
  draw();

  function setMicrophone(on: boolean) {
    return attempt(async () => {
      const tracks = call.self.stream.getAudioTracks();
      await call.setMicrophone(on, on ? await constraintsFor("audioinput", tracks) : undefined);
    }, "audioinput");
  }

  function setCamera(on: boolean) {
    return attempt(async () => {
      const tracks = call.self.stream.getVideoTracks();
      await call.setCamera(on, on ? await constraintsFor("videoinput", tracks) : undefined);
    }, "videoinput");
  }

  /** With constraints, the SDK opens the device anew; without, it goes on with the one it has kept. */
  async function constraintsFor(kind: InputKind, tracks: MediaStreamTrack[]) {
    const anew = choicesChanged.delete(kind) || tracks.length === 0;
    return anew ? await chosenInput(kind) : undefined;
  }

  /** Runs what a person asked for; what fails is said, and then drawn as it is. */
  async function attempt(act: () => Promise<unknown>, device?: InputKind) {
    try {
      await act();
    } catch (error) {
      // What was under way when the call ended is no news any more.
      if (call.state !== "closed") {
        notify(textOfError(error, device), { kind: "problem", subject: device });
      }
    }
    draw();
    done();
  }

  function draw() {
    const { microphone, camera, screen } = call.self.media;
    drawButton("mic", microphone, microphone ? "mic" : "mic-off");
    drawButton("camera", camera, camera ? "camera" : "camera-off");
    drawButton("share", screen, screen ? "screen-stop" : "screen");
    drawButton("hand", handUp(), "hand");
  }

  function handUp(): boolean {
    return typeof call.self.attributes.hand === "number";
  }

  return {
    attempt,
    toggleMicrophone: () => setMicrophone(!call.self.media.microphone),
    toggleCamera: () => setCamera(!call.self.media.camera),
    toggleShare: () => attempt(() => call.shareScreen(!call.self.media.screen)),
    toggleHand: () => attempt(() => call.setAttributes({ hand: handUp() ? null : Date.now() })),
    /** Another camera or microphone was chosen: at once where it is on, else when it is next turned on. */
    inputChosen(kind: InputKind) {
      choicesChanged.add(kind);
      if (kind === "audioinput" && call.self.media.microphone) setMicrophone(true);
      if (kind === "videoinput" && call.self.media.camera) setCamera(true);
    },
    close: stop,
  };
}

function drawButton(id: string, on: boolean, picture: string) {
  const button = byId(id);
  setAttribute(button, "aria-pressed", String(on));
  setIcon(button, picture);
}
