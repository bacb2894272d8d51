/**
 * The VP8 payload descriptor (RFC 7741 §4.2): key frames are found, and picture ids go on across a change of layer.
 *
 * @module
 */
import { u16 } from "./bytes.ts";

/** What an SFU needs of it, and where in the payload the rest lies. */
export interface Vp8Descriptor {
  readonly keyframe: boolean;
  readonly pictureId?: { readonly at: number; readonly wide: boolean; readonly value: number };
  readonly tl0?: { readonly at: number; readonly value: number };
}

/** Undefined where the payload is too short for what it says. */
export function readVp8(payload: Uint8Array): Vp8Descriptor | undefined {
  let at = 1;
  const first = payload[0];
  if (first === undefined) return undefined;
  let pictureId: Vp8Descriptor["pictureId"];
  let tl0: Vp8Descriptor["tl0"];
  if (first & 0x80) {
    const extended = payload[at++]!;
    if (extended & 0x80) {
      const wide = (payload[at]! & 0x80) !== 0;
      pictureId = { at, wide, value: wide ? u16(payload, at) & 0x7fff : payload[at]! };
      at += wide ? 2 : 1;
    }
    if (extended & 0x40) tl0 = { at, value: payload[at++]! };
    if (extended & 0x30) at++;
  }
  const frame = payload[at];
  if (frame === undefined) return undefined;
  // The first packet of the first partition; of its first byte the lowest bit is 0 in a key frame.
  const keyframe = (first & 0x10) !== 0 && (first & 0x07) === 0 && (frame & 0x01) === 0;
  return { keyframe, pictureId, tl0 };
}

/** How much is added to the numbers of a stream of pictures. */
export interface Vp8Shift {
  readonly pictureId: number;
  readonly tl0: number;
}

export const NO_SHIFT: Vp8Shift = { pictureId: 0, tl0: 0 };

/** The numbers of a picture as a receiver has seen them. */
export interface Vp8Seen {
  readonly pictureId: number;
  readonly tl0: number;
}

/** What a receiver sees of `picture` shifted by `shift`. */
export function seenOf(picture: Vp8Descriptor, shift: Vp8Shift): Vp8Seen {
  return {
    pictureId: ((picture.pictureId?.value ?? 0) + shift.pictureId) & 0x7fff,
    tl0: ((picture.tl0?.value ?? 0) + shift.tl0) & 0xff,
  };
}

/** The shift by which `picture` follows right after what was `last` seen. */
export function shiftTo(picture: Vp8Descriptor, last: Vp8Seen | undefined): Vp8Shift {
  if (last === undefined) return NO_SHIFT;
  return {
    pictureId: (last.pictureId + 1 - (picture.pictureId?.value ?? 0)) & 0x7fff,
    tl0: (last.tl0 + 1 - (picture.tl0?.value ?? 0)) & 0xff,
  };
}

/** The payload with its numbers shifted; the same one where there is nothing to change. */
export function shiftVp8(payload: Uint8Array, picture: Vp8Descriptor, shift: Vp8Shift): Uint8Array {
  if (shift.pictureId === 0 && shift.tl0 === 0) return payload;
  const shifted = payload.slice();
  const { pictureId, tl0 } = picture;
  const seen = seenOf(picture, shift);
  if (pictureId?.wide) {
    shifted[pictureId.at] = 0x80 | (seen.pictureId >> 8);
    shifted[pictureId.at + 1] = seen.pictureId;
  } else if (pictureId !== undefined) {
    shifted[pictureId.at] = seen.pictureId & 0x7f;
  }
  if (tl0 !== undefined) shifted[tl0.at] = seen.tl0;
  return shifted;
}
