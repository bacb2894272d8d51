/**
 * The attempts of a pair: the one that carries the media, the one that is being made to take its place, and those that
 * linger until the far end has switched, too.
 *
 * @module
 */
import type { TrackKind } from "./api.ts";
import { kindOf } from "./attempt.ts";
import type { Leg } from "./leg.ts";
import { MESH } from "./policy.ts";
import { primed } from "./prime.ts";

export interface LegsOptions {
  /** Shows a track in place of the one before of its kind. */
  show(kind: TrackKind, receiver: RTCRtpReceiver): void;
  /** Ends all waits. */
  signal: AbortSignal;
}

export class Legs {
  readonly #options: LegsOptions;
  readonly #all = new Set<Leg>();
  #shown: Leg | undefined;
  #next: Leg | undefined;

  constructor(options: LegsOptions) {
    this.#options = options;
  }

  /** Whose tracks are, or will first be, shown. */
  get shown(): Leg | undefined {
    return this.#shown;
  }

  /** What is being made to take its place. */
  get next(): Leg | undefined {
    return this.#next;
  }

  /** The attempt of this number, while it lives. */
  get(number: number): Leg | undefined {
    return [...this.#all].find(({ attempt }) => attempt.number === number);
  }

  /** One that has just begun: the first is shown as it comes, a later one when it plays. */
  add(leg: Leg): void {
    this.#all.add(leg);
    if (this.#shown === undefined) this.#shown = leg;
    else this.#next = leg;
  }

  send(kind: TrackKind, track: MediaStreamTrack | null): void {
    for (const { attempt } of this.#all) attempt.send(kind, track);
  }

  /** The next one stands: its tracks follow one by one, each as soon as it plays. */
  async takeOver(leg: Leg): Promise<void> {
    const before = this.#shown?.attempt.pc.getTransceivers();
    this.#shown = leg;
    this.#next = undefined;
    const { pc } = leg.attempt;
    await Promise.all(
      pc.getTransceivers().map(async (transceiver, slot) => {
        const kind = kindOf(pc, transceiver);
        if (kind === undefined) return;
        const { receiver } = transceiver;
        await primed(receiver, this.#options.signal, before?.[slot]?.receiver.track);
        if (this.#carries(leg)) this.#options.show(kind, receiver);
      }),
    );
    // If it has failed meanwhile, the others stay until the one after it plays.
    if (!this.#carries(leg)) return;
    for (const other of this.#all) {
      if (other === leg || other === this.#next) continue;
      // Its voice is enough until the far end has switched, too: two of each picture is more than a thin uplink has.
      for (const kind of ["camera", "screen"] as const) other.attempt.send(kind, null);
      other.schedule(MESH.lingerMs, () => this.end(other));
    }
  }

  end(leg: Leg): void {
    this.#all.delete(leg);
    if (leg === this.#next) this.#next = undefined;
    leg.end();
  }

  endNext(): void {
    if (this.#next !== undefined) this.end(this.#next);
  }

  close(): void {
    for (const leg of this.#all) this.end(leg);
  }

  #carries(leg: Leg): boolean {
    return this.#shown === leg && leg.state !== "dead";
  }
}
