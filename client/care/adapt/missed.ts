/**
 * Who says that our voice does not come through, and whether that is to be believed.
 *
 * @module
 */
import { ADAPT } from "../../adapt/policy.ts";
import type { Outgoing } from "./outgoing.ts";

export class Missed {
  /** By participant: when it said so last, and for how long it had missed it. */
  readonly #said = new Map<string, { readonly at: number; readonly missedMs: number }>();
  /** The microphone whose voice is sent, and since when, as far as it was seen. */
  #microphone: MediaStreamTrack | undefined;
  #since = 0;

  /** Takes in of which microphone the voice is that is sent now; `undefined`: of none. */
  see(microphone: MediaStreamTrack | undefined, now: number): void {
    if (microphone === this.#microphone) return;
    this.#microphone = microphone;
    this.#since = now;
  }

  /** Takes in what somebody says to whom we send by `outgoing`; whether it may be true. */
  take(id: string, missedMs: number, outgoing: Outgoing, now: number): boolean {
    if (!outgoing.isMissed(missedMs, now)) return false;
    // Nobody can have missed it again any sooner.
    if (now - (this.#said.get(id)?.at ?? -Infinity) < ADAPT.ear.missedMs) return false;
    this.#said.set(id, { at: now, missedMs });
    return true;
  }

  /** Whether somebody has just said that it misses our voice, which has gone on all the while. */
  isBy(id: string, outgoing: Outgoing, now: number): boolean {
    const said = this.#said.get(id);
    if (said === undefined || this.#microphone === undefined) return false;
    const { forMs, steadyMs, onItsWayMs } = ADAPT.starved;
    // A voice that has just begun, or is another, may have its own reasons not to come through.
    if (now - this.#since < steadyMs) return false;
    const agoMs = now - said.at;
    return agoMs < forMs && outgoing.hasVoice(agoMs + said.missedMs + onItsWayMs);
  }

  forget(id: string): void {
    this.#said.delete(id);
  }
}
