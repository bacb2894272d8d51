import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import { Standstill } from "../../../lib/standstill.ts";

const POLICY = { longMs: 1_000, settleMs: 250 };

/** Whether `over` resolves at once, and else after how long. */
async function waits(standstill: Standstill, time: FakeTime): Promise<number> {
  const begun = time.now;
  let ended: number | undefined;
  standstill.over().then(() => ended = time.now);
  for (let i = 0; i < 100 && ended === undefined; i++) await time.tickAsync(10);
  return Math.max(0, ended! - begun - 10);
}

describe("a standstill", () => {
  it("that was none holds nobody up", async () => {
    using time = new FakeTime();
    const standstill = new Standstill(POLICY);
    assertEquals(await waits(standstill, time), 0);
    standstill.looked(time.now);
    time.tick(POLICY.longMs - 50);
    assertEquals(await waits(standstill, time), 0);
  });

  it("holds up who comes right after it, also before anyone has looked", async () => {
    using time = new FakeTime();
    const standstill = new Standstill(POLICY);
    standstill.looked(time.now);
    time.tick(POLICY.longMs + 1);
    assertEquals(await waits(standstill, time), POLICY.settleMs - 10);
    assertEquals(await waits(standstill, time), 0);
  });
});
