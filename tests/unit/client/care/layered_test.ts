import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { layered } from "../../../../client/care/adapt/layered.ts";
import { cameraEncodings } from "../../../../client/sfu/encodings.ts";
import { SEND } from "../../../../client/sfu/policy.ts";

const camera = (width: number) => ({ getSettings: () => ({ width }) });
const picture = (scaleResolutionDownBy: number, maxBitrate = 100_000) => ({
  maxBitrate,
  scaleResolutionDownBy,
  maxFramerate: 12,
});
const [small, middle, large] = SEND.layerBitrates;
const scales = fc.constantFrom(1, 1.5, 2, 2.7, 4, 8);
const sum = (rates: readonly number[]) => rates.reduce((sum, rate) => sum + rate, 0);

/** Of each layer that is sent: by how much it is smaller, and what it may take. */
const sent = (width: number, count: number, scale: number, bitrate?: number) =>
  layered(camera(width), count, picture(scale, bitrate)).filter(({ active }) => active)
    .map(({ scaleResolutionDownBy, maxBitrate }) => [scaleResolutionDownBy, maxBitrate]);

describe("the layers that make a picture", () => {
  it("are as ever where it is free", () => {
    assertEquals(layered(camera(1_280), 3, "free"), cameraEncodings(camera(1_280), 3));
  });

  it("are all for one in full, and take no more together than it may", () => {
    assertEquals(sent(1_280, 3, 1, sum(SEND.layerBitrates)), [[1, large], [2, middle], [4, small]]);
    for (const bitrate of [700_000, 1_500_000, 2_500_000]) {
      assertEquals(sent(1_280, 3, 1, bitrate).map(([scale]) => scale), [1, 2, 4]);
    }
    fc.assert(fc.property(fc.integer({ min: 40_000, max: 2_500_000 }), scales, (bitrate, scale) => {
      const rates = sent(1_280, 3, scale, bitrate).map(([, rate]) => rate!);
      assert(sum(rates) <= bitrate && sum(rates) > bitrate - rates.length, `${rates}`);
    }));
  });

  it("are only those that are not larger", () => {
    assertEquals(sent(1_280, 3, 2, 800_000), [[2, middle], [4, small]]);
    assertEquals(sent(640, 3, 1, 400_000), [[1, middle / 2], [2, small / 2]]);
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
