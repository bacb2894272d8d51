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
    if (said === undefined) return false;
    const { forMs, onItsWayMs } = ADAPT.starved;
    const agoMs = now - said.at;
    return agoMs < forMs && outgoing.hasVoice(agoMs + said.missedMs + onItsWayMs);
  }

  forget(id: string): void {
    this.#said.delete(id);
  }
}
