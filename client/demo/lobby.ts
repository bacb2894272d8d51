/** The lobby: who you are, what you look and sound like, and with which devices you join. @module */
import type { JoinOptions } from "../api.ts";
import { connectDeviceFields } from "./device_fields.ts";
import { deviceProblem, type InputKind } from "./devices.ts";
import { byId, make, setAttribute, setIcon } from "./dom.ts";
import { textOfError } from "./errors.ts";
import { meterLevel } from "./meter.ts";
import { hueOf, initials } from "./names.ts";
import { GUEST } from "./person.ts";
import { loadPreferences, savePreferences } from "./preferences.ts";
import { Preview, type Problems } from "./preview.ts";
import { chosenMedia, setSpeaker } from "./chosen_devices.ts";

export interface LobbyOptions {
  /** Whether to ask for a name; a token from a back end brings its own. */
  asksName: boolean;
  /** Joins. What it throws is shown, and the person may try again. */
  join(name: string, media: JoinOptions["media"]): Promise<void>;
}

const KINDS = ["audioinput", "videoinput"] as const satisfies readonly InputKind[];
const PREFERENCE = { audioinput: "microphone", videoinput: "camera" } as const;
const ICON = { audioinput: "mic", videoinput: "camera" } as const;
const WORD = { audioinput: "Microphone", videoinput: "Camera" } as const;

type DeviceState = "off" | "opening" | "on" | "failed";

/** Connects the lobby of index.html once; `open` and `close` it as often as needed. */
export function connectLobby() {
  const video = byId<HTMLVideoElement>("preview-video");
  const name = byId<HTMLInputElement>("name");
  const joinButton = byId<HTMLButtonElement>("join");
  const buttons = { audioinput: byId("lobby-mic"), videoinput: byId("lobby-camera") };
  const states: Record<InputKind, DeviceState> = { audioinput: "off", videoinput: "off" };
  const problems: Problems = new Map();
  let preview = new Preview();
  let stopMeter = () => {};
  /** Called when no device is being opened any more. */
  let settled = () => {};
  let options: LobbyOptions | undefined;

  const fields = connectDeviceFields(byId("lobby-devices"), (kind) => {
    if (kind === "audiooutput") setSpeaker(video);
    else if (options && states[kind] !== "off") turnOn([kind]);
  });

  for (const kind of KINDS) buttons[kind].addEventListener("click", () => toggle(kind));
  name.addEventListener("input", render);
  byId<HTMLFormElement>("lobby-form").addEventListener("submit", (event) => {
    event.preventDefault();
    join();
  });

  function open(next: LobbyOptions) {
    options = next;
    preview = new Preview();
    const preferences = loadPreferences();
    name.value = preferences.name;
    setAttribute(name.closest("label")!, "hidden", !next.asksName);
    showProblem("");
    problems.clear();
    for (const kind of KINDS) states[kind] = "off";
    const wanted = KINDS.filter((kind) => preferences[PREFERENCE[kind]]);
    if (wanted.length) turnOn(wanted);
    else render();
  }

  function close() {
    options = undefined;
    preview.close(...KINDS);
    stopMeter();
    video.srcObject = null;
  }

  function toggle(kind: InputKind) {
    const turningOn = states[kind] === "off" || states[kind] === "failed";
    savePreferences({ [PREFERENCE[kind]]: turningOn });
    if (turningOn) turnOn([kind]);
    else turnOff(kind);
  }

  async function turnOn(kinds: readonly InputKind[]) {
    const mine = preview;
    for (const kind of kinds) {
      states[kind] = "opening";
      problems.delete(kind);
    }
    render();
    const found = await mine.open(kinds);
    if (mine !== preview || !options) return mine.close(...KINDS);
    for (const kind of kinds) {
      if (states[kind] !== "opening") continue;
      const problem = found.get(kind);
      if (problem) problems.set(kind, problem);
      states[kind] = mine.track(kind) ? "on" : problem ? "failed" : states[kind];
    }
    if (kinds.includes("audioinput")) restartMeter();
    fields.refresh();
    render();
  }

  function turnOff(kind: InputKind) {
    preview.close(kind);
    states[kind] = "off";
    problems.delete(kind);
    if (kind === "audioinput") restartMeter();
    render();
  }

  function restartMeter() {
    stopMeter();
    const track = preview.track("audioinput");
    stopMeter = track ? meterLevel(track, showLevel) : () => {};
  }

  async function join() {
    if (joinButton.disabled) return;
    const chosen = name.value.trim() || GUEST;
    if (name.value.trim()) savePreferences({ name: chosen });
    setJoining(true);
    showProblem("");
    await devicesSettled();
    const media = { microphone: states.audioinput === "on", camera: states.videoinput === "on" };
    try {
      await options?.join(chosen, await chosenMedia(media));
    } catch (error) {
      showProblem(textOfError(error));
    } finally {
      setJoining(false);
    }
  }

  /** Whoever joins at once still wants the camera that is only just being opened. */
  function devicesSettled(): Promise<void> {
    return new Promise((resolve) => {
      settled = resolve;
      render();
    });
  }

  function setJoining(joining: boolean) {
    joinButton.disabled = joining;
    joinButton.textContent = joining ? "Joining…" : "Join the call";
  }

  function render() {
    const person = name.value.trim();
    const avatar = byId("preview-avatar");
    avatar.textContent = person ? initials(person) : "";
    avatar.hidden = !person;
    avatar.style.setProperty("--hue", String(hueOf(person)));
    byId("lobby").dataset.camera = states.videoinput;
    // An empty stream would keep the page from finishing to load.
    const stream = states.videoinput === "on" ? preview.stream : null;
    if (video.srcObject !== stream) video.srcObject = stream;
    byId("lobby").dataset.microphone = states.audioinput;
    byId("preview-text").textContent = CAMERA_TEXT[states.videoinput];
    for (const kind of KINDS) {
      const on = states[kind] === "on" || states[kind] === "opening";
      setAttribute(buttons[kind], "aria-pressed", String(on));
      setAttribute(buttons[kind], "aria-label", WORD[kind]);
      buttons[kind].classList.toggle("failed", states[kind] === "failed");
      setIcon(buttons[kind], on ? ICON[kind] : `${ICON[kind]}-off`);
    }
    if (!KINDS.some((kind) => states[kind] === "opening")) settled();
    byId("lobby-problems").replaceChildren(
      ...[...problems].map(([kind, error]) => make("p", {}, deviceProblem(error, kind))),
    );
  }

  return { open, close, toggle };
}

const CAMERA_TEXT: Readonly<Record<DeviceState, string>> = {
  off: "Camera is off",
  opening: "Starting the camera…",
  on: "",
  failed: "No picture from your camera",
};

function showProblem(text: string) {
  const problem = byId("join-problem");
  problem.textContent = text;
  // On a phone it may be behind the button that was pressed.
  problem.scrollIntoView({ block: "center" });
}

function showLevel(level: number) {
  const meter = byId("meter");
  meter.setAttribute("aria-valuenow", String(Math.round(level * 100)));
  const bars = [...meter.querySelectorAll("span")];
  bars.forEach((bar, index) => bar.classList.toggle("lit", level * bars.length > index + 0.15));
}
