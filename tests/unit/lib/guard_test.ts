import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import { Guard, type GuardPolicy } from "../../../lib/guard.ts";
import { Unavailable } from "../../../lib/unavailable.ts";

const POLICY: GuardPolicy = {
  concurrency: 2,
  queue: 2,
  timeoutMs: 1_000,
  failures: 3,
  pauseMs: 500,
};

/** A dependency that counts how often it is asked. */
class Dependency {
  asked = 0;
  answer: () => Promise<unknown> = () => Promise.resolve("here");
  call = () => {
    this.asked++;
    return this.answer();
  };
}

const fails = () => Promise.reject(new Error("it broke"));
const hangs = () => new Promise(() => {});

describe("a guard", () => {
  it("hands on what it is answered", async () => {
    assertEquals(await new Guard("store", POLICY).run(() => Promise.resolve(1)), 1);
  });

  it("says what went wrong, of what, and when to come again", async () => {
    const error = await assertRejects(() => new Guard("store", POLICY).run(fails), Unavailable);
    assertEquals([error.dependency, error.retryAfterMs], ["store", 500]);
    assertEquals(
      error.message,
      "Cannot use the store: it failed; expected a retry after 500 ms",
    );
  });

  it("waits only so long for an answer", async () => {
    using time = new FakeTime();
    const waiting = assertRejects(
      () => new Guard("store", POLICY).run(hangs),
      Unavailable,
      "no answer within 1000 ms",
    );
    await time.tickAsync(1_000);
    await waiting;
  });

  it("asks no more after some failures in a row, and once again after a pause", async () => {
    using time = new FakeTime();
    const guard = new Guard("store", POLICY);
    const store = new Dependency();
    store.answer = fails;
    for (let i = 0; i < 20; i++) await assertRejects(() => guard.run(store.call), Unavailable);
    assertEquals([store.asked, guard.state], [3, "down"]);
    time.tick(500);
    for (let i = 0; i < 20; i++) await assertRejects(() => guard.run(store.call), Unavailable);
    assertEquals([store.asked, guard.state], [4, "down"]);
    assertEquals(guard.counts, { failed: 4, refused: 36 });
  });

  it("lets nobody wait for the one call that tries again", async () => {
    using time = new FakeTime();
    const guard = new Guard("store", { ...POLICY, timeoutMs: undefined });
    const store = new Dependency();
    store.answer = fails;
    for (let i = 0; i < 3; i++) await assertRejects(() => guard.run(store.call), Unavailable);
    time.tick(500);
    const answer = Promise.withResolvers<void>();
    store.answer = () => answer.promise;
    const trying = guard.run(store.call);
    await assertRejects(() => guard.run(store.call), Unavailable, "several times in a row");
    assertEquals(store.asked, 4);
    answer.resolve();
    await trying;
    assertEquals(guard.state, "up");
  });

  it("asks no more after one time-out in which nothing was answered", async () => {
    using time = new FakeTime();
    const guard = new Guard("store", POLICY);
    const first = assertRejects(() => guard.run(hangs), Unavailable, "no answer");
    await time.tickAsync(1_000);
    await first;
    assertEquals(guard.state, "down");
    await assertRejects(() => guard.run(hangs), Unavailable, "several times in a row");
  });

  it("goes on after a time-out in which others were answered", async () => {
    using time = new FakeTime();
    const guard = new Guard("store", POLICY);
    const slow = assertRejects(() => guard.run(hangs), Unavailable, "no answer");
    await time.tickAsync(500);
    await guard.run(() => Promise.resolve());
    await time.tickAsync(500);
    await slow;
    assertEquals(guard.state, "up");
  });

  it("is up again with the first answer", async () => {
    using time = new FakeTime();
    const guard = new Guard("store", POLICY);
    for (let i = 0; i < 3; i++) await assertRejects(() => guard.run(fails));
    time.tick(500);
    assertEquals(await guard.run(() => Promise.resolve("here")), "here");
    assertEquals(guard.state, "up");
  });

  it("refuses at once what is too much", async () => {
    const guard = new Guard("store", POLICY);
    const answer = Promise.withResolvers<void>();
    const running = Array.from({ length: 4 }, () => guard.run(() => answer.promise));
    await assertRejects(() => guard.run(() => answer.promise), Unavailable, "2 wait");
    answer.resolve();
    await Promise.all(running);
    assertEquals(guard.state, "up");
  });

  it("lets those who waited fail at once when the circuit breaks", async () => {
    const guard = new Guard("store", { ...POLICY, failures: 2 });
    const store = new Dependency();
    store.answer = fails;
    const all = await Promise.allSettled(Array.from({ length: 4 }, () => guard.run(store.call)));
    assertEquals(store.asked, 2);
    for (const one of all) assert(one.status === "rejected");
  });

  it("does not count what was wrong with the question", async () => {
    class Wrong extends Error {}
    const passes = (error: unknown) => error instanceof Wrong;
    const guard = new Guard("bus", { ...POLICY, passes });
    for (let i = 0; i < 10; i++) {
      const error = await guard.run(() => Promise.reject(new Wrong())).catch((e) => e);
      assertInstanceOf(error, Wrong);
    }
    assertEquals(guard.state, "up");
  });
});
