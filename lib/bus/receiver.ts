import { open, Sightings } from "./envelope.ts";
import type { BusMessage, Inbox } from "./mod.ts";

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
    const message = parsed(envelope.body);
    if (message) this.inbox.message(message);
    else this.missed();
  }

  missed(): void {
    this.inbox.missed();
  }
}

/** Whatever else writes to an inbox must not end the node. */
function parsed(text: string): BusMessage | undefined {
  try {
    return JSON.parse(text) ?? undefined;
  } catch {
    return undefined;
  }
}
