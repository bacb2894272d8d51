/**
 * How a voice and a picture are sent at each level, and what that takes. Pure.
 *
 * @module
 */
import { ADAPT } from "./policy.ts";

/** How a voice is sent: as usual, in few and small packets, or each packet with the one before it. */
export type Voice = keyof typeof ADAPT.voice;

/** A camera as it is. */
export interface Camera {
  readonly width: number;
  readonly frameRate: number;
}

/** What `RTCRtpEncodingParameters` says of a picture. */
export interface Encoding {
  readonly maxBitrate: number;
  readonly scaleResolutionDownBy: number;
  readonly maxFramerate: number;
}

export const TOP = ADAPT.levels.length - 1;

export function voiceAt(level: number): Voice {
  return level <= ADAPT.leanUpTo ? "lean" : "plain";
}

/** How a camera is sent at a level to somebody who sees it `seen` device pixels wide; `undefined`: not at all. */
export function encodingAt(
  level: number,
  camera: Camera | undefined,
  seen = Infinity,
): Encoding | undefined {
  const { bitrate, width, frameRate } = ADAPT.levels[level]!;
  if (camera === undefined || bitrate === 0) return undefined;
  const sent = Math.min(width, camera.width, sizeOf(seen || ADAPT.unseenWidth).width);
  return {
    maxBitrate: Math.min(bitrate, sizeOf(sent).bitrate),
    scaleResolutionDownBy: camera.width / sent,
    maxFramerate: Math.min(frameRate, camera.frameRate),
  };
}

/** What a voice and a picture take at a level, in bit/s. */
export function needAt(level: number, camera: Camera | undefined, seen?: number): number {
  const picture = encodingAt(level, camera, seen)?.maxBitrate ?? 0;
  return ADAPT.voice[voiceAt(level)] + picture * ADAPT.overhead;
}

/** The smallest size that is large enough. */
function sizeOf(width: number): typeof ADAPT.sizes[number] {
  return ADAPT.sizes.find((size) => width <= size.width * (1 + ADAPT.slack))!;
}
