import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import {
  loudness,
  SHORTEST_SILENCE_MS,
  type Silence,
  silences,
  SOUND_RATE,
  TONES_HZ,
  toneWav,
  usualLoudness,
} from "../../helpers/tones.ts";

const LENGTH_MS = 400;

interface Sound {
  hz: number;
  volume: number;
  /** Where it is silent, in ms. */
  gap?: { from: number; ms: number };
  /** Where its phase leaps by half a turn, in ms. */
  leapAt?: number;
  /** Where it becomes louder or softer by a factor, in ms. */
  change?: { at: number; factor: number };
}

const samples = (ms: number) => Math.round(ms * SOUND_RATE / 1_000);

function mixed(sounds: Sound[], noise = 0, seed = 1): Int16Array {
  const pcm = new Float64Array(samples(LENGTH_MS));
  for (const { hz, volume, gap, leapAt, change } of sounds) {
    for (let i = 0; i < pcm.length; i++) {
      const ms = i / SOUND_RATE * 1_000;
      if (gap && ms >= gap.from && ms < gap.from + gap.ms) continue;
      const leap = leapAt !== undefined && ms >= leapAt ? Math.PI : 0;
      const factor = change && ms >= change.at ? change.factor : 1;
      pcm[i]! += volume * factor * Math.sin(2 * Math.PI * hz * i / SOUND_RATE + hz + leap);
    }
  }
  let state = seed;
  const random = () => (state = state * 48_271 % 2_147_483_647) / 2_147_483_647;
  return Int16Array.from(pcm, (value) => 32_767 * (value + noise * (random() - 0.5)));
}

function found(pcm: Int16Array, hz: number): Silence[] {
  const loud = loudness(pcm, hz);
  return silences(loud, usualLoudness(loud));
}

const others = (hz: number): Sound[] =>
  TONES_HZ.filter((other) => other !== hz).map((hz) => ({ hz, volume: 0.2 }));

const tone = fc.constantFrom(...TONES_HZ);

describe("what a recording lacks of a tone", () => {
  for (const ms of [10, 20, 50]) {
    it(`is a gap of ${ms} ms, wherever it is, to 1.5 ms, among other tones and noise`, () => {
      fc.assert(
        fc.property(
          tone,
          fc.double({ min: 30, max: 300, noNaN: true }),
          fc.integer({ min: 1, max: 1e6 }),
          (hz, from, seed) => {
            const sounds = [{ hz, volume: 0.2, gap: { from, ms } }, ...others(hz)];
            const [silence, ...more] = found(mixed(sounds, 0.1, seed), hz);
            assertEquals(more, []);
            assert(Math.abs(silence!.from - from) <= 1.5, `${silence!.from} for ${from}`);
            assert(Math.abs(silence!.to - silence!.from - ms) <= 1.5, `${JSON.stringify(silence)}`);
          },
        ),
        { numRuns: 40 },
      );
    });
  }

  it("is a gap of 50 ms also in a recording of nothing but that tone, and to its end", () => {
    const [silence] = found(
      mixed([{ hz: 1_200, volume: 0.01, gap: { from: 330, ms: 70 } }]),
      1_200,
    );
    assert(Math.abs(silence!.from - 330) <= 1, `${silence!.from}`);
  });

  const nothing: [string, (hz: number) => Sound[], number][] = [
    ["where there is no gap, with others and noise", (hz) => [{ hz, volume: 0.2 }], 0.3],
    ["for gaps of others", (hz) => [
      { hz, volume: 0.2 },
      ...others(hz).map((sound, i) => ({ ...sound, gap: { from: 50 + i * 31.3, ms: 40 } })),
    ], 0],
    ["for a leap of its phase", (hz) => [{ hz, volume: 0.2, leapAt: 101.7 }], 0],
    ["for a gap too short to be found", (hz) => [
      { hz, volume: 0.2, gap: { from: 101.3, ms: SHORTEST_SILENCE_MS - 1 } },
    ], 0],
    ["where it becomes softer by a third", (hz) => [
      { hz, volume: 0.2, change: { at: 201.7, factor: 0.67 } },
    ], 0],
    ["where it becomes three times as loud", (hz) => [
      { hz, volume: 0.1, change: { at: 301.7, factor: 3 } },
    ], 0],
  ];
  for (const [what, sounds, noise] of nothing) {
    it(`is nothing ${what}`, () => {
      for (const hz of TONES_HZ) {
        const all = sounds(hz).length > 1 ? sounds(hz) : [...sounds(hz), ...others(hz)];
        assertEquals(found(mixed(all, noise), hz), []);
      }
    });
  }

  it("is all of it where somebody else speaks instead", () => {
    const usual = usualLoudness(loudness(mixed([{ hz: 2_000, volume: 0.2 }]), 2_000));
    const [silence] = silences(loudness(mixed([{ hz: 2_800, volume: 0.2 }]), 2_000), usual);
    assert(silence!.to - silence!.from > LENGTH_MS - 15);
  });
});

describe("a tone's wav", () => {
  it("can be played in a loop without a click or a gap", () => {
    for (const hz of TONES_HZ) {
      const pcm = new Int16Array(toneWav(hz).buffer, 44);
      assertEquals(pcm.length, SOUND_RATE);
      const twice = new Int16Array([...pcm, ...pcm]);
      assertEquals(found(twice, hz), []);
      // One period earlier it is the same, also over the seam.
      const period = SOUND_RATE / 400;
      for (let i = 0; i < period; i++) {
        assert(Math.abs(twice[SOUND_RATE + i]! - twice[SOUND_RATE + i - period]!) <= 1);
      }
    }
  });
});
