/**
 * How a voice, a camera and a screen are sent at each level, and what that takes. Pure.
 *
 * @module
 */
import { ADAPT } from "./policy.ts";

/** How a voice is sent: as usual, in few and small packets, or each packet with the one before it. */
export type Voice = keyof typeof ADAPT.voice;

/** A camera as it is, or a screen. */
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

/** What there is to be seen, and how many receive it. */
export interface Shown {
  readonly camera: Camera | undefined;
  readonly screen?: Camera | undefined;
  readonly receivers: number;
}

/** The highest level: everything. */
export const TOP = ADAPT.levels.length - 1;

/** How a voice is sent at a level, if nothing of it is lost. */
export function voiceAt(level: number): Voice {
  return level <= ADAPT.leanUpTo ? "lean" : "plain";
}

/**
 * How a camera is sent at a level to somebody who sees it `seen` device pixels wide (0: not at all; `undefined`: it is
 * not known). `undefined`: not at all.
 */
export function encodingAt(level: number, shown: Shown, seen = Infinity): Encoding | undefined {
  const { camera, receivers } = shown;
  const { bitrate, width, frameRate } = ADAPT.levels[cameraLevel(level, shown)]!;
  if (camera === undefined || bitrate === 0) return undefined;
  const sent = Math.min(width, camera.width, sizeOf(seen || ADAPT.unseenWidth).width);
  const maxFramerate = Math.min(frameRate, camera.frameRate);
  const { crowd } = ADAPT;
  const most = each(Math.min(crowd.camera, crowd.frame * maxFramerate), receivers);
  return {
    maxBitrate: Math.min(bitrate, sizeOf(sent).bitrate, most),
    scaleResolutionDownBy: camera.width / sent,
    maxFramerate,
  };
}

/** At which level a camera is sent where all is at `level`: a screen comes first. */
export function cameraLevel(level: number, { screen }: Shown): number {
  return Math.max(0, screen === undefined ? level : level - ADAPT.besideScreen);
}

/** How a screen is sent at a level: less often, never smaller. */
export function screenAt(level: number, { screen, receivers }: Shown): Encoding | undefined {
  const { bitrate, frameRate } = ADAPT.screen[level]!;
  if (screen === undefined || bitrate === 0) return undefined;
  return {
    maxBitrate: Math.min(bitrate, each(ADAPT.crowd.screen, receivers)),
    scaleResolutionDownBy: 1,
    maxFramerate: Math.min(frameRate, screen.frameRate),
  };
}

/** What all of it takes at a level on its way to one, in bit/s. */
export function needAt(level: number, shown: Shown, seen?: number): number {
  const camera = encodingAt(level, shown, seen)?.maxBitrate ?? 0;
  const screen = screenAt(level, shown)?.maxBitrate ?? 0;
  return ADAPT.voice[voiceAt(level)] + (camera + screen) * ADAPT.overhead;
}

/** What a picture may take on its way to each of so many, if to all of a crowd it may take `bitrate`. */
function each(bitrate: number, receivers: number): number {
  return receivers < ADAPT.crowd.receivers ? Infinity : Math.floor(bitrate / receivers);
}

/** The smallest size that is large enough. */
function sizeOf(width: number): typeof ADAPT.sizes[number] {
  return ADAPT.sizes.find((size) => width <= size.width * (1 + ADAPT.slack))!;
}
