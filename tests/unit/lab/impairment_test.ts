import { assertEquals, assertThrows } from "@std/assert";
import { CLEAR, impair, parseChanges } from "../../lab/wire/impairment.ts";

Deno.test("what is not named stays as it was", () => {
  const first = impair(CLEAR, { delay: 50, loss: 2 });
  assertEquals(impair(first, { loss: 0 }), { ...CLEAR, delay: 50 });
});

Deno.test("a value that cannot be is refused, with what was expected", () => {
  for (
    const [changes, message] of [
      [{ loss: 101 }, "Cannot impair a link: loss is 101; expected 0 to 100 percent"],
      [{ delay: -1 }, "delay is -1; expected 0 to 60000 ms"],
      [{ rate: NaN }, "rate is NaN; expected 0 to 10000000 kbit/s"],
      [{ jitter: "5" }, "jitter is 5; expected 0 to 60000 ms"],
      [{ latency: 5 }, '"latency" is not known; expected of delay, jitter, loss, rate'],
      [{ toString: 5 }, '"toString" is not known'],
    ] as const
  ) {
    assertThrows(() => impair(CLEAR, changes as Partial<typeof CLEAR>), RangeError, message);
  }
});

Deno.test("changes are read as a person writes them", () => {
  assertEquals(parseChanges(" rate=500  loss=2.5 "), { rate: 500, loss: 2.5 });
  assertEquals(parseChanges(""), {});
  assertThrows(() => parseChanges("rate"), RangeError, 'got "rate"; expected name=number');
  assertThrows(() => parseChanges("loss=-1"), RangeError, 'got "loss=-1"');
});
