/**
 * Has sent what the uplink carries, in the mesh and by an SFU, and tells everyone when a camera is paused for it.
 *
 * @module
 */
import { adapt, moved, type Plan, planOf, startAdapting } from "../adapt.ts";
import { areStarved, type Look } from "../adapt/evidence.ts";
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
import type { Transport } from "../transport.ts";
import { pictureOf } from "./adapt/look.ts";
import { Missed } from "./adapt/missed.ts";
import { Outgoing } from "./adapt/outgoing.ts";
import { Pauses } from "./adapt/pauses.ts";
import { Sight } from "./adapt/sight.ts";

/** The mesh, as far as it is adapted. */
export interface AdaptedMesh {
  /** By participant id: the attempt that carries the media now. */
  readonly attempts: ReadonlyMap<string, Pick<Attempt, "pc">>;
  /** What is sent. */
  readonly tracks: ReadonlyMap<TrackKind, MediaStreamTrack>;
  /** Whether connections begin to send without the camera. */
  isCameraHeld: boolean;
  /** Has one that began without the camera send it. */
  addCamera(id: string): void;
}

/** The call, as far as it is adapted. */
export interface AdaptedCall {
  readonly self: { readonly media: MediaState };
  readonly roster: { readonly participants: ReadonlyMap<string, Remote> };
  readonly mesh: AdaptedMesh;
  readonly transport: Pick<Transport, "publishing">;
  readonly way: { readonly mode: "mesh" | "sfu"; readonly epoch: number };
  readonly emitter: Pick<Emitter<CallEvents>, "emit">;
  /** What the application wants. */
  readonly wishes: AdaptationSettings;
  signal(to: string, item: Record<string, unknown>): void;
  /** Shows what is to be shown of somebody now, and tells the application. */
  show(remote: Remote): void;
}

/** The connection to an SFU, among those to participants: it is nobody's id. */
const TO_SFU = "";

const ALL: AdaptationInfo = { sending: "full", reason: "none" };
const FORCED: AdaptationInfo = { sending: "audio_only", reason: "forced" };

export class Adaptation {
  info: AdaptationInfo = ALL;
  readonly #call: AdaptedCall;
  readonly #now: Clock;
  /** By participant: how wide it sees our camera, if it has said. */
  readonly #seen = new Map<string, number>();
  readonly #missed = new Missed();
  /** By participant, or {@linkcode TO_SFU}: the connections by which is, or was, sent. */
  readonly #outgoing = new Map<string, Outgoing>();
  /** All that is sent by now: the mesh, or the connection to an SFU. */
  #by: object | undefined;
  /** What was seen of that last. */
  #last: Look | undefined;
  readonly #sight: Sight;
  readonly #pauses: Pauses;
  readonly #timer: ReturnType<typeof setInterval>;
  #state;
  #isProcessorShort = false;
  #looking: "no" | "once" | "again" = "no";
  /** When it was last looked because participants said that they miss our voice. */
  #heededAt = -Infinity;
  /** Whose camera has been paused, or is no longer, since the last look. */
  readonly #unshown = new Set<Remote>();

