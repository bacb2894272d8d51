/**
 * Assertions on the calls of a spy.
 *
 * @module
 */
import { assertEquals, AssertionError, assertIsError, assertRejects } from "./assert.ts";
import type { Any, Spy, SpyCall } from "./spy.ts";

/** What a call should have been; only what is named is compared. */
export interface ExpectedSpyCall<Self = Any, Args extends unknown[] = Any[], Return = Any> {
  args?: [...Args, ...unknown[]];
  self?: Self;
  /** For `assertSpyCallAsync` a promise may be given too. */
  returned?: Return;
  error?: {
    Class?: new (...args: Any[]) => Error;
    msgIncludes?: string;
  };
}

/** It was called so often. */
export function assertSpyCalls<Self, Args extends unknown[], Return>(
  spy: Spy<Self, Args, Return>,
  expectedCalls: number,
): void {
  const calls = spy.calls.length;
  if (calls === expectedCalls) return;
  const problem = calls < expectedCalls
    ? "Spy not called as much as expected"
    : "Spy called more than expected";
  throw new AssertionError(`${problem}:\n${calls} calls, expected ${expectedCalls}`);
}

/** There was such a call. */
export function assertSpyCall<Self, Args extends unknown[], Return>(
  spy: Spy<Self, Args, Return>,
  callIndex: number,
  expected?: ExpectedSpyCall<Self, Args, Return>,
): void {
  const call = callOf(spy, callIndex);
  if (!expected) return;
  compareHead(call, expected);
  if ("returned" in expected) {
    refuseBoth(expected);
    if (call.error) {
      throw new AssertionError(
        "Spy call did not return expected value, an error was thrown.",
        { cause: call.error },
      );
    }
    assertEquals<unknown>(
      call.returned,
      expected.returned,
      "Spy call did not return expected value",
    );
  }
  if ("error" in expected) {
    if ("returned" in call) {
      throw new AssertionError("Spy call did not throw an error, a value was returned.");
    }
    assertIsError(call.error, expected.error?.Class, expected.error?.msgIncludes);
  }
}

/** There was such a call, and what it promised came out so. */
export async function assertSpyCallAsync<Self, Args extends unknown[], Return>(
  spy: Spy<Self, Args, Promise<Return>>,
  callIndex: number,
  expected?: ExpectedSpyCall<Self, Args, Promise<Return> | Return>,
): Promise<void> {
  const call = callOf(spy, callIndex);
  if (expected) compareHead(call, expected);
  if (call.error) {
    throw new AssertionError("Spy call did not return a promise, an error was thrown.", {
      cause: call.error,
    });
  }
  if (!(call.returned instanceof Promise)) {
    throw new AssertionError("Spy call did not return a promise, a value was returned.");
  }
  const returned = call.returned;
  if (expected && "returned" in expected) {
    refuseBoth(expected);
    assertEquals<unknown>(
      await returned.catch((error) => {
        throw new AssertionError("Spy call returned promise was rejected", { cause: error });
      }),
      await expected.returned,
      "Spy call did not resolve to expected value",
    );
  }
  if (expected && "error" in expected) {
    const { Class = Error, msgIncludes } = expected.error ?? {};
    await assertRejects(() => returned, Class, msgIncludes);
  }
}

/** One argument of a call; returns it. */
export function assertSpyCallArg<Self, Args extends unknown[], Return, ExpectedArg>(
  spy: Spy<Self, Args, Return>,
  callIndex: number,
  argIndex: number,
  expected: ExpectedArg,
): ExpectedArg {
  const arg = callOf(spy, callIndex).args[argIndex] as ExpectedArg;
  assertEquals(arg, expected);
  return arg;
}

/** All arguments of a call, or those from `argsStart` to before `argsEnd`; returns them. */
export function assertSpyCallArgs<
  Self,
  Args extends unknown[],
  Return,
  ExpectedArgs extends unknown[],
>(
  spy: Spy<Self, Args, Return>,
  callIndex: number,
  ...rest:
    | [expected: ExpectedArgs]
    | [argsStart: number, expected: ExpectedArgs]
    | [argsStart: number, argsEnd: number, expected: ExpectedArgs]
): ExpectedArgs {
  const expected = rest.at(-1) as ExpectedArgs;
  const [start, end] = rest.slice(0, -1) as number[];
  const args = callOf(spy, callIndex).args.slice(start, end) as ExpectedArgs;
  assertEquals(args, expected);
  return args;
}

function callOf<Self, Args extends unknown[], Return>(
  spy: Spy<Self, Args, Return>,
  index: number,
): SpyCall<Self, Args, Return> {
  const call = spy.calls[index];
  if (call) return call;
  throw new AssertionError("Spy not called as much as expected");
}

function compareHead(call: SpyCall, expected: ExpectedSpyCall): void {
  if (expected.args) {
    assertEquals<unknown>(call.args, expected.args, "Spy not called with expected args");
  }
  if ("self" in expected) {
    assertEquals(call.self, expected.self, "Spy not called as method on expected self");
  }
}

function refuseBoth(expected: ExpectedSpyCall): void {
  if ("error" in expected) {
    throw new TypeError("Do not expect error and return, only one should be expected");
  }
}
