/**
 * What this project's tests use of `@std/testing/mock`: same names, signatures and behaviour.
 * deno.json's import map points `@std/testing/mock` here; pointing it at the original changes no test.
 *
 * @module
 */
export { type MethodSpy, MockError, type Spy, spy, type SpyCall, type Stub, stub } from "./spy.ts";
export { mockSession, mockSessionAsync, restore } from "./spy.ts";
export {
  assertSpyCall,
  assertSpyCallArg,
  assertSpyCallArgs,
  assertSpyCallAsync,
  assertSpyCalls,
  type ExpectedSpyCall,
} from "./spy_asserts.ts";
import { type Any, MockError } from "./spy.ts";

/** A function that returns its `this`. */
export function returnsThis<Self = Any, Args extends unknown[] = Any[]>(): (
  this: Self,
  ...args: Args
) => Self {
  return function (this: Self): Self {
    return this;
  };
}

/** A function that returns one of its arguments. */
export function returnsArg<Arg, Self = Any>(
  idx: number,
): (this: Self, ...args: Arg[]) => Arg | undefined {
  return (...args) => args[idx];
}

/** A function that returns its arguments from `start` to before `end`. */
export function returnsArgs<Args extends unknown[], Self = Any>(
  start = 0,
  end?: number,
): (this: Self, ...args: Args) => Args {
  return (...args) => args.slice(start, end) as Args;
}

/** A function that returns (an `Error`: throws) the next value with each call. */
export function returnsNext<Return, Self = Any, Args extends unknown[] = Any[]>(
  values: Iterable<Return | Error>,
): (this: Self, ...args: Args) => Return {
  const iterator = values[Symbol.iterator]();
  let calls = 0;
  return () => {
    const next = iterator.next();
    if (next.done) throw tooManyCalls(calls);
    calls++;
    if (next.value instanceof Error) throw next.value;
    return next.value;
  };
}

/** A function that resolves to (an `Error`: rejects with) the next value with each call. */
export function resolvesNext<Return, Self = Any, Args extends unknown[] = Any[]>(
  iterable:
    | Iterable<Return | Error | Promise<Return | Error>>
    | AsyncIterable<Return | Error | Promise<Return | Error>>,
): (this: Self, ...args: Args) => Promise<Return> {
  const values = (async function* () {
    yield* iterable;
  })();
  let calls = 0;
  return async () => {
    const next = await values.next();
    if (next.done) throw tooManyCalls(calls);
    calls++;
    if (next.value instanceof Error) throw next.value;
    return next.value;
  };
}

function tooManyCalls(calls: number): MockError {
  return new MockError(`Not expected to be called more than ${calls} time(s)`);
}
