/**
 * Has the mesh send what the uplink carries, and tells everyone when a camera is paused for it.
 *
 * @module
 */
import { adapt, type Plan, planOf, startAdapting } from "../adapt.ts";
import type { Look } from "../adapt/evidence.ts";
import type { Camera } from "../adapt/ladder.ts";
import { ADAPT } from "../adapt/policy.ts";
import type {
  AdaptationInfo,
  AdaptationSettings,
  CallEvents,
  MediaState,
  TrackKind,
} from "../api.ts";
import type { Attempt } from "../attempt.ts";
import type { Clock } from "../clock.ts";
import type { Emitter } from "../emitter.ts";
import type { Remote } from "../remote.ts";
import { SentLook } from "./adapt/look.ts";
import { Outlet } from "./adapt/outlet.ts";
import { Pace } from "./adapt/pace.ts";
import { Sight } from "./adapt/sight.ts";

/** The mesh, as far as it is adapted. */
export interface AdaptedMesh {
  /** By participant id: the attempt that carries the media now. */
  readonly attempts: ReadonlyMap<string, Pick<Attempt, "pc">>;
  /** What is sent. */
  readonly tracks: ReadonlyMap<TrackKind, MediaStreamTrack>;
  /** Whether new connections begin without the camera. */
  isCameraHeld: boolean;
  /** Has one that began without the camera send it. */
  addCamera(id: string): void;
}

/** The call, as far as it is adapted. */
export interface AdaptedCall {
  readonly self: { readonly media: MediaState };
  readonly roster: { readonly participants: ReadonlyMap<string, Remote> };
  readonly mesh: AdaptedMesh;
  readonly way: { readonly mode: "mesh" | "sfu"; readonly epoch: number };
  readonly emitter: Pick<Emitter<CallEvents>, "emit">;
  /** What the application wants. */
  readonly wishes: AdaptationSettings;
  signal(to: string, item: Record<string, unknown>): void;
  /** Shows what is to be shown of somebody now, and tells the application. */
  show(remote: Remote): void;
}

/** One participant, as the receiver of what we send. */
interface Receiver {
  /** How wide it sees our camera; `undefined`: it has not said. */
  seen?: number;
  /** Whether it was told that our camera is paused. */
  isTold: boolean;
  /** When it said last that our voice does not come through, and when that was last sent in another way. */
  starved?: { readonly at: number; readonly missedMs: number };
  changedAt?: number;
  outlet?: Outlet;
  sent: SentLook;
  pace: Pace;
}

const ALL: AdaptationInfo = { sending: "full", reason: "none" };
const FORCED: AdaptationInfo = { sending: "audio_only", reason: "forced" };

export class Adaptation {
  info: AdaptationInfo = ALL;
  readonly #call: AdaptedCall;
  readonly #now: Clock;
  readonly #receivers = new Map<string, Receiver>();
  readonly #sight: Sight;
  readonly #timer: ReturnType<typeof setInterval>;
  #state;
  #isProcessorShort = false;
  /** What is sent of the microphone, and since when. */
  #voice: { track: MediaStreamTrack | undefined; since: number } = { track: undefined, since: 0 };
  #looking: "no" | "once" | "again" = "no";
  /** Whose camera has been paused, or is no longer, since the last look. */
  readonly #unshown = new Set<Remote>();

