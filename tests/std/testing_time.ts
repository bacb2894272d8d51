/**
 * What this project's tests use of `@std/testing/time`: same names, signatures and behaviour.
 * deno.json's import map points `@std/testing/time` here; pointing it at the original changes no test.
 *
 * @module
 */
import { type Clock, withGlobal } from "@sinonjs/fake-timers";

/** Something that the fake time cannot do. */
export class TimeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TimeError";
  }
}

/** How the fake time advances by itself. */
export interface FakeTimeOptions {
  /** Fake ms per real ms; 0, the default, stands still. */
  advanceRate: number;
  /** Real ms between two advances, 10 by default. */
  advanceFrequency?: number;
}

export interface DelayOptions {
  signal?: AbortSignal;
}

const native = {
  Date: globalThis.Date,
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
};
const nativeAbortTimeout = AbortSignal.timeout;

let current: FakeTime | undefined;

/**
 * Replaces the clock and the timers (`Date`, `setTimeout`, `setInterval`, what clears them, and
 * `AbortSignal.timeout`) until `restore` or the end of its `using` block. Time stands still until
 * it is told to move.
 */
export class FakeTime implements Disposable {
  readonly #clock: Clock;
  readonly #start: number;
  readonly #advancing: ReturnType<typeof setInterval> | undefined;

  /** @throws {TimeError} when time is faked already. */
  constructor(start?: number | string | Date | null, options?: FakeTimeOptions) {
    if (current) throw new TimeError("Cannot construct FakeTime: time is already faked");
    this.#start = Math.floor(new native.Date(start ?? native.Date.now()).valueOf());
    if (Number.isNaN(this.#start)) {
      throw new TypeError(`Cannot construct FakeTime: invalid start time ${this.#start}`);
    }
    this.#clock = withGlobal(globalThis).createClock(this.#start);
    current = this;
    replaceGlobals(this.#clock);
    const { advanceRate = 0, advanceFrequency = 10 } = options ?? {};
    this.#advancing = advanceRate > 0
      ? native.setInterval(() => this.tick(advanceRate * advanceFrequency), advanceFrequency)
      : undefined;
  }

  /** Restores the real time. */
  static restore(): void {
    if (!current) throw new TimeError("Cannot restore time: time is already restored");
    current.restore();
  }

  /** Runs the callback in real time, then goes on with the fake time as it was. */
  static async restoreFor<T, Args extends unknown[]>(
    callback: (...args: Args) => Promise<T> | T,
    ...args: Args
  ): Promise<T> {
    const faked = current;
    if (!faked) throw new TimeError("Cannot restore time: time is not faked");
    restoreGlobals();
    try {
      const result = callback(...args);
      return result instanceof Promise ? await result : result;
    } finally {
      replaceGlobals(faked.#clock);
    }
  }

  /** ms since 1970. Setting it runs, in order, every timer due until then. */
  get now(): number {
    return this.#clock.now;
  }

  set now(value: number) {
    const clock = this.#clock;
    if (value < clock.now) {
      throw new RangeError(
        `Cannot set current time in the past, time must be >= ${clock.now}: received ${value}`,
      );
    }
    for (let due = this.#nextDue(); due !== undefined && due <= value; due = this.#nextDue()) {
      clock.next();
    }
    clock.now = value;
  }

  /** What the time was at first, ms since 1970. */
  get start(): number {
    return this.#start;
  }

  /** Waits in real time. */
  delay(ms: number, options: DelayOptions = {}): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const { signal } = options;
    const abort = () => {
      native.clearTimeout(timer);
      reject(new DOMException("Delay was aborted.", "AbortError"));
    };
    const timer = native.setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort, { once: true });
    return promise;
  }

  /** Lets everything run that waits for no timer. */
  async runMicrotasks(): Promise<void> {
    await this.delay(0);
  }

  /** Advances by `ms`. */
  tick(ms = 0): void {
    this.now += ms;
  }

  /** Runs pending microtasks, then advances by `ms`. */
  async tickAsync(ms = 0): Promise<void> {
    await this.runMicrotasks();
    this.now += ms;
  }

  /** Advances to the next timer; whether there was one. */
  next(): boolean {
    const due = this.#nextDue();
    if (due !== undefined) this.now = due;
    return due !== undefined;
  }

  /** Runs pending microtasks, then advances to the next timer; whether there was one. */
  async nextAsync(): Promise<boolean> {
    await this.runMicrotasks();
    return this.next();
  }

  /** Advances until no timer is left. */
  runAll(): void {
    while (this.next());
  }

  /** Advances until no timer is left, with microtasks run before each. */
  async runAllAsync(): Promise<void> {
    while (this.#nextDue() !== undefined) await this.nextAsync();
  }

  /** Restores the real time. @throws {TimeError} the second time. */
  restore(): void {
    if (current !== this) throw new TimeError("Cannot restore time: time is already restored");
    current = undefined;
    restoreGlobals();
    if (this.#advancing !== undefined) native.clearInterval(this.#advancing);
  }

  [Symbol.dispose](): void {
    this.restore();
  }

  #nextDue(): number | undefined {
    return this.#clock.timerHeap?.peek()?.callAt;
  }
}

type Callback = (...args: unknown[]) => void;
type FakeId = Parameters<Clock["clearTimeout"]>[0];

function replaceGlobals(clock: Clock): void {
  const schedule = (repeat: boolean) => (callback: unknown, delay = 0, ...args: unknown[]) => {
    if (typeof callback !== "function") {
      throw new TimeError(
        `FakeTime does not support non-function callbacks to ${
          repeat ? "setInterval" : "setTimeout"
        }`,
      );
    }
    // Else the library would add 1 ms to a delay of 0 that a timer asks for.
    clock.duringTick = false;
    return repeat
      ? clock.setInterval(callback as Callback, Math.max(1, Math.floor(delay)), ...args)
      : clock.setTimeout(callback as Callback, Math.max(0, Math.floor(delay)), ...args);
  };
  // A timer made before time was faked is left alone.
  const clear = (id?: FakeId) => {
    if (clock.timers?.has(Number(id))) clock.clearTimeout(id);
  };
  Object.assign(globalThis, {
    Date: fakeDate(clock),
    setTimeout: schedule(false),
    setInterval: schedule(true),
    clearTimeout: clear,
    clearInterval: clear,
  });
  AbortSignal.timeout = (ms) => {
    const controller = new AbortController();
    globalThis.setTimeout(
      () => controller.abort(new DOMException("Signal timed out.", "TimeoutError")),
      ms,
    );
    return controller.signal;
  };
}

function restoreGlobals(): void {
  Object.assign(globalThis, native);
  AbortSignal.timeout = nativeAbortTimeout;
}

/** The real constructor with another idea of now, so that `instanceof` holds on both sides. */
function fakeDate(clock: Clock): DateConstructor {
  return new Proxy(native.Date, {
    construct: (target, args) => Reflect.construct(target, args.length === 0 ? [clock.now] : args),
    apply: (target) => new target(clock.now).toString(),
    get: (target, key, receiver) =>
      key === "now" ? () => clock.now : Reflect.get(target, key, receiver),
  });
}
