import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ADAPT } from "../../../../client/adapt/policy.ts";
import { Missed } from "../../../../client/care/adapt/missed.ts";
import type { Outgoing } from "../../../../client/care/adapt/outgoing.ts";

const { forMs, plain, steadyMs } = ADAPT.starved;

/** A connection by which a voice has gone on all the while. */
const outgoing = { isMissed: () => true, hasVoice: () => true } as unknown as Outgoing;
const microphone = (id: string) => ({ id }) as MediaStreamTrack;

/** A microphone that is on since 0, and ada, who says at `now` that she misses it. */
function begin(now: number): Missed {
  const missed = new Missed();
  missed.see(microphone("one"), 0);
  missed.take("ada", plain, outgoing, now);
  return missed;
}

describe("a voice that somebody says it misses", () => {
  it("is missed by it for a moment, and by nobody else", () => {
    const missed = begin(steadyMs);
    assertEquals(missed.isBy("ada", outgoing, steadyMs + forMs - 1), true);
    assertEquals(missed.isBy("ada", outgoing, steadyMs + forMs), false);
    assertEquals(missed.isBy("bob", outgoing, steadyMs), false);
  });

  it("may have its own reasons where it has just begun", () => {
    assertEquals(begin(steadyMs - 1).isBy("ada", outgoing, steadyMs - 1), false);
  });

  it("may have its own reasons where it has just become another's", () => {
    const missed = begin(steadyMs);
    missed.see(microphone("other"), steadyMs);
    assertEquals(missed.isBy("ada", outgoing, steadyMs), false);
  });

  it("is missed by nobody where none is sent", () => {
    const missed = begin(steadyMs);
    missed.see(undefined, 0);
    assertEquals(missed.isBy("ada", outgoing, steadyMs), false);
  });

  it("is the same however often it is seen", () => {
    const missed = new Missed();
    const same = microphone("one");
    for (const now of [0, steadyMs]) missed.see(same, now);
    missed.take("ada", plain, outgoing, steadyMs);
    assertEquals(missed.isBy("ada", outgoing, steadyMs), true);
  });
});
