import type { Vp8Descriptor } from "./vp8.ts";

/** A packet of one layer, as it was sent: open, without extensions, padding and RTX. */
export interface MediaPacket {
  /** Which of the payload types of a slot it has. */
  readonly codec: "main" | "red";
  readonly marker: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload: Uint8Array;
  /** Whether a key frame begins with it; of audio always. */
  readonly starts: boolean;
  readonly vp8?: Vp8Descriptor;
}
