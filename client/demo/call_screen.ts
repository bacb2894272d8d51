/** The call: people on the stage, controls below, panels beside. @module */
import type { Call, CallError, MediaState } from "../api.ts";
import { bannerOf } from "./banner.ts";
import { connectChat } from "./chat.ts";
import { setSpeaker } from "./chosen_devices.ts";
import { connectControls } from "./controls.ts";
import { connectDeviceFields } from "./device_fields.ts";
import type { DeviceKind } from "./devices.ts";
import { byId, setAttribute } from "./dom.ts";
import { textOfError } from "./errors.ts";
import { duration } from "./format.ts";
import { copyText, notify, withdraw } from "./notices.ts";
import { isPaused, pauseText, RESUMED_TEXT } from "./own_camera.ts";
import { connectPanels } from "./panels.ts";
import { showPeople } from "./people.ts";
import { connectPeoplePanel } from "./people_panel.ts";
import { namesOf, viewsOf } from "./person.ts";
import { savePreferences } from "./preferences.ts";
import { type Action, listenForShortcuts } from "./shortcuts.ts";
import { connectStats } from "./stats_panel.ts";
import { wayOf, whyOf } from "./topology.ts";
import { keepAwake } from "./wake_lock.ts";

export interface CallScreenOptions {
  /** The link to give to others; none where the person came by a token of their own. */
  link: string | undefined;
  /** The call is over: left, or closed with `error`; `had` is what was on before. */
  ended(error: CallError | undefined, had: Devices): void;
}

/** Whether one's own microphone and camera are on. */
export type Devices = Omit<MediaState, "screen">;

let current: { deviceChosen(kind: DeviceKind): void } | undefined;

/** Connects the device dialog of index.html, once for all calls. */
export function connectCallDevices() {
  return connectDeviceFields(byId("call-devices"), (kind) => current?.deviceChosen(kind));
}

