import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { after16, after32 } from "../../../../../lib/sfu/embedded/bytes.ts";
import { startsH264 } from "../../../../../lib/sfu/embedded/h264.ts";
import { chooseLayer } from "../../../../../lib/sfu/embedded/layers.ts";
import { primaryOf, relabel } from "../../../../../lib/sfu/embedded/red.ts";
import {
  beginStretch,
  type Incoming,
  noteSent,
  place,
  type Sent,
} from "../../../../../lib/sfu/embedded/rewrite.ts";
import {
  NO_SHIFT,
  readVp8,
  seenOf,
  shiftTo,
  shiftVp8,
} from "../../../../../lib/sfu/embedded/vp8.ts";

/** A payload whose descriptor has a picture id of 15 bits and a TL0PICIDX. */
function vp8(pictureId: number, tl0: number, { keyframe = true, first = true } = {}): Uint8Array {
  return Uint8Array.from([
    0x80 | (first ? 0x10 : 0),
    0xe0,
    0x80 | (pictureId >> 8),
    pictureId & 0xff,
    tl0,
    0x20,
    keyframe ? 0x10 : 0x11,
    1,
    2,
  ]);
}

describe("a VP8 payload", () => {
  it("tells whether a key frame begins with it", () => {
    assertEquals(readVp8(vp8(1, 2))?.keyframe, true);
    assertEquals(readVp8(vp8(1, 2, { keyframe: false }))?.keyframe, false);
    assertEquals(readVp8(vp8(1, 2, { first: false }))?.keyframe, false);
    assertEquals(readVp8(Uint8Array.of(0x10, 0x00))?.keyframe, true);
    assertEquals(readVp8(Uint8Array.of(0x11, 0x00))?.keyframe, false);
  });

  it("tells its numbers, long and short", () => {
    const { pictureId, tl0 } = readVp8(vp8(0x1234, 99))!;
    assertEquals([pictureId?.value, pictureId?.wide, tl0?.value], [0x1234, true, 99]);
    const short = readVp8(Uint8Array.of(0x90, 0x80, 0x15, 0x00))!;
    assertEquals([short.pictureId?.value, short.pictureId?.wide, short.tl0], [
      0x15,
      false,
      undefined,
    ]);
  });

  it("is nothing where it ends too soon", () => {
    const whole = vp8(1, 2);
    for (let length = 0; length < 7; length++) {
      assertEquals(readVp8(whole.subarray(0, length)), undefined, `${length} bytes`);
    }
  });

  it("goes on right after the picture before it", () => {
    const before = seenOf(readVp8(vp8(0x7fff, 255))!, NO_SHIFT);
    const payload = vp8(77, 8);
    const picture = readVp8(payload)!;
    const shifted = readVp8(shiftVp8(payload, picture, shiftTo(picture, before)))!;
    assertEquals([shifted.pictureId?.value, shifted.tl0?.value, shifted.keyframe], [0, 0, true]);
    assertEquals(shiftVp8(payload, picture, NO_SHIFT), payload);
    assertEquals(payload, vp8(77, 8));
  });
});

describe("an H.264 payload", () => {
  it("tells whether a picture that needs no other begins with it", () => {
    for (
      const [payload, starts] of [
        [[0x67, 1], true],
        [[0x65, 1], true],
        [[0x41, 1], false],
        [[0x7c, 0x85], true],
        [[0x7c, 0x05], false],
        [[0x7c, 0x81], false],
        [[0x78, 0, 2, 0x67, 1, 0, 1, 0x68], true],
        [[0x78, 0, 1, 0x41, 0, 1, 0x65], true],
        [[0x78, 0, 1, 0x41], false],
        [[], false],
      ] as const
    ) {
      assertEquals(startsH264(Uint8Array.from(payload)), starts, `${payload}`);
    }
  });
});

