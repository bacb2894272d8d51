import { open, Sightings } from "./envelope.ts";
import type { Inbox } from "./mod.ts";

/** The receiving half of every adapter: opens envelopes, drops what came twice, and tells of gaps. */
export class Receiver {
  readonly #sightings = new Sightings();

  constructor(readonly inbox: Inbox) {}

  /** A text came from the carrier. */
  hear(text: string): void {
    const envelope = open(text);
    if (!envelope) return;
    const sighting = this.#sightings.see(envelope);
    if (sighting === "seen") return;
    if (sighting === "after_gap") this.missed();
    guard(() => this.inbox.message(JSON.parse(envelope.body)));
  }

  missed(): void {
    guard(() => this.inbox.missed());
  }
}

/** An inbox that throws must not break the connection whose code calls it: its error is thrown where nobody is above. */
function guard(run: () => void): void {
  try {
    run();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
