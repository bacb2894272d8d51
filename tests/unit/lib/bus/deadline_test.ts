import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { stub } from "@std/testing/mock";
import { FakeTime } from "@std/testing/time";
import { deadline } from "../../../../lib/bus/deadline.ts";

describe("a deadline", () => {
  it("is told of when it is there, unless it was cancelled", () => {
    using time = new FakeTime();
    let told = 0;
    deadline(1_000, () => told++);
    deadline(1_000, () => told++)();
    time.tick(999);
    assertEquals(told, 0);
    time.tick(1);
    assertEquals(told, 1);
    time.tick(10_000);
    assertEquals(told, 1);
  });

  it("waits once more after the process stood still, and can be cancelled then as well", async () => {
    // Timers as they are, and a clock that jumps.
    let now = 0;
    using _clock = stub(Date, "now", () => now);
    const told = Promise.withResolvers<number>();
    deadline(20, () => told.resolve(performance.now()));
    let cancelledOne: "silent" | "told" = "silent";
    const cancel = deadline(20, () => cancelledOne = "told");
    const start = performance.now();
    now = 60_000;
    setTimeout(cancel, 25);
    const waited = await told.promise - start;
    assertEquals([waited >= 38, cancelledOne], [true, "silent"]);
  });
});
