import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { FakeTime, TimeError } from "@std/testing/time";

const START = 1_000_000;

Deno.test("time stands still, and moves as told", () => {
  const before = Date;
  using time = new FakeTime(START);
  assertEquals([Date.now(), time.start, time.now], [START, START, START]);
  time.tick(1_500);
  assertEquals(Date.now(), START + 1_500);
  assertEquals(new Date().getTime(), START + 1_500);
  assertEquals(new Date(5).getTime(), 5);
  assertInstanceOf(new Date(), before);
  assertThrows(() => time.now = START, RangeError, "in the past");
});

Deno.test("start may be a date or a text", () => {
  for (const start of [new Date("2026-01-02T03:04:05Z"), "2026-01-02T03:04:05Z"]) {
    using _time = new FakeTime(start);
    assertEquals(new Date().toISOString(), "2026-01-02T03:04:05.000Z");
  }
});

Deno.test("timers run when due, in order, and see the time at which they are due", () => {
  using time = new FakeTime(START);
  const log: [string, number][] = [];
  const note = (name: string) => log.push([name, Date.now() - START]);
  setTimeout(note, 20, "b");
  setTimeout(note, 10, "a");
  const interval = setInterval(() => note("tick"), 15);
  setTimeout(() => setTimeout(note, 0, "nested"), 10);
  clearTimeout(setTimeout(note, 5, "cleared"));
  time.tick(30);
  clearInterval(interval);
  time.tick(30);
  assertEquals(log, [["a", 10], ["nested", 10], ["tick", 15], ["b", 20], ["tick", 30]]);
});

Deno.test("what a timer throws is thrown by the tick", () => {
  using time = new FakeTime(START);
  setTimeout(() => {
    throw new RangeError("meant");
  }, 10);
  assertThrows(() => time.tick(20), RangeError, "meant");
  assertEquals(time.now, START + 10);
});

Deno.test("next and runAll", async () => {
  using time = new FakeTime(START);
  const log: number[] = [];
  const again = (left: number) => {
    log.push(Date.now() - START);
    if (left > 0) setTimeout(again, 10, left - 1);
  };
  setTimeout(again, 10, 4);
  assert(time.next());
  assert(await time.nextAsync());
  assertEquals(log, [10, 20]);
  time.runAll();
  assertEquals(log, [10, 20, 30, 40, 50]);
  setTimeout(again, 5, 1);
  await time.runAllAsync();
  assertEquals(log.slice(5), [55, 65]);
  assertEquals(time.next(), false);
});

Deno.test("tickAsync first lets pending microtasks run", async () => {
  using time = new FakeTime();
  let done = false;
  (async () => {
    await Promise.resolve();
    await new Promise((resolve) => setTimeout(resolve, 100));
    done = true;
  })();
  await time.tickAsync(100);
  await time.runMicrotasks();
  assert(done);
});

Deno.test("AbortSignal.timeout follows", () => {
  using time = new FakeTime();
  const signal = AbortSignal.timeout(100);
  time.tick(99);
  assertEquals(signal.aborted, false);
  time.tick(1);
  assertEquals(signal.reason.name, "TimeoutError");
});

Deno.test("restoreFor runs in real time", async () => {
  const real = setTimeout;
  using time = new FakeTime(START);
  const now = await FakeTime.restoreFor(async (more: number) => {
    assertEquals(setTimeout, real);
    await new Promise((resolve) => setTimeout(resolve, 1));
    return Date.now() + more;
  }, 1);
  assert(now > START);
  assertEquals(Date.now(), time.now);
});

Deno.test("timers made before are left alone, and all is restored", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const real = setTimeout(resolve, 5);
  const time = new FakeTime();
  assertThrows(() => new FakeTime(), TimeError, "already faked");
  clearTimeout(real);
  time.restore();
  assertThrows(() => time.restore(), TimeError, "already restored");
  assertThrows(() => FakeTime.restore(), TimeError);
  await assertRejects(() => FakeTime.restoreFor(() => 1), TimeError);
  await promise;
});

Deno.test("delay waits in real time and can be aborted", async () => {
  using time = new FakeTime();
  await time.delay(1);
  const controller = new AbortController();
  const delay = time.delay(60_000, { signal: controller.signal });
  controller.abort();
  await assertRejects(() => delay, DOMException, "aborted");
});
