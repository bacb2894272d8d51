import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import type { Attempt } from "../../../client/attempt.ts";
import { Leg } from "../../../client/leg.ts";
import { MESH } from "../../../client/policy.ts";

/** A leg whose attempt only notes its end. */
function begin() {
  const ended: string[] = [];
  const leg = new Leg({ destroy: () => void ended.push("destroyed") } as unknown as Attempt, true);
  return { leg, ended };
}

describe("Leg", () => {
  it("proves once that it is good, when it has stood for long enough", () => {
    const { leg } = begin();
    assertEquals(leg.proves(99_999), false, "it has never stood");
    leg.connected(1_000);
    assertEquals(leg.proves(1_000 + MESH.stableMs), false);
    assertEquals(leg.proves(1_001 + MESH.stableMs), true);
    assertEquals(leg.proves(1_002 + MESH.stableMs), false);
  });

  it("has only the last thing done that was to be done, and nothing once it stands or has ended", () => {
    using time = new FakeTime();
    const { leg, ended } = begin();
    leg.schedule(10, () => ended.push("first"));
    leg.schedule(20, () => ended.push("second"));
    time.tick(20);
    leg.schedule(10, () => ended.push("third"));
    leg.connected(20);
    leg.schedule(10, () => ended.push("fourth"));
    leg.end();
    time.tick(10);
    assertEquals([...ended, leg.state], ["second", "destroyed", "dead"]);
  });
});