  constructor(call: AdaptedCall, now: Clock) {
    this.#call = call;
    this.#now = now;
    this.#by = call.mesh;
    this.#state = startAdapting(now());
    this.#sight = new Sight({
      // An SFU is asked for what is seen.
      participants: () => call.way.mode === "mesh" ? call.roster.participants.values() : [],
      tell: (id, sees) => call.signal(id, { sees }),
    });
    this.#pauses = new Pauses((id, paused) => call.signal(id, { paused }));
    this.#timer = setInterval(() => this.tend(), ADAPT.intervalMs);
  }

  /** Takes in what a participant says. */
  handle(from: Remote, item: unknown): void {
    const { sees, paused } = Object(item);
    if (typeof sees === "number" && sees >= 0) this.#seen.set(from.id, sees);
    if (typeof paused === "boolean" && paused !== from.paused) {
      from.paused = paused;
      this.#unshown.add(from);
    }
  }

  /** Takes in for how long, in ms, our voice has not come through to a participant. */
  starved(id: string, missedMs: number): void {
    const now = this.#now();
    const outgoing = this.#outgoingTo(id);
    if (outgoing === undefined || !this.#missed.take(id, missedMs, outgoing, now)) return;
    // Two who say so at the same time count together, not one look later. What there is to count is known without a look.
    if (now - this.#heededAt < ADAPT.ear.intervalMs || !this.#isMissedByMost()) return;
    this.#heededAt = now;
    this.tend();
  }

  /** Takes in whether the browser sends less than it should because the processor is too slow. */
  feelProcessor(isShort: boolean): void {
    this.#isProcessorShort = isShort;
  }

  /** Somebody has left. */
  left({ id }: Remote): void {
    this.#seen.delete(id);
    this.#missed.forget(id);
    this.#outgoing.delete(id);
    for (const remote of this.#unshown) if (remote.id === id) this.#unshown.delete(remote);
    this.#sight.forget(id);
    this.#pauses.forget(id);
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
    const { mesh, roster, transport, way, wishes } = this.#call;
    // Then the call sends no camera, whichever way media goes.
    const isForced = wishes.mode === "audio_only" && this.#call.self.media.camera;
    const now = this.#now();
    const by = way.mode === "mesh" ? mesh : transport.publishing;
    const settings = settingsOf(wishes);
    for (const [id, { outlet }] of this.#outgoing) {
      if (outlet.pc.connectionState === "closed") this.#outgoing.delete(id);
    }
    if (by !== this.#by) {
      this.#by = by;
      this.#state = moved(this.#state, now);
      // Nobody looks at it any more: what was only tried, or held back for a moment, would stay so.
      if (this.#last !== undefined) this.#apply(planOf(this.#state, this.#last, settings, now));
      this.#last = undefined;
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
    this.#last = look;
    this.#state = adapt(this.#state, look, settings, now);
    const plan = planOf(this.#state, look, settings, now);
    mesh.isCameraHeld = plan.isPaused;
    this.#apply(plan);
    const isFree = wishes.mode === "off";
    this.#say(isForced ? FORCED : isFree ? ALL : plan, isForced || (plan.isPaused && !isFree));
  }

  /** Asks every connection that stands. */
  async #look(): Promise<Look> {
    const { mesh, roster: { participants } } = this.#call;
    this.#missed.see(mesh.tracks.get("microphone"), this.#now());
    const looks = this.#connections().map(async ([id, pc]) => {
      if (pc.connectionState !== "connected" || pc.currentRemoteDescription === null) return [];
      const outgoing = this.#outgoingBy(id, pc);
      const sent = await outgoing.look(this.#now);
      if (sent === undefined) return [];
      const { identity, permissions } = participants.get(id) ?? {};
      const isIdle = permissions?.subscribe === false;
      const isStarved = id === TO_SFU
        ? this.#isMissedByMost()
        : this.#missed.isBy(id, outgoing, this.#now());
      return [{ ...sent, id, identity, seen: this.#seen.get(id), isIdle, isStarved }];
    });
    const connections = (await Promise.all(looks)).flat();
    return {
      connections,
      camera: pictureOf(mesh.tracks.get("camera")),
      screen: pictureOf(mesh.tracks.get("screen")),
      isProcessorShort: this.#isProcessorShort,
      isDoubled: this.#call.way.mode === "sfu",
    };
  }

  /** All by which is sent now. */
  #connections(): [id: string, RTCPeerConnection][] {
    const { mesh, transport, way } = this.#call;
    if (way.mode === "mesh") return [...mesh.attempts].map(([id, { pc }]) => [id, pc]);
    const { publishing } = transport;
    return publishing === undefined ? [] : [[TO_SFU, publishing]];
  }

  /** By which a participant is sent to now, as far as it has been looked at. */
  #outgoingTo(id: string): Outgoing | undefined {
    return this.#outgoing.get(this.#call.way.mode === "mesh" ? id : TO_SFU);
  }

  #outgoingBy(id: string, pc: RTCPeerConnection): Outgoing {
    const known = this.#outgoing.get(id);
    if (known?.outlet.pc === pc) return known;
    const outgoing = new Outgoing(pc, id === TO_SFU ? "sfu" : "mesh");
    this.#outgoing.set(id, outgoing);
    return outgoing;
  }

  /** Whether our voice is missed by most who may hear it, as far as is known without a look. */
  #isMissedByMost(): boolean {
    const now = this.#now();
    const participants = [...this.#call.roster.participants.values()];
    return areStarved(participants.flatMap(({ id, identity, permissions }) => {
      const outgoing = this.#outgoingTo(id);
      if (!permissions.subscribe || outgoing?.outlet.pc.connectionState !== "connected") return [];
      return [{ id, identity, isStarved: this.#missed.isBy(id, outgoing, now) }];
    }));
  }

  #apply({ connections, isPaused, reason }: Plan): void {
    const { mesh, wishes } = this.#call;
    const isFree = wishes.mode === "off";
    const camera = mesh.tracks.get("camera");
    for (const [id, { voice, picture, screen }] of connections) {
      const outgoing = this.#outgoing.get(id);
      if (outgoing === undefined) continue;
      const { outlet } = outgoing;
      // Nothing is known of a camera that is off: it is sent as before when it is on again.
      const isOff = camera === undefined && !isPaused;
      // To an SFU the browser sends those sizes for which there is room; only the smallest it never gives up, and of a limit
      // it knows nothing.
      const isChosen = id === TO_SFU && wishes.maxBitrate === undefined &&
        (reason === "uplink" || reason === "none") &&
        voice !== "lean" && screen === undefined && picture !== undefined;
      outgoing.send({
        voice,
        picture: isOff ? outlet.picture : isFree || isChosen ? "free" : picture,
        screen: isFree ? "free" : screen,
      }, this.#now());
      // It has begun without, and is limited by now.
      const isWithout = camera !== undefined && outlet.camera?.sender.track === null;
      if (!isWithout || !outlet.hasSettled) continue;
      if (id === TO_SFU) outlet.camera!.sender.replaceTrack(camera).catch(() => {});
      else mesh.addCamera(id);
    }
  }

  #say({ sending, reason }: AdaptationInfo, isPaused: boolean): void {
    const { emitter, roster, way } = this.#call;
    this.#pauses.say(
      isPaused,
      roster.participants.values(),
      way.mode === "sfu" ? way.epoch : -Infinity,
    );
    if (sending === this.info.sending && reason === this.info.reason) return;
    this.info = { sending, reason };
    emitter.emit("adaptation", this.info);
  }
}

/** What the application wants of what the call sends: without the camera, the rest is adapted as ever. */
function settingsOf({ mode, maxBitrate }: AdaptationSettings): AdaptationSettings {
  return mode === "off" ? { mode } : { mode: "auto", maxBitrate };
}