describe("redundant audio", () => {
  // One older block of 2 bytes, then the newest one.
  const payload = Uint8Array.of(0x80 | 111, 0x00, 0x10, 0x02, 111, 1, 2, 7, 8, 9);

  it("has its newest block at the end", () => {
    assertEquals(primaryOf(payload), Uint8Array.of(7, 8, 9));
    assertEquals(primaryOf(Uint8Array.of(111, 5)), Uint8Array.of(5));
    for (const wrong of [[], [0x80 | 111, 0], [0x80 | 111, 0, 0xff, 0xff, 111, 1]]) {
      assertEquals(primaryOf(Uint8Array.from(wrong)), undefined);
    }
  });

  it("takes another payload type in all of its blocks", () => {
    const relabelled = relabel(payload, 96);
    assertEquals([relabelled[0], relabelled[4]], [0x80 | 96, 96]);
    assertEquals(primaryOf(relabelled), primaryOf(payload));
    assertEquals(relabel(payload, 111), payload);
  });
});

describe("which layer is sent", () => {
  const [on, off] = [true, false];
  for (
    const [wanted, flowing, chosen] of [
      ["high", [on, on, on], 0],
      ["medium", [on, on, on], 1],
      ["low", [on, on, on], 2],
      ["off", [on, on, on], undefined],
      ["high", [off, on, on], 1],
      ["low", [on, on, off], 1],
      ["medium", [on, off, off], 0],
      ["low", [on], 0],
      ["medium", [on, on], 1],
      ["high", [off, off], 0],
      ["high", [], undefined],
    ] as const
  ) {
    it(`is ${chosen} of [${flowing}] where ${wanted} is wanted`, () => {
      assertEquals(chooseLayer(wanted, flowing), chosen);
    });
  }
});

describe("one stream made of several layers", () => {
  it("has no gap in its numbers, and a time that goes on", () => {
    const layer = fc.record({
      sequence: fc.nat(65_535),
      timestamp: fc.nat(0xffff_ffff),
      pictureId: fc.nat(0x7fff),
      length: fc.integer({ min: 1, max: 20 }),
      clock: fc.boolean(),
    });
    fc.assert(fc.property(fc.array(layer, { minLength: 1, maxLength: 6 }), (layers) => {
      let sent: Sent | undefined;
      let now = 0;
      for (const { sequence, timestamp, pictureId, length, clock } of layers) {
        now += 33;
        const packet = (i: number): Incoming => ({
          sequence: (sequence + i) & 0xffff,
          timestamp: (timestamp + i * 3_000) >>> 0,
          captured: clock ? now : undefined,
          vp8: readVp8(vp8((pictureId + i) & 0x7fff, i)),
        });
        const stretch = beginStretch(packet(0), sent, { now, clockRate: 90_000 });
        assertEquals(place(stretch, packet(-1), sent), undefined);
        for (let i = 0; i < length; i++) {
          const placed = place(stretch, packet(i), sent)!;
          if (sent !== undefined) {
            assertEquals(after16(placed.sequence, sent.index & 0xffff), 1);
            const passed = after32(placed.timestamp, sent.timestamp);
            assertEquals(passed > 0 && passed <= 90_000, true, `${passed} ticks`);
          }
          const before: Sent | undefined = sent;
          sent = noteSent(sent, { packet: packet(i), placed, stretch, now });
          if (before?.vp8 !== undefined) {
            assertEquals((sent.vp8!.pictureId - before.vp8.pictureId) & 0x7fff, 1);
          }
          now += 33;
        }
      }
    }));
  });

  it("goes on by the sender's clock where that is known", () => {
    const first = { sequence: 1, timestamp: 1_000, captured: 5_000 };
    const stretch = beginStretch(first, undefined, { now: 0, clockRate: 90_000 });
    const sent = noteSent(undefined, {
      packet: first,
      placed: place(stretch, first, undefined)!,
      stretch,
      now: 0,
    });
    const second = { sequence: 9, timestamp: 77, captured: 5_100 };
    const next = beginStretch(second, sent, { now: 250, clockRate: 90_000 });
    assertEquals(place(next, second, sent), { index: 2, sequence: 2, timestamp: 10_000 });
  });
});
