/**
 * How a camera is sent: in how many sizes, and how much each may take. Pure.
 *
 * @module
 */
import { SEND } from "./policy.ts";

/** The names of the layers, smallest first; fixed in the offer. */
export const RIDS = ["l", "m", "h"] as const;

export interface Encoding {
  active: boolean;
  scaleResolutionDownBy: number;
  maxBitrate: number;
}

/**
 * The settings of each of `count` layers (1 if the SFU takes no simulcast) for a camera `width` pixels wide.
 * Small cameras use the lowest layers only: an SFU that is asked for a higher one sends the best there is.
 */
export function cameraEncodings(width: number, count: number): Encoding[] {
  const used = Math.min(count, layersOf(width));
  return Array.from({ length: count }, (_, index) => ({
    active: index < used,
    scaleResolutionDownBy: 2 ** Math.max(0, used - 1 - index),
    maxBitrate: SEND.layerBitrates[index + (layersOf(width) - used)]!,
  }));
}

function layersOf(width: number): number {
  if (width < SEND.oneLayerBelow) return 1;
  return width < SEND.twoLayersBelow ? 2 : 3;
}
