/**
 * Spies and stubs: functions that note how they are called.
 *
 * @module
 */

/** `any`, as the original's type parameters default to it. */
export type Any = ReturnType<typeof JSON.parse>;

/** A spy or stub that cannot be made or restored. */
export class MockError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "MockError";
  }
}

/** One call, and how it ended. */
export interface SpyCall<Self = Any, Args extends unknown[] = Any[], Return = Any> {
  args: Args;
  returned?: Return;
  error?: Error;
  self?: Self;
}

export interface Spy<Self = Any, Args extends unknown[] = Any[], Return = Any> {
  (this: Self, ...args: Args): Return;
  original: (this: Self, ...args: Args) => Return;
  calls: SpyCall<Self, Args, Return>[];
  restored: boolean;
  /** @throws {MockError} if it is a bare function or restored already. */
  restore(): void;
}

/** A spy in place of a method; `using` restores it. */
export interface MethodSpy<Self = Any, Args extends unknown[] = Any[], Return = Any>
  extends Spy<Self, Args, Return>, Disposable {}

/** A spy in place of a method that does something else. */
export interface Stub<Self = Any, Args extends unknown[] = Any[], Return = Any>
  extends MethodSpy<Self, Args, Return> {
  fake: (this: Self, ...args: Args) => Return;
}

type ParametersOf<Self, Prop extends keyof Self> = Self[Prop] extends
  (...args: infer Args) => unknown ? Args : unknown[];
type ReturnOf<Self, Prop extends keyof Self> = Self[Prop] extends (...args: Any[]) => infer Return
  ? Return
  : unknown;
type Fn = (this: Any, ...args: Any[]) => Any;

const isSpy = Symbol("spy");
const sessions: Set<MethodSpy>[] = [];

/** Watches a function, a method, or (without argument) nothing. */
export function spy<Self = Any, Args extends unknown[] = Any[], Return = undefined>(): Spy<
  Self,
  Args,
  Return
>;
export function spy<Self, Args extends unknown[], Return>(
  func: (this: Self, ...args: Args) => Return,
): Spy<Self, Args, Return>;
export function spy<Self, Prop extends keyof Self>(
  self: Self,
  property: Prop,
): MethodSpy<Self, ParametersOf<Self, Prop>, ReturnOf<Self, Prop>>;
export function spy(funcOrSelf?: Any, property?: PropertyKey): Any {
  if (property !== undefined) {
    if (typeof funcOrSelf[property] !== "function") {
      throw new MockError("Cannot spy: property is not an instance method");
    }
    return replace(funcOrSelf, property, "spy", funcOrSelf[property]);
  }
  const original: Fn = funcOrSelf ?? (() => {});
  const notRestorable = () => {
    throw new MockError("Cannot restore: function cannot be restored");
  };
  return Object.assign(recorder(original), { original, restored: false, restore: notRestorable });
}

/** Puts `func` (by default one that does nothing) in place of a method. */
export function stub<Self, Prop extends keyof Self>(
  self: Self,
  property: Prop,
  func?: (this: Self, ...args: ParametersOf<Self, Prop>) => ReturnOf<Self, Prop>,
): Stub<Self, ParametersOf<Self, Prop>, ReturnOf<Self, Prop>>;
export function stub(self: Any, property: PropertyKey, func: Fn = () => {}): Any {
  if (self[property] !== undefined && typeof self[property] !== "function") {
    throw new MockError("Cannot stub: property is not an instance method");
  }
  return Object.assign(replace(self, property, "stub", func), { fake: func });
}

function recorder(fn: Fn): Fn & { calls: SpyCall[] } {
  const calls: SpyCall[] = [];
  const record = function (this: unknown, ...args: unknown[]): unknown {
    const call: SpyCall = { args };
    if (this) call.self = this;
    try {
      call.returned = fn.apply(this, args);
    } catch (error) {
      call.error = error as Error;
      throw error;
    } finally {
      calls.push(call);
    }
    return call.returned;
  };
  return Object.assign(record, { calls, [isSpy]: true });
}

function replace(self: Any, property: PropertyKey, verb: "spy" | "stub", fn: Fn): MethodSpy {
  const original = self[property];
  if (original?.[isSpy]) {
    throw new MockError(`Cannot ${verb}: already spying on instance method`);
  }
  const descriptor = Object.getOwnPropertyDescriptor(self, property);
  if (descriptor && !descriptor.configurable) {
    throw new MockError(`Cannot ${verb}: non-configurable instance method`);
  }
  let restored = false;
  const restore = () => {
    if (restored) throw new MockError("Cannot restore: instance method already restored");
    if (descriptor) Object.defineProperty(self, property, descriptor);
    else delete self[property];
    restored = true;
    for (const session of sessions) session.delete(replaced);
  };
  const replaced: MethodSpy = Object.defineProperties(recorder(fn) as Any, {
    original: { enumerable: true, value: original },
    restored: { enumerable: true, get: () => restored },
    restore: { enumerable: true, value: restore },
    [Symbol.dispose]: { value: restore },
  });
  Object.defineProperty(self, property, {
    configurable: true,
    enumerable: descriptor?.enumerable ?? false,
    writable: descriptor?.writable ?? false,
    value: replaced,
  });
  sessions.at(-1)?.add(replaced);
  return replaced;
}

/** Begins a session (returns its id for `restore`), or wraps `func` so that its mocks end with it. */
export function mockSession(): number;
export function mockSession<Self, Args extends unknown[], Return>(
  func: (this: Self, ...args: Args) => Return,
): (this: Self, ...args: Args) => Return;
export function mockSession(func?: Fn): number | Fn {
  if (func === undefined) return sessions.push(new Set()) - 1;
  return function (this: unknown, ...args: unknown[]) {
    const id = sessions.push(new Set()) - 1;
    try {
      return func.apply(this, args);
    } finally {
      restore(id);
    }
  };
}

/** As {@linkcode mockSession} for an async function. */
export function mockSessionAsync<Self, Args extends unknown[], Return>(
  func: (this: Self, ...args: Args) => Promise<Return>,
): (this: Self, ...args: Args) => Promise<Return> {
  return async function (this: Self, ...args: Args) {
    const id = sessions.push(new Set()) - 1;
    try {
      return await func.apply(this, args);
    } finally {
      restore(id);
    }
  };
}

/** Restores all mocks made since the session began, by default the last one. */
export function restore(id: number = Math.max(0, sessions.length - 1)): void {
  while (id < sessions.length) {
    for (const mock of sessions.pop() ?? []) mock.restore();
  }
}
