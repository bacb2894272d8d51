/**
 * Has the mesh send what the uplink carries, and tells everyone when a camera is paused for it.
 *
 * @module
 */
import { adapt, type Plan, planOf, startAdapting } from "../adapt.ts";
import type { Look } from "../adapt/evidence.ts";
import type { Camera } from "../adapt/ladder.ts";
import { ADAPT } from "../adapt/policy.ts";
import type { AdaptationInfo, AdaptationSettings, CallEvents } from "../api.ts";
import type { Attempt } from "../attempt.ts";
import type { Clock } from "../clock.ts";
import type { Emitter } from "../emitter.ts";
import type { Remote } from "../remote.ts";
import { SentLook } from "./adapt/look.ts";
import { Outlet } from "./adapt/outlet.ts";
import { Sight } from "./adapt/sight.ts";

/** The call, as far as it is adapted. */
export interface AdaptedCall {
  readonly roster: { readonly participants: ReadonlyMap<string, Remote> };
  readonly mesh: { readonly attempts: ReadonlyMap<string, Attempt> };
  readonly way: { readonly mode: "mesh" | "sfu" };
  readonly emitter: Pick<Emitter<CallEvents>, "emit">;
  /** What the application wants. */
  readonly wishes: AdaptationSettings;
  signal(to: string, item: Record<string, unknown>): void;
  /** Shows what is to be shown of somebody now, and tells the application. */
  show(remote: Remote): void;
}

/** One participant, as the receiver of what we send. */
interface Receiver {
  /** How wide it sees our camera. */
  seen: number;
  /** Whether it was told that our camera is paused. */
  isTold: boolean;
  outlet?: Outlet;
  sent: SentLook;
}

export class Adaptation {
  /** Whether the browser sends less than it should because the processor is too slow. */
  isProcessorShort = false;
  info: AdaptationInfo = { sending: "full", reason: "none" };
  readonly #call: AdaptedCall;
  readonly #now: Clock;
  readonly #receivers = new Map<string, Receiver>();
  readonly #sight: Sight;
  readonly #timer: ReturnType<typeof setInterval>;
  #state;
  #isLooking = false;

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
      this.#call.show(from);
    }
  }

  /** Somebody has left; whoever comes back under the same id has been told nothing. */
  left({ id }: Remote): void {
    this.#receivers.delete(id);
    this.#sight.forget(id);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#sight.close();
  }

  /** Looks at once, because something has changed, or it is time. */
  async tend(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      await this.#adapt();
    } finally {
      this.#isLooking = false;
    }
  }

  async #adapt(): Promise<void> {
    if (this.#call.way.mode !== "mesh") {
      return this.#say({ sending: "full", reason: "none" }, false);
    }
    const look = await this.#look();
    const now = this.#now();
    // What was known of the uplink holds until there is somebody to measure it with again.
    if (look.connections.length === 0) {
      if (this.#call.roster.participants.size === 0) this.#state = startAdapting(now);
      return;
    }
    this.#state = adapt(this.#state, look, this.#call.wishes, now);
    const plan = planOf(this.#state, look, this.#call.wishes, now);
    this.#apply(plan);
    this.#say(plan, plan.isPaused);
  }

  /** Asks every connection that stands. */
  async #look(): Promise<Look> {
    let track: MediaStreamTrack | null = null;
    const looks = [...this.#call.mesh.attempts].map(async ([id, { pc }]) => {
      if (pc.connectionState !== "connected" || pc.currentRemoteDescription === null) return [];
      const receiver = this.#receiver(id);
      if (receiver.outlet?.pc !== pc) {
        receiver.outlet = new Outlet(pc);
        receiver.sent = new SentLook();
      }
      const { outlet, sent, seen } = receiver;
      track ??= outlet.camera?.sender.track ?? null;
      // A connection that closes under our hands says nothing.
      const report = await outlet.microphone?.getStats().catch(() => undefined);
      return report === undefined ? [] : [{ id, seen, ...sent.take(report) }];
    });
    const connections = (await Promise.all(looks)).flat();
    return { connections, camera: cameraOf(track), isProcessorShort: this.isProcessorShort };
  }

  #apply({ connections, isPaused }: Plan): void {
    const isFree = this.#call.wishes.mode === "off";
    for (const [id, { voice, picture }] of connections) {
      const { outlet } = this.#receiver(id);
      // Nothing is known of a camera that is off: it is sent as before when it is on again.
      const isOff = !isPaused && picture === undefined;
      if (isOff) outlet?.send({ voice, picture: outlet.picture });
      else outlet?.send({ voice, picture: isFree ? "free" : picture });
    }
  }

  #say({ sending, reason }: AdaptationInfo, isPaused: boolean): void {
    for (const id of this.#call.roster.participants.keys()) {
      const receiver = this.#receiver(id);
      if (receiver.isTold === isPaused) continue;
      receiver.isTold = isPaused;
      this.#call.signal(id, { paused: isPaused });
    }
    if (sending === this.info.sending && reason === this.info.reason) return;
    this.info = { sending, reason };
    this.#call.emitter.emit("adaptation", this.info);
  }

  #receiver(id: string): Receiver {
    const known = this.#receivers.get(id);
    if (known !== undefined) return known;
    const receiver: Receiver = { seen: 0, isTold: false, sent: new SentLook() };
    this.#receivers.set(id, receiver);
    return receiver;
  }
}

function cameraOf(track: MediaStreamTrack | null): Camera | undefined {
  if (track === null) return undefined;
  // Cameras that say nothing are taken for middling ones.
  const { width = 640, frameRate = 30 } = track.getSettings();
  return { width, frameRate };
}
