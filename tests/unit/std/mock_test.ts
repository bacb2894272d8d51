import { assertEquals, AssertionError, assertRejects, assertThrows } from "@std/assert";
import {
  assertSpyCall,
  assertSpyCallArg,
  assertSpyCallArgs,
  assertSpyCallAsync,
  assertSpyCalls,
  MockError,
  mockSession,
  mockSessionAsync,
  resolvesNext,
  restore,
  returnsArg,
  returnsArgs,
  returnsNext,
  returnsThis,
  spy,
  stub,
} from "@std/testing/mock";

class Adder {
  base = 1;
  add(n: number): number {
    if (n < 0) throw new RangeError("negative");
    return this.base + n;
  }
}

Deno.test("spy notes calls, results and errors of a function", () => {
  const add = spy((a: number, b: number) => a + b);
  assertEquals(add(1, 2), 3);
  assertSpyCalls(add, 1);
  assertSpyCall(add, 0, { args: [1, 2], returned: 3 });
  assertSpyCallArg(add, 0, 1, 2);
  assertSpyCallArgs(add, 0, [1, 2]);
  assertSpyCallArgs(add, 0, 1, [2]);
  assertThrows(() => assertSpyCalls(add, 2), AssertionError, "not called as much");
  assertThrows(() => assertSpyCall(add, 1), AssertionError, "not called as much");
  assertThrows(() => assertSpyCall(add, 0, { returned: 4 }), AssertionError);
  assertThrows(() => add.restore(), MockError, "cannot be restored");
  const nothing: (text: string) => void = spy();
  nothing("a");
});

Deno.test("spy on a method calls through until restored", () => {
  const adder = new Adder();
  {
    using add = spy(adder, "add");
    assertEquals(adder.add(2), 3);
    assertThrows(() => adder.add(-1), RangeError);
    assertSpyCall(add, 0, { self: adder, args: [2], returned: 3 });
    assertSpyCall(add, 1, { error: { Class: RangeError, msgIncludes: "neg" } });
    assertThrows(() => spy(adder, "add"), MockError, "already spying");
  }
  assertEquals(Object.hasOwn(adder, "add"), false);
  assertThrows(() => spy(adder, "base"), MockError, "not an instance method");
});

Deno.test("stub replaces a method", () => {
  const adder = new Adder();
  const add = stub(adder, "add", (n) => n * 10);
  assertEquals(adder.add(2), 20);
  assertEquals(add.original.call(adder, 2), 3);
  add.restore();
  assertEquals([adder.add(2), add.restored], [3, true]);
  assertThrows(() => add.restore(), MockError, "already restored");
});

Deno.test("promised results", async () => {
  const fetchNumber = spy(resolvesNext<number>([1, new TypeError("none")]));
  await fetchNumber();
  await assertRejects(() => fetchNumber(), TypeError);
  await assertSpyCallAsync(fetchNumber, 0, { returned: 1 });
  await assertSpyCallAsync(fetchNumber, 1, { error: { Class: TypeError, msgIncludes: "none" } });
  await assertRejects(() => fetchNumber(), MockError, "more than 2");
});

Deno.test("ready-made functions", () => {
  const next = returnsNext([1, new RangeError("meant"), 2]);
  assertEquals(next(), 1);
  assertThrows(next, RangeError, "meant");
  assertEquals(next(), 2);
  assertThrows(next, MockError, "more than 3 time(s)");
  const self = { me: returnsThis() };
  assertEquals(self.me(), self);
  assertEquals(returnsArg<number>(1)(5, 6), 6);
  assertEquals(returnsArgs<number[]>(1)(5, 6, 7), [6, 7]);
});

Deno.test("sessions restore what was mocked in them", async () => {
  const adder = new Adder();
  const mockIt = () => void stub(adder, "add", () => 0);
  mockSession(mockIt)();
  assertEquals(adder.add(1), 2);
  await mockSessionAsync(() => Promise.resolve(mockIt()))();
  assertEquals(adder.add(1), 2);
  const id = mockSession();
  mockIt();
  restore(id);
  assertEquals(adder.add(1), 2);
});