/** Shows a call until it is over. */
export function showCall(call: Call, { link, ended }: CallScreenOptions): void {
  const listening = new AbortController();
  const nameOf = namesOf([...call.participants.values(), call.self]);
  const personOf = viewsOf(nameOf);
  let had: Devices = { microphone: false, camera: false };
  const panels = connectPanels(
    { stats: () => stats.refresh(), people: () => peoplePanel.refresh() },
    listening.signal,
  );
  const people = showPeople(call, {
    stage: byId("stage"),
    nameOf,
    personOf,
    tell: (text, subject) => notify(text, { subject }),
    refused: () => byId("hear").hidden = false,
    counted: drawCount,
  });
  const controls = connectControls(call, () => {
    people.updateSelf();
    peoplePanel.refresh();
  });
  const chat = connectChat(call, {
    nameOf,
    received: (from, text) => {
      if (panels.received()) notify(`${from}: ${text.slice(0, 140)}`);
    },
  });
  const stats = connectStats(call, {
    body: byId("stats-body"),
    nameOf,
    visible: () => panels.isOpen("stats"),
  });
  const peoplePanel = connectPeoplePanel(call, {
    list: byId("people-list"),
    nameOf,
    personOf,
    visible: () => panels.isOpen("people"),
    remove: (participant) => controls.attempt(() => call.remove(participant)),
  });

  const acts: Record<Action, () => unknown> = {
    microphone: controls.toggleMicrophone,
    camera: controls.toggleCamera,
    share: controls.toggleShare,
    hand: controls.toggleHand,
    chat: () => panels.toggle("chat"),
    stats: () => panels.toggle("stats"),
    people: () => panels.toggle("people"),
    help: () => openDialog("help"),
  };
  const clicks: Record<string, () => unknown> = {
    mic: acts.microphone,
    camera: acts.camera,
    share: acts.share,
    hand: acts.hand,
    leave: () => call.leave(),
    hear: playAll,
    "help-toggle": acts.help,
    "settings-toggle": () => openDialog("settings"),
    "alone-copy": () => link && copyText(link),
  };
  for (const [id, act] of Object.entries(clicks)) {
    byId(id).addEventListener("click", act, { signal: listening.signal });
  }

  const tellCamera = cameraTeller(call);
  const undo = [
    people.close,
    controls.close,
    chat.close,
    stats.close,
    peoplePanel.close,
    keepAwake(),
    showClock(),
    listenForShortcuts((action) => acts[action]()),
    call.on("state", drawState),
    call.on("topology", (topology) => {
      drawTopology(topology);
      notify(`${wayOf({ mode: topology.mode })}, because ${whyOf(topology)}`, {
        subject: "topology",
      });
    }),
    ...(["participant", "left", "updated"] as const).map((name) => call.on(name, drawBanner)),
    call.on("adaptation", tellCamera),
    call.on("media", tellCamera),
    call.on("media", remember),
    call.on("warning", (warning) => notify(textOfError(warning), { kind: "problem" })),
  ];
  current = { deviceChosen };
  byId("hear").hidden = true;
  byId("alone-copy").hidden = !link;
  remember();
  drawTopology(call.topology);
  drawState();

  function drawState() {
    drawBanner();
    if (call.state === "closed") close();
  }

  function drawBanner() {
    const banner = byId("banner");
    const text = bannerOf(call.state, [...call.participants.values()]) ?? "";
    banner.hidden = text === "";
    // What is written anew is read out anew.
    if (banner.textContent !== text) banner.textContent = text;
  }

  /** The next lobby offers what is on now. Once closed all is off, which nobody chose. */
  function remember() {
    if (call.state === "closed" || !call.self.permissions.publish) return;
    const { microphone, camera } = call.self.media;
    had = { microphone, camera };
    savePreferences(had);
  }

  function deviceChosen(kind: DeviceKind) {
    if (kind !== "audiooutput") return controls.inputChosen(kind);
    for (const tile of people.all()) setSpeaker(tile.video);
  }

  function playAll() {
    byId("hear").hidden = true;
    for (const tile of people.all()) tile.play();
  }

  function close() {
    listening.abort();
    for (const stop of undo) stop();
    current = undefined;
    for (const id of ["help", "settings"]) byId<HTMLDialogElement>(id).close();
    ended(call.error, had);
  }
}

/** Says when one's own camera is paused, and when it is sent again; a picture that is merely smaller goes unsaid. */
function cameraTeller(call: Call): () => void {
  const subject = "own camera";
  let wasPaused = false;
  return () => {
    const { camera } = call.self.media;
    const paused = isPaused(camera, call.adaptation);
    if (paused === wasPaused) return;
    wasPaused = paused;
    if (paused) notify(pauseText(call.adaptation), { kind: "problem", subject });
    else if (camera) notify(RESUMED_TEXT, { subject });
    // Whoever switches it off knows that nobody sees it.
    else withdraw(subject);
  };
}

function drawTopology(topology: Call["topology"]) {
  const { mode, epoch } = topology;
  const badge = byId("topology");
  badge.textContent = mode === "sfu" ? "SFU" : "Mesh";
  badge.dataset.mode = mode;
  badge.dataset.epoch = String(epoch);
  // Named, the title is its description.
  setAttribute(badge, "aria-label", `Topology: ${badge.textContent}`);
  badge.title = `${wayOf(topology)}, because ${whyOf(topology)}. Change number ${epoch}.`;
}

function drawCount(count: number) {
  byId("alone").hidden = count > 1;
  byId("people-count").textContent = String(count);
  setAttribute(byId("people-toggle"), "aria-label", `People, ${count} in the call`);
}

function openDialog(id: "help" | "settings") {
  byId<HTMLDialogElement>(id).showModal();
}

/** Counts the time from now on until the returned function is called. */
function showClock(): () => void {
  const startedAt = performance.now();
  const draw = () => byId("clock").textContent = duration(performance.now() - startedAt);
  draw();
  const timer = setInterval(draw, 1_000);
  return () => clearInterval(timer);
}
