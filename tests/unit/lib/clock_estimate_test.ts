import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type ClockTolerance, estimateClock, type Exchange } from "../../../lib/clock_estimate.ts";

const OFFSET = 1_795_000_000_000;
const TOLERANCE: ClockTolerance = { grainMs: 1, driftMs: 5 };

const estimate = (exchanges: readonly Exchange[]) => estimateClock(exchanges, TOLERANCE);

/** A ping sent at `sent`, `there` ms on its way to a node that is `OFFSET` ahead, its pong `back` ms on its way. */
function exchange(sent: number, there: number, back: number, offset = OFFSET): Exchange {
  return { sent, received: sent + there + back, time: Math.floor(sent + there + offset) };
}

describe("the estimate of a clock", () => {
  it("is not known before there was an exchange", () => {
    assertEquals(estimate([]), undefined);
  });

  it("is known to half a round trip from one exchange", () => {
    const { offset, error } = estimate([exchange(100, 20, 20)])!;
    assertAlmostEquals(offset, OFFSET, 1);
    assertEquals(error, 20);
  });

  it("goes by the quickest of several exchanges", () => {
    const { offset, error } = estimate([
      exchange(0, 300, 20),
      exchange(5_000, 6, 4),
      exchange(10_000, 20, 500),
    ])!;
    assertAlmostEquals(offset, OFFSET, 2);
    assertEquals(error, 5);
  });

  it("is never further off than the error says, whatever delays there are", () => {
    let seed = 1;
    const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    for (let round = 0; round < 1_000; round++) {
      const offset = OFFSET + (random() - 0.5) * 1e6;
      const exchanges = Array.from(
        { length: 8 },
        (_, n) => exchange(n * 5_000, random() * 400, random() * 400, offset),
      );
      const found = estimate(exchanges)!;
      assert(Math.abs(found.offset - offset) <= found.error + 0.5);
    }
  });

  it("forgets what was before a clock stepped, ours or the node's", () => {
    for (const step of [-60_000, 500, 3_600_000]) {
      const { offset, error } = estimate([
        exchange(0, 1, 1),
        exchange(5_000, 1, 1),
        exchange(10_000, 40, 40, OFFSET + step),
      ])!;
      assertAlmostEquals(offset, OFFSET + step, 1);
      assertEquals(error, 40);
    }
  });

  it("takes no slow exchange for a step of a clock", () => {
    const { offset } = estimate([exchange(0, 1, 1), exchange(5_000, 2_000, 10)])!;
    assertAlmostEquals(offset, OFFSET, 1);
  });

  it("takes what differs by no more than the tolerance for the same clock", () => {
    const exchangesBefore = (step: number) => [
      { sent: 0, received: 1, time: 0 },
      { sent: 5_000, received: 5_003, time: 5_000 + step },
    ];
    const furthest = 3 + 2 * TOLERANCE.driftMs + TOLERANCE.grainMs;
    assertEquals(estimate(exchangesBefore(furthest))!.error, 0.5);
    assertEquals(estimate(exchangesBefore(furthest + 1))!.error, 1.5);
  });

  it("allows for two clocks that part slowly", () => {
    const exchanges = Array.from(
      { length: 12 },
      (_, n) => exchange(n * 5_000, 2, 2, OFFSET + n / 4),
    );
    assertEquals(estimate(exchanges)!.error, 2);
  });
});
