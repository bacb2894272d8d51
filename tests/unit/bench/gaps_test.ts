import { assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { longestFrameGap, missingIn, silencesIn, type Timeline } from "../../bench/call/gaps.ts";
import { SOUND_RATE } from "../../helpers/tones.ts";

const SPAN = { from: 1_000, to: 2_000 };
const every = (ms: number, from: number, to: number) =>
  Array.from({ length: Math.floor((to - from) / ms) + 1 }, (_, i) => from + i * ms);

describe("the longest frame gap in a span", () => {
  const rows: [string, number[], number][] = [
    ["is the frame interval where none is missing", every(50, 900, 2_000), 50],
    ["is what lies between two frames in it", [...every(50, 900, 1_300), 1_420, 1_450, 2_000], 550],
    ["begins before the span where it ends in it", [700, ...every(50, 1_100, 2_000)], 400],
    ["does not count gaps that end before it", [100, 900, ...every(50, 950, 2_000)], 50],
    ["lasts to the span's end where no frame follows", every(50, 900, 1_500), 500],
    ["is all of the span without any frame", [], 1_000],
    ["is all since the last frame where that was before the span", [400], 1_600],
  ];
  for (const [title, times, expected] of rows) {
    it(title, () => assertEquals(longestFrameGap(times, SPAN), expected));
  }
});

describe("silences in a span", () => {
  const HZ = 1_200;
  /** A tone that is silent in the given times. */
  const listen = (gaps: [number, number][]) => (from: number, to: number) =>
    Int16Array.from({ length: Math.round((to - from) * SOUND_RATE / 1_000) }, (_, i) => {
      const at = from + i / SOUND_RATE * 1_000;
      const silent = gaps.some(([from, to]) => at >= from && at < to);
      return silent ? 0 : 8_000 * Math.sin(2 * Math.PI * HZ * at / 1_000);
    });
  const usual = 8_000 / 32_768;

  it("are told in the time of the span, to a millisecond", () => {
    const [silence, ...more] = silencesIn(SPAN, listen([[1_400, 1_430]]), HZ, usual);
    assertEquals(more, []);
    assertAlmostEquals(silence!.from, 1_400, 1);
    assertAlmostEquals(silence!.to, 1_430, 1);
  });

  it("are those that reach into it, and no others", () => {
    const found = silencesIn(SPAN, listen([[940, 960], [990, 1_010], [2_020, 2_040]]), HZ, usual);
    assertEquals(found.length, 1);
    assertAlmostEquals(found[0]!.from, 990, 1);
  });
});

describe("what is missing in a part of a timeline", () => {
  it("is what was missing then, and not what was before or after", () => {
    const timeline: Timeline = {
      by: "ada",
      of: "bob",
      frames: [...every(50, 0, 1_000), ...every(50, 1_200, 3_000)],
      silences: [{ from: 500, to: 700 }, { from: 1_500, to: 1_530 }],
      changes: [],
    };
    const calm = missingIn([timeline], { from: 0, to: 900 });
    const later = missingIn([timeline], SPAN);
    assertEquals(calm, [{ by: "ada", of: "bob", frameGapMs: 50, silenceMs: 200 }]);
    assertEquals(later, [{ by: "ada", of: "bob", frameGapMs: 200, silenceMs: 30 }]);
  });
});
