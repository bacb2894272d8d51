import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  encodingAt,
  needAt,
  screenAt,
  type Shown,
  TOP,
  voiceAt,
} from "../../../../client/adapt/ladder.ts";

const CAMERA: Shown = { camera: { width: 1_280, frameRate: 30 }, receivers: 1 };
const LARGE: Shown = { camera: { width: 1_920, frameRate: 60 }, receivers: 1 };
const SCREEN = { width: 1_920, frameRate: 30 };

describe("how a camera is sent", () => {
  it("is no wider than it is seen, but for the next size", () => {
    const widths = [160, 300, 500, 1_000, 4_000].map((seen) =>
      1_280 / encodingAt(TOP, CAMERA, seen)!.scaleResolutionDownBy
    );
    assertEquals(widths, [160, 320, 480, 1_280, 1_280]);
  });

  it("is middling for somebody who looks elsewhere", () => {
    assertEquals(encodingAt(TOP, CAMERA, 0), encodingAt(TOP, CAMERA, 320));
  });

  it("is not at all at the lowest level, nor while it is off", () => {
    assertEquals(encodingAt(0, CAMERA, 640), undefined);
    assertEquals(encodingAt(TOP, { camera: undefined, receivers: 1 }, 640), undefined);
  });

  it("is never enlarged, nor given frames that it has not", () => {
    const small = { camera: { width: 160, frameRate: 15 }, receivers: 1 };
    for (let level = 1; level <= TOP; level++) {
      const { scaleResolutionDownBy, maxFramerate } = encodingAt(level, small, 640)!;
      assertEquals(scaleResolutionDownBy, 1);
      assert(maxFramerate <= 15);
    }
  });

  it("takes more at each level, and the voice is never without its share", () => {
    for (let level = 1; level <= TOP; level++) {
      assert(needAt(level, LARGE, 4_000) > needAt(level - 1, LARGE, 4_000));
    }
    assertEquals(voiceAt(0), "lean");
    assert(needAt(0, CAMERA, 4_000) > 0);
  });

  it("is as large as it is for somebody who has not said how wide it is seen", () => {
    assertEquals(encodingAt(TOP, LARGE), encodingAt(TOP, LARGE, 4_000));
  });

  it("is less beside a screen, which comes first", () => {
    for (let level = 1; level <= TOP; level++) {
      const beside = { ...CAMERA, screen: SCREEN };
      const camera = encodingAt(level, beside, 1_280)?.maxBitrate ?? 0;
      assert(camera < encodingAt(level, CAMERA, 1_280)!.maxBitrate);
      assert(camera < screenAt(level, beside)!.maxBitrate);
    }
  });
});
