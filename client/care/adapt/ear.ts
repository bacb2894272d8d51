/**
 * Hears whether the voice of each participant still comes through, and tells the ones of whom it does not. A sender's
 * browser knows only later, by what it estimates, that its uplink has become too thin.
 *
 * @module
 */
import { ADAPT, VOICE } from "../../adapt/policy.ts";
import type { Clock } from "../../clock.ts";
import { rtpStampOf } from "../../stamp.ts";

/** What came of a voice, from a row of looks. Times in ms. */
export interface VoiceFlow {
  /** What was played last, as far as the browser says, and how much later in the voice that is than what was before. */
  readonly stamp: number | undefined;
  readonly stepMs: number;
  /** Whether it comes in the packets of a lean voice, as far as two steps tell. */
  readonly isLean: boolean;
  readonly at: number;
  /** How much longer it has flowed than not, of late, and how long nothing has come since: only while it was looked. */
  readonly flowedMs: number;
  readonly missedMs: number;
  /** How long that was when its sender was last told. */
  readonly toldMs: number;
}

export interface EarPort {
  /** By participant: by what its voice comes. */
  voices(): Iterable<readonly [id: string, RTCRtpReceiver]>;
  /** Tells one participant for how long its voice has not come through, in ms. */
  tell(id: string, missedMs: number): void;
}

interface Heard {
  readonly receiver: RTCRtpReceiver;
  readonly flow: VoiceFlow;
}

export class Ear {
  readonly #port: EarPort;
  readonly #now: Clock;
  readonly #timer: ReturnType<typeof setInterval>;
  #heard = new Map<string, Heard>();

  constructor(port: EarPort, now: Clock) {
    this.#port = port;
    this.#now = now;
    this.#timer = setInterval(() => this.#listen(), ADAPT.ear.intervalMs);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #listen(): void {
    const at = this.#now();
    const heard = new Map<string, Heard>();
    for (const [id, receiver] of this.#port.voices()) {
      const before = this.#heard.get(id);
      const stamp = rtpStampOf(receiver);
      const flow = before?.receiver === receiver
        ? follow(before.flow, stamp, at)
        : { stamp, stepMs: 0, isLean: false, at, flowedMs: 0, missedMs: 0, toldMs: 0 };
      const isDue = isToBeTold(flow);
      if (isDue) this.#port.tell(id, flow.missedMs);
      heard.set(id, { receiver, flow: isDue ? { ...flow, toldMs: flow.missedMs } : flow });
    }
    this.#heard = heard;
  }
}

/** Takes one more look in. */
export function follow(before: VoiceFlow, stamp: number | undefined, at: number): VoiceFlow {
  const passed = Math.min(at - before.at, 2 * ADAPT.ear.intervalMs);
  if (stamp === undefined || stamp === before.stamp) {
    return { ...before, at, missedMs: before.missedMs + passed };
  }
  const stepMs = ((stamp - (before.stamp ?? stamp)) >>> 0) / TICKS_PER_MS;
  const isLean = [stepMs, before.stepMs].every((ms) => ms > 0 && ms % VOICE.lean.packetMs === 0);
  return { stamp, stepMs, isLean, at, flowedMs: flowed(before) + passed, missedMs: 0, toldMs: 0 };
}

/** Of a voice's time stamps, which begin anew after 32 bits (RFC 7587 §4.1, RFC 3550 §5.1). */
const TICKS_PER_MS = 48;

/**
 * What counts of a flow after a gap. Of a voice that is lost some packets come through: what flowed before counts for a
 * while. A pause, in which now and then one is sent (DTX, RFC 7587 §3.1.3), soon uses it up.
 */
function flowed({ flowedMs, missedMs }: VoiceFlow): number {
  const { missedMs: least, countedMs } = ADAPT.ear;
  const gapMs = missedMs < least ? 0 : missedMs;
  return Math.max(0, Math.min(flowedMs, countedMs) - gapMs);
}

/** Whether a voice that was flowing has stopped to, not long ago, and its sender is to hear of it now. */
export function isToBeTold({ isLean, flowedMs, missedMs, toldMs }: VoiceFlow): boolean {
  const { flowingMs, missedMs: leastMs, leanMissedMs, goneMs } = ADAPT.ear;
  const dueMs = Math.max(isLean ? leanMissedMs : leastMs, 2 * toldMs);
  return flowedMs >= flowingMs && missedMs >= dueMs && missedMs < goneMs;
}
