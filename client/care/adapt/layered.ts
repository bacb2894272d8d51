/**
 * A picture for an SFU: which layers of a camera make it, and how large each is. Pure.
 *
 * @module
 */
import type { Encoding } from "../../adapt/ladder.ts";
import { cameraEncodings } from "../../sfu/encodings.ts";

/** A layer, as `RTCRtpEncodingParameters` says it. */
export interface Layer extends Partial<Encoding> {
  readonly active: boolean;
}

/**
 * What to make of `count` layers so that the largest is the picture that is wanted, and together they take what it may, in
 * the proportion in which they usually do. Where all are larger, the smallest becomes it. `"free"`: as ever.
 */
export function layered(
  track: Pick<MediaStreamTrack, "getSettings"> | null,
  count: number,
  picture: Encoding | "free",
): Layer[] {
  const usual = cameraEncodings(track, count);
  if (picture === "free") return usual;
  const { scaleResolutionDownBy, maxBitrate, maxFramerate } = picture;
  const used = usual.filter(({ active }) => active).length;
  const fitting = usual.findIndex((layer) => layer.scaleResolutionDownBy >= scaleResolutionDownBy);
  const largest = fitting === -1 ? used - 1 : Math.min(fitting, used - 1);
  const isSent = (index: number) => index >= largest && index < used;
  const all = usual.reduce((sum, layer, index) => sum + (isSent(index) ? layer.maxBitrate : 0), 0);
  return usual.map((layer, index) => {
    if (!isSent(index)) return { ...layer, active: false };
    return {
      ...layer,
      maxBitrate: Math.floor(layer.maxBitrate * maxBitrate / all),
      maxFramerate,
      // With one below it, its size is given; alone, it is as large as is wanted.
      ...largest === used - 1 && { scaleResolutionDownBy },
    };
  });
}
