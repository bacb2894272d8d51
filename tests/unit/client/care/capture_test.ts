import { assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { captureDelay } from "../../../../client/care/capture.ts";

const NOW = 1_795_381_159_026;
const FROM_1900 = 2_208_988_800_000;

/** Played now, captured `ago` ms before that by a clock that agrees with ours. */
const played = (ago: number, timestamp = NOW) => ({
  timestamp,
  captureTimestamp: timestamp - ago + FROM_1900,
});

describe("the age of what is seen", () => {
  it("is the time from capture to play", () => {
    assertAlmostEquals(captureDelay([played(150)], { own: 0, sender: 0 })!, 0.15);
  });

  it("does not depend on whose clock is wrong", () => {
    // The sender's is 3 s slow and says so; ours is 5 s fast.
    const source = played(150 + 3_000 + 5_000);
    assertAlmostEquals(captureDelay([source], { own: -5_000, sender: 3_000 })!, 0.15);
  });

  it("is that of what was played last", () => {
    const sources = [played(900, NOW - 4_000), played(100)];
    assertAlmostEquals(captureDelay(sources, { own: 0, sender: 0 })!, 0.1);
  });

  it("is not known without capture times, or without either clock", () => {
    assertEquals(captureDelay([], { own: 0, sender: 0 }), undefined);
    assertEquals(captureDelay([{ timestamp: NOW }], { own: 0, sender: 0 }), undefined);
    assertEquals(captureDelay([played(1)], { own: undefined, sender: 0 }), undefined);
    assertEquals(captureDelay([played(1)], { own: 0, sender: undefined }), undefined);
  });

  it("is never less than nothing, whatever clocks say", () => {
    assertEquals(captureDelay([played(-20)], { own: 0, sender: 0 }), 0);
  });
});
