/**
 * How a camera is sent: in how many sizes, and how much each may take. Pure.
 *
 * @module
 */
import { SEND } from "./policy.ts";

/** The names of the layers, best first: what browsers find too much for a small picture are the last. */
export const RIDS = ["h", "m", "l"] as const;

export interface Encoding {
  active: boolean;
  scaleResolutionDownBy: number;
  maxBitrate: number;
}

/** The settings of each of `count` layers (1 if the SFU takes no simulcast) for a camera; one that says nothing is middling. */
export function cameraEncodings(
  track: Pick<MediaStreamTrack, "getSettings"> | null | undefined,
  count: number,
): Encoding[] {
  const used = layersOf(track?.getSettings().width ?? 640);
  return Array.from({ length: count }, (_, index) => ({
    active: index < used,
    scaleResolutionDownBy: 2 ** index,
    maxBitrate: SEND.layerBitrates[Math.max(0, used - 1 - index)]!,
  }));
}

function layersOf(width: number): number {
  if (width < SEND.oneLayerBelow) return 1;
  return width < SEND.twoLayersBelow ? 2 : 3;
}
