import type { TrackKind } from "../../protocol.ts";
import type { Taken } from "./codecs.ts";
import type { LayerSource } from "./layer_source.ts";
import type { MediaPacket } from "./media_packet.ts";

/** One who gets what comes of a feed. */
export interface FeedListener {
  packet(layer: LayerSource, packet: MediaPacket, now: number): void;
  /** The sender has said how its timestamps relate to its clock. */
  clock(layer: LayerSource, now: number): void;
}

/** What a participant sends in one slot, for as long as it sends there in one format. */
export class Feed {
  readonly listeners = new Set<FeedListener>();
  /** Best first. */
  layers: readonly LayerSource[] = [];

  constructor(
    readonly participant: string,
    readonly kind: TrackKind,
    readonly taken: Taken,
  ) {}

  get media(): "audio" | "video" {
    return this.taken.codec === "opus" ? "audio" : "video";
  }

  /** Whether what is `taken` in another connection can go on in this feed. */
  suits(taken: Taken): boolean {
    return this.taken.codec === taken.codec &&
      (this.taken.red === undefined) === (taken.red === undefined) &&
      (taken.codec !== "h264" || this.taken.main.parameters === taken.main.parameters);
  }

  packet(layer: LayerSource, packet: MediaPacket, now: number): void {
    this.#tell((listener) => listener.packet(layer, packet, now));
  }

  clock(layer: LayerSource, now: number): void {
    this.#tell((listener) => listener.clock(layer, now));
  }

  /** @throws what a listener throws, after all the others were told. */
  #tell(tell: (listener: FeedListener) => void): void {
    const mistakes: unknown[] = [];
    for (const listener of this.listeners) {
      try {
        tell(listener);
      } catch (error) {
        mistakes.push(error);
      }
    }
    if (mistakes.length > 0) throw mistakes[0];
  }
}