  constructor(call: AdaptedCall, now: Clock) {
    this.#call = call;
    this.#now = now;
    this.#state = startAdapting(now());
    this.#sight = new Sight({
      // An SFU is asked for what is seen.
      participants: () => call.way.mode === "mesh" ? call.roster.participants.values() : [],
      tell: (id, sees) => call.signal(id, { sees }),
    });
    this.#timer = setInterval(() => this.tend(), ADAPT.intervalMs);
  }

  /** Takes in what a participant says. */
  handle(from: Remote, item: unknown): void {
    const { sees, paused } = Object(item);
    if (typeof sees === "number" && sees >= 0) this.#receiver(from.id).seen = sees;
    if (typeof paused === "boolean" && paused !== from.paused) {
      from.paused = paused;
      this.#unshown.add(from);
    }
  }

  /** Takes in for how long, in ms, our voice has not come through to a participant. */
  starved(id: string, missedMs: number): void {
    const receiver = this.#receiver(id);
    const now = this.#now();
    const { starved } = ADAPT;
    if (missedMs < starved[receiver.outlet?.voice ?? "plain"]) return;
    if (now - (receiver.changedAt ?? -Infinity) < starved.changeMs) return;
    // Nobody can have missed it again any sooner.
    if (now - (receiver.starved?.at ?? -Infinity) < ADAPT.ear.missedMs) return;
    receiver.starved = { at: now, missedMs };
    // Two who say so at the same time count together, not one look later.
    this.tend();
  }

  /** Takes in whether the browser sends less than it should because the processor is too slow. */
  feelProcessor(isShort: boolean): void {
    this.#isProcessorShort = isShort;
  }

  /** Somebody has left; whoever comes back under the same id has been told nothing. */
  left({ id }: Remote): void {
    this.#receivers.delete(id);
    for (const remote of this.#unshown) if (remote.id === id) this.#unshown.delete(remote);
    this.#sight.forget(id);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#sight.close();
  }

  /** Looks at once, because something has changed, or it is time. */
  async tend(): Promise<void> {
    // However often somebody changes it, it is shown no more often than that.
    for (const remote of this.#unshown) this.#call.show(remote);
    this.#unshown.clear();
    const isAlone = this.#looking === "no";
    this.#looking = isAlone ? "once" : "again";
    if (!isAlone) return;
    try {
      await this.#adapt();
    } finally {
      const isDue = this.#looking === "again";
      this.#looking = "no";
      if (isDue) await this.tend();
    }
  }

  async #adapt(): Promise<void> {
    const { mesh, roster, way, wishes } = this.#call;
    // Then the call sends no camera, whichever way media goes.
    const isForced = wishes.mode === "audio_only" && this.#call.self.media.camera;
    const now = this.#now();
    if (way.mode !== "mesh") {
      // What was known of the mesh will not be true when it is the way again.
      this.#state = startAdapting(now);
      mesh.isCameraHeld = false;
      return this.#say(isForced ? FORCED : ALL, isForced);
    }
    const look = await this.#look();
    if (look.connections.length === 0) {
      // What is known of the uplink holds until there is somebody to measure it with again.
      if (roster.participants.size > 0 && !isForced) return;
      if (roster.participants.size === 0) {
        this.#state = startAdapting(now);
        mesh.isCameraHeld = isForced;
      }
      return this.#say(isForced ? FORCED : ALL, isForced);
    }
    const settings = settingsOf(wishes);
    this.#state = adapt(this.#state, look, settings, now);
    const plan = planOf(this.#state, look, settings, now);
    mesh.isCameraHeld = plan.isPaused;
    this.#apply(plan);
    const isFree = wishes.mode === "off";
    this.#say(isForced ? FORCED : isFree ? ALL : plan, isForced || (plan.isPaused && !isFree));
  }

  /** Asks every connection that stands. */
  async #look(): Promise<Look> {
    const { mesh, roster } = this.#call;
    const track = mesh.tracks.get("microphone");
    const now = this.#now();
    if (track !== this.#voice.track) this.#voice = { track, since: now };
    // A voice that has just begun, or is another, may have its own reasons not to come through.
    const isSteady = track !== undefined && now - this.#voice.since >= ADAPT.starved.steadyMs;
    const looks = [...mesh.attempts].map(async ([id, { pc }]) => {
      if (pc.connectionState !== "connected" || pc.currentRemoteDescription === null) return [];
      const receiver = this.#receiver(id);
      if (receiver.outlet?.pc !== pc) {
        receiver.outlet = new Outlet(pc);
        receiver.sent = new SentLook();
        receiver.pace = new Pace();
      }
      const { outlet, sent, seen } = receiver;
      // A connection that closes under our hands says nothing.
      const report = await outlet.microphone?.getStats().catch(() => undefined);
      if (report === undefined) return [];
      const { identity, permissions } = roster.participants.get(id) ?? {};
      const isIdle = permissions?.subscribe === false;
      const at = this.#now();
      receiver.pace.take(report, at);
      const isStarved = isSteady && isMissing(receiver, at);
      return [{ id, identity, seen, isIdle, isStarved, ...sent.take(report) }];
    });
    const connections = (await Promise.all(looks)).flat();
    return {
      connections,
      camera: pictureOf(mesh.tracks.get("camera")),
      screen: pictureOf(mesh.tracks.get("screen")),
      isProcessorShort: this.#isProcessorShort,
    };
  }

  #apply({ connections, isPaused }: Plan): void {
    const { mesh, wishes } = this.#call;
    const isFree = wishes.mode === "off";
    const camera = mesh.tracks.get("camera");
    for (const [id, { voice, picture, screen }] of connections) {
      const receiver = this.#receiver(id);
      const { outlet } = receiver;
      if (outlet === undefined) continue;
      if (voice !== outlet.voice) receiver.changedAt = this.#now();
      // Nothing is known of a camera that is off: it is sent as before when it is on again.
      const isOff = camera === undefined && !isPaused;
      outlet.send({
        voice,
        picture: isOff ? outlet.picture : isFree ? "free" : picture,
        screen: isFree ? "free" : screen,
      });
      // It has begun without, and is limited by now.
      const isWithout = camera !== undefined && outlet.camera?.sender.track === null;
      if (isWithout && outlet.hasSettled) mesh.addCamera(id);
    }
  }

  #say({ sending, reason }: AdaptationInfo, isPaused: boolean): void {
    const { emitter, roster, way } = this.#call;
    for (const [id, { shows }] of roster.participants) {
      const receiver = this.#receiver(id);
      if (receiver.isTold === isPaused) continue;
      // The mesh has no picture for it yet, and the SFU's does not play there.
      if (!isPaused && way.mode === "sfu" && shows < way.epoch) continue;
      receiver.isTold = isPaused;
      this.#call.signal(id, { paused: isPaused });
    }
    if (sending === this.info.sending && reason === this.info.reason) return;
    this.info = { sending, reason };
    emitter.emit("adaptation", this.info);
  }

  #receiver(id: string): Receiver {
    const known = this.#receivers.get(id);
    if (known !== undefined) return known;
    const receiver: Receiver = { isTold: false, sent: new SentLook(), pace: new Pace() };
    this.#receivers.set(id, receiver);
    return receiver;
  }
}

/** Whether it has just said that it misses our voice, which has gone on all the while. */
function isMissing({ starved, pace, outlet }: Receiver, now: number): boolean {
  if (starved === undefined) return false;
  const { forMs, onItsWayMs } = ADAPT.starved;
  const agoMs = now - starved.at;
  return agoMs < forMs &&
    pace.isFull(outlet?.voice ?? "plain", agoMs + starved.missedMs + onItsWayMs);
}

/** What the application wants of what the call sends: without the camera, the rest is adapted as ever. */
function settingsOf({ mode, maxBitrate }: AdaptationSettings): AdaptationSettings {
  return mode === "off" ? { mode } : { mode: "auto", maxBitrate };
}

function pictureOf(track: MediaStreamTrack | undefined): Camera | undefined {
  if (track === undefined) return undefined;
  // Some say nothing, and canvases that they are of no width at all.
  const { width, frameRate } = track.getSettings();
  const { middling } = ADAPT;
  return { width: width || middling.width, frameRate: frameRate || middling.frameRate };
}
