import { assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import { every } from "../../../lib/every.ts";
import { Turns } from "../../../lib/turns.ts";

describe("Turns", () => {
  it("runs jobs of one name one after the other, whatever became of the one before", async () => {
    const turns = new Turns();
    const order: string[] = [];
    const first = Promise.withResolvers<void>();
    const one = turns.take("a", async () => {
      await first.promise;
      order.push("one");
      throw new Error("failed");
    });
    const two = turns.take("a", () => Promise.resolve(order.push("two")));
    await turns.take("b", () => Promise.resolve(order.push("other name")));
    first.resolve();
    await assertRejects(() => one, Error, "failed");
    await two;
    assertEquals(order, ["other name", "one", "two"]);
  });
});

describe("every", () => {
  it("works again so long after the end of the work before, until it is stopped", async () => {
    using time = new FakeTime();
    let runs = 0;
    const busy = Promise.withResolvers<void>();
    const stop = every(100, () => {
      runs++;
      return runs === 1 ? busy.promise : Promise.resolve();
    });
    await time.tickAsync(1_000);
    assertEquals(runs, 1);
    busy.resolve();
    await time.tickAsync(100);
    assertEquals(runs, 2);
    stop();
    await time.tickAsync(1_000);
    assertEquals(runs, 2);
  });

  it("does not begin again when it was stopped in the middle of its work", async () => {
    using time = new FakeTime();
    let runs = 0;
    const busy = Promise.withResolvers<void>();
    const stop = every(100, () => (runs++, busy.promise));
    await time.tickAsync(100);
    stop();
    busy.resolve();
    await time.tickAsync(1_000);
    assertEquals(runs, 1);
  });
});
