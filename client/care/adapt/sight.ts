/**
 * Tells each participant how wide its camera is seen here.
 *
 * @module
 */
import { ADAPT } from "../../adapt/policy.ts";
import type { Participant } from "../../api.ts";
import { seenWidth, showing } from "../../tiles.ts";

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
    const all = everyVideo();
    const seen = all.filter(isSeen);
    for (const { id, stream } of this.#port.participants()) {
      // While there is no picture, it cannot be known how wide it would be.
      if (stream.getVideoTracks().length === 0) continue;
      const told = this.#told.get(id);
      // It may be drawn, or shown where we cannot look; but what was shown by an element and no longer is has gone.
      if (told === undefined && showing(all, stream).length === 0) continue;
      const width = Math.round(seenWidth(seen, stream));
      if (told !== undefined && Math.abs(width - told) <= told * ADAPT.seenChange) continue;
      this.#told.set(id, width);
      this.#port.tell(id, width);
    }
  }
}

/** Those of the page, and of its window that stays on top. */
function everyVideo(): HTMLVideoElement[] {
  const { documentPictureInPicture: onTop } = globalThis as OnTop;
  return [document, onTop?.window?.document].flatMap((page) => [
    ...page?.querySelectorAll("video") ?? [],
  ]);
}

/** Document Picture-in-Picture, which TypeScript does not know yet. */
interface OnTop {
  documentPictureInPicture?: { window: Window | null };
}

/** Whether it is in a layout, and in front or on top. */
function isSeen(video: HTMLVideoElement): boolean {
  const isInFront = document.visibilityState !== "hidden" || video.ownerDocument !== document ||
    video === document.pictureInPictureElement;
  return isInFront && video.clientWidth > 0;
}
