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

/** The settings of each of `count` layers (1 if the SFU takes no simulcast) for a camera `width` pixels wide. */
export function cameraEncodings(width: number, count: number): Encoding[] {
  const used = layersOf(width);
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
