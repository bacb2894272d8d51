import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { layered } from "../../../../client/care/adapt/layered.ts";
import { cameraEncodings } from "../../../../client/sfu/encodings.ts";
import { SEND } from "../../../../client/sfu/policy.ts";

const camera = (width: number) => ({ getSettings: () => ({ width }) });
const picture = (scaleResolutionDownBy: number, maxBitrate = 100_000) => ({
  maxBitrate,
  scaleResolutionDownBy,
  maxFramerate: 12,
});
const [small, middle] = SEND.layerBitrates;

/** Of each layer that is sent: by how much it is smaller, and what it may take. */
const sent = (width: number, count: number, scale: number, bitrate?: number) =>
  layered(camera(width), count, picture(scale, bitrate)).filter(({ active }) => active)
    .map(({ scaleResolutionDownBy, maxBitrate }) => [scaleResolutionDownBy, maxBitrate]);

describe("the layers that make a picture", () => {
  it("are as ever where it is free", () => {
    assertEquals(layered(camera(1_280), 3, "free"), cameraEncodings(camera(1_280), 3));
  });

  it("are all for one in full, of which the largest takes what it may", () => {
    assertEquals(sent(1_280, 3, 1, 1_500_000), [[1, 1_500_000], [2, middle], [4, small]]);
  });

  it("are only those that are not larger", () => {
    assertEquals(sent(1_280, 3, 2, 600_000), [[2, 600_000], [4, small]]);
    assertEquals(sent(640, 3, 1, 600_000), [[1, 600_000], [2, small]]);
  });

  it("are one of just its size where that is the smallest there is, or smaller", () => {
    assertEquals(sent(1_280, 3, 2.7), [[2.7, 100_000]]);
    assertEquals(sent(1_280, 3, 8), [[8, 100_000]]);
    assertEquals(sent(320, 3, 2), [[2, 100_000]]);
    assertEquals(sent(1_280, 1, 4), [[4, 100_000]]);
  });

  it("have so many frames", () => {
    const rates = layered(camera(1_280), 3, picture(2)).flatMap(({ active, maxFramerate }) =>
      active ? [maxFramerate] : []
    );
    assertEquals(rates, [12, 12]);
  });
});
