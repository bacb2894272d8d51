/**
 * An attempt of a pair, and how far it has come.
 *
 * @module
 */
import type { Attempt } from "./attempt.ts";
import { MESH } from "./policy.ts";

export class Leg {
  readonly attempt: Attempt;
  /** Whether the far end knows of it. */
  isMet: boolean;
  state: "connecting" | "connected" | "disconnected" | "dead" = "connecting";
  /** How many candidates the far end has named. */
  #candidates = 0;
  #connectedAt: number | undefined;
  #isProven = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(attempt: Attempt, isMet: boolean) {
    this.attempt = attempt;
    this.isMet = isMet;
  }

  /** It stands, perhaps again. */
  connected(now: number): void {
    clearTimeout(this.#timer);
    this.state = "connected";
    this.#connectedAt ??= now;
  }

  /** Has something done after `ms`, in place of what was to be done, unless it connects or ends before. */
  schedule(ms: number, what: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(what, ms);
  }

  /** Whether one more candidate is taken. */
  takesCandidate(): boolean {
    return this.#candidates++ < MESH.candidates;
  }

  /** Whether it has turned out good, which is said once: or whoever asks for another again and again would never wait. */
  proves(now: number): boolean {
    if (this.#isProven || now - (this.#connectedAt ?? now) <= MESH.stableMs) return false;
    this.#isProven = true;
    return true;
  }

  end(): void {
    this.state = "dead";
    clearTimeout(this.#timer);
    this.attempt.destroy();
  }
}
