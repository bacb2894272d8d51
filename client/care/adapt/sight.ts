/**
 * Tells each participant how wide its camera is seen here.
 *
 * @module
 */
import type { Participant } from "../../api.ts";
import { seenWidth, visibleVideos } from "../../sfu/tiles.ts";
import { ADAPT } from "../../adapt/policy.ts";

export interface SightPort {
  participants(): Iterable<Participant>;
  /** Tells one participant. */
  tell(id: string, width: number): void;
}

export class Sight {
  readonly #port: SightPort;
  readonly #told = new Map<string, number>();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(port: SightPort) {
    this.#port = port;
    this.#timer = setInterval(() => this.#look(), ADAPT.seenIntervalMs);
  }

  /** Somebody is new, or gone. */
  forget(id: string): void {
    this.#told.delete(id);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const videos = visibleVideos();
    for (const { id, stream } of this.#port.participants()) {
      // While there is no picture, it cannot be known how wide it would be.
      if (stream.getVideoTracks().length === 0) continue;
      const width = Math.round(seenWidth(videos, stream));
      const told = this.#told.get(id);
      if (told !== undefined && Math.abs(width - told) <= told * ADAPT.seenChange) continue;
      this.#told.set(id, width);
      this.#port.tell(id, width);
    }
  }
}
