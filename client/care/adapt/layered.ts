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
 * What to make of `count` layers so that the largest is the picture that is wanted, and those below it are as ever. Where
 * all are larger, the smallest becomes it. `"free"`: as ever.
 */
export function layered(
  track: Pick<MediaStreamTrack, "getSettings"> | null,
  count: number,
  picture: Encoding | "free",
): Layer[] {
  const usual = cameraEncodings(track, count);
  if (picture === "free") return usual;
  const { scaleResolutionDownBy, maxFramerate } = picture;
  const used = usual.filter(({ active }) => active).length;
  const fitting = usual.findIndex((layer) => layer.scaleResolutionDownBy >= scaleResolutionDownBy);
  const largest = fitting === -1 ? used - 1 : Math.min(fitting, used - 1);
  return usual.map((layer, index) => {
    if (index < largest) return { ...layer, active: false };
    if (index > largest) return { ...layer, maxFramerate };
    // With one below it, its size is given; alone, it is as large as is wanted.
    const { scaleResolutionDownBy } = largest === used - 1 ? picture : layer;
    return { ...layer, ...picture, scaleResolutionDownBy };
  });
}
