/**
 * Your own microphone, camera and screen.
 *
 * @module
 */
import type { CallError, MediaState, TrackKind } from "./api.ts";
import { callError, fromDevice } from "./errors.ts";

export interface MediaEvents {
  /** A kind carries this track from now on, or (`null`) nothing; or its mute has changed. */
  changed(kind: TrackKind, track: MediaStreamTrack | null): void;
  warning(error: CallError): void;
}

type Device = "microphone" | "camera";

interface Slot {
  readonly track: MediaStreamTrack;
  /** Opened here, so it is stopped here; the application's own tracks are only let go. */
  readonly owned: boolean;
}

export interface Constraints {
  audio?: boolean | MediaTrackConstraints;
  video?: boolean | MediaTrackConstraints;
}

export class LocalMedia {
  /** Microphone and camera. */
  readonly stream = new MediaStream();
  /** The shared screen. */
  readonly screen = new MediaStream();
  readonly #slots = new Map<TrackKind, Slot>();
  /** The application's own camera track while the camera is off. */
  #resting: Slot | undefined;
  readonly #wanted: Record<Device, MediaTrackConstraints | undefined> = {
    microphone: undefined,
    camera: undefined,
  };
  /** What is asked for is done one after the other: a second click waits for the first. */
  #turn: Promise<unknown> = Promise.resolve();
  /** How often sharing was ended: what the person chooses after that is shared no more. */
  #shareEnds = 0;
  #events: MediaEvents = { changed: () => {}, warning: () => {} };
  #closed = false;

  /** Whom to tell; before that, nobody is told. */
  listen(events: MediaEvents): void {
    this.#events = events;
  }

  get state(): MediaState {
    const on = (kind: TrackKind) => this.track(kind)?.enabled ?? false;
    return { microphone: on("microphone"), camera: on("camera"), screen: on("screen") };
  }

  track(kind: TrackKind): MediaStreamTrack | undefined {
    return this.#slots.get(kind)?.track;
  }

  /** Sends the tracks of a stream of the application's as they are. */
  adopt(stream: MediaStream): void {
    const [microphone] = stream.getAudioTracks();
    const [camera] = stream.getVideoTracks();
    if (microphone) this.#fill("microphone", { track: microphone, owned: false });
    if (camera) this.#fill("camera", { track: camera, owned: false });
  }

  /** Opens microphone and camera with one question to the person. */
  open({ audio = false, video = false }: Constraints): Promise<void> {
    return this.#inTurn(async () => {
      if (audio === false && video === false) return;
      if (typeof audio === "object") this.#wanted.microphone = audio;
      if (typeof video === "object") this.#wanted.camera = video;
      const what = audio && video
        ? "the microphone and the camera"
        : nameOf(audio ? "microphone" : "camera");
      for (const track of await this.#devices({ audio, video }, what)) {
        this.#fill(track.kind === "audio" ? "microphone" : "camera", { track, owned: true });
      }
    });
  }

  setMicrophone(on: boolean, constraints?: MediaTrackConstraints): Promise<void> {
    return this.#inTurn(async () => {
      const track = this.track("microphone");
      if (on && (track === undefined || constraints !== undefined)) {
        return await this.#openOne("microphone", constraints);
      }
      if (track === undefined || track.enabled === on) return;
      track.enabled = on;
      this.#events.changed("microphone", track);
    });
  }

  setCamera(on: boolean, constraints?: MediaTrackConstraints): Promise<void> {
    return this.#inTurn(async () => {
      const slot = this.#slots.get("camera");
      if (!on) {
        if (slot !== undefined && !slot.owned) this.#resting = slot;
        return this.#empty("camera");
      }
      if (slot !== undefined && constraints === undefined) return;
      const resting = this.#resting;
      this.#resting = undefined;
      if (constraints === undefined && resting?.track.readyState === "live") {
        this.#fill("camera", resting);
      } else await this.#openOne("camera", constraints);
    });
  }

  /** Resolves `false` if the person chose nothing; what was shared before then stays. */
  shareScreen(on: boolean, options?: DisplayMediaStreamOptions): Promise<boolean> {
    if (!on) {
      this.#shareEnds++;
      return this.#inTurn(() => {
        this.#empty("screen");
        this.#empty("screenAudio");
        return true;
      });
    }
    // Not in turn: the browser wants the click that led here to be fresh.
    return this.#display(options);
  }

  /** Stops what was opened here. */
  close(): void {
    this.#closed = true;
    this.#events = { changed: () => {}, warning: () => {} };
    for (const kind of [...this.#slots.keys()]) this.#empty(kind);
  }

  async #display(options?: DisplayMediaStreamOptions): Promise<boolean> {
    const ends = this.#shareEnds;
    let stream: MediaStream;
    try {
      stream = await mediaDevices().getDisplayMedia({ video: true, audio: true, ...options });
    } catch (cause) {
      const error = fromDevice(cause, "the screen");
      if (error.code === "permission_denied") return false;
      throw error;
    }
    this.#mustBeOpen(stream.getTracks());
    if (ends !== this.#shareEnds) {
      for (const track of stream.getTracks()) track.stop();
      return false;
    }
    const [screen] = stream.getVideoTracks();
    const [sound] = stream.getAudioTracks();
    if (screen) this.#fill("screen", { track: screen, owned: true });
    if (sound) this.#fill("screenAudio", { track: sound, owned: true });
    else this.#empty("screenAudio");
    return true;
  }

  async #openOne(
    device: Device,
    constraints?: MediaTrackConstraints,
    enabled = true,
  ): Promise<void> {
    const wanted = constraints ?? this.#wanted[device];
    const media = { [device === "microphone" ? "audio" : "video"]: wanted ?? true };
    const tracks = await this.#devices(media, nameOf(device)).catch((error: CallError) => {
      // Some systems cannot open a second device of a kind while the first is on.
      if (error.code !== "device_in_use" || !this.#slots.has(device)) throw error;
      this.#empty(device);
      return this.#devices(media, nameOf(device));
    });
    // What no device could meet is not asked of the next one.
    this.#wanted[device] = wanted;
    for (const track of tracks) {
      track.enabled = enabled;
      this.#fill(device, { track, owned: true });
    }
  }

  async #devices(constraints: Constraints, what: string): Promise<MediaStreamTrack[]> {
    try {
      const tracks = (await mediaDevices().getUserMedia(constraints)).getTracks();
      this.#mustBeOpen(tracks);
      return tracks;
    } catch (cause) {
      throw fromDevice(cause, what);
    }
  }

  #mustBeOpen(tracks: MediaStreamTrack[]): void {
    if (!this.#closed) return;
    for (const track of tracks) track.stop();
    throw callError("closed", "Cannot switch a device on: you have left the call");
  }

  #fill(kind: TrackKind, slot: Slot): void {
    this.#release(kind);
    this.#slots.set(kind, slot);
    this.#streamOf(kind).addTrack(slot.track);
    slot.track.addEventListener("ended", () => this.#ended(kind, slot), { once: true });
    this.#events.changed(kind, slot.track);
  }

  #empty(kind: TrackKind): void {
    if (this.#release(kind)) this.#events.changed(kind, null);
  }

  #release(kind: TrackKind): boolean {
    const slot = this.#slots.get(kind);
    if (slot === undefined) return false;
    this.#slots.delete(kind);
    this.#streamOf(kind).removeTrack(slot.track);
    if (slot.owned) slot.track.stop();
    return true;
  }

  /** Not by us: the device was pulled out, or the person stopped sharing in the browser's own bar. */
  #ended(kind: TrackKind, slot: Slot): void {
    if (this.#slots.get(kind) !== slot) return;
    switch (kind) {
      case "screen":
        this.#empty("screenAudio");
        return this.#empty("screen");
      case "screenAudio":
        return this.#empty("screenAudio");
      default:
        this.#inTurn(() => this.#replaceLost(kind, slot)).catch(() => {});
    }
  }

  async #replaceLost(device: Device, slot: Slot): Promise<void> {
    if (this.#slots.get(device) !== slot) return;
    const lost = callError("device_lost", `${nameOf(device)} (${slot.track.label}) is gone`);
    this.#wanted[device] = undefined;
    try {
      // Who was muted stays so: not one packet of the new device may slip out.
      if (slot.owned) await this.#openOne(device, undefined, slot.track.enabled);
      else this.#empty(device);
    } catch {
      this.#empty(device);
    }
    this.#events.warning(lost);
  }

  #streamOf(kind: TrackKind): MediaStream {
    return kind === "microphone" || kind === "camera" ? this.stream : this.screen;
  }

  #inTurn<Result>(task: () => Result | Promise<Result>): Promise<Result> {
    const result = this.#turn.then(task);
    this.#turn = result.catch(() => {});
    return result;
  }
}

const nameOf = (device: Device) => `the ${device}`;

function mediaDevices(): MediaDevices {
  // Absent on pages that are not served securely.
  if (navigator.mediaDevices === undefined) {
    throw callError(
      "insecure_context",
      "Cannot open a device: this page is not in a secure context",
    );
  }
  return navigator.mediaDevices;
}
