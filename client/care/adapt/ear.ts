/**
 * Hears whether the voice of each participant still comes through, and tells the ones of whom it does not. A sender's
 * browser knows only later, by what it estimates, that its uplink has become too thin.
 *
 * @module
 */
import { ADAPT } from "../../adapt/policy.ts";
import type { Clock } from "../../clock.ts";
import { stampOf } from "../../stamp.ts";

/** What came of a voice, from a row of looks. Times in ms. */
export interface VoiceFlow {
  /** What was played last, as far as the browser says. */
  readonly stamp: number | undefined;
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
      const stamp = stampOf(receiver);
      const flow = before?.receiver === receiver
        ? follow(before.flow, stamp, at)
        : { stamp, at, flowedMs: 0, missedMs: 0, toldMs: 0 };
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
  return { stamp, at, flowedMs: flowed(before) + passed, missedMs: 0, toldMs: 0 };
}

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
export function isToBeTold({ flowedMs, missedMs, toldMs }: VoiceFlow): boolean {
  const { flowingMs, missedMs: least, goneMs } = ADAPT.ear;
  return flowedMs >= flowingMs && missedMs >= Math.max(least, 2 * toldMs) && missedMs < goneMs;
}
