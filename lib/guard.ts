import {
  BrokenCircuitError,
  bulkhead,
  BulkheadRejectedError,
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  handleWhen,
  type IPolicy,
  noop,
  TaskCancelledError,
  timeout,
  TimeoutStrategy,
} from "cockatiel";
import { type Dependency, Unavailable } from "./unavailable.ts";

/** How one dependency is guarded. */
export interface GuardPolicy {
  /** Calls under way at once; more wait, up to `queue`; beyond, they are refused at once. */
  concurrency: number;
  queue: number;
  /** What a call may take, in ms, the waiting not counted; absent: the calls see to that themselves. */
  timeoutMs?: number;
  /**
   * After so many failures in a row nothing is sent for `pauseMs`, then one call tries. A time-out in which nothing at
   * all was answered counts for as many.
   */
  failures: number;
  pauseMs: number;
  /** Errors of what was asked, not of whom it was asked of: they are thrown as they are and count for nothing. */
  passes?: (error: unknown) => boolean;
}

/** No call looks at its signal: to abort it after each of them would make an error with its stack for nobody. */
const TIMEOUT = { strategy: TimeoutStrategy.Aggressive, abortOnReturn: false };

/** Bulkhead, circuit breaker and time-out round one dependency. Never repeats a call. */
export class Guard {
  readonly dependency: Dependency;
  /** Calls that failed, and calls that were refused without being tried. */
  readonly counts = { failed: 0, refused: 0 };
  readonly #policy: GuardPolicy;
  readonly #failures: Failures;
  readonly #breaker: ReturnType<typeof circuitBreaker>;
  readonly #bulkhead: IPolicy;
  readonly #timeout: IPolicy;
  /** How many calls were answered. */
  #answers = 0;
  /** Why it failed when it was last asked: also the reason for which it is not asked. */
  #lastFailure: unknown;

  constructor(dependency: Dependency, policy: GuardPolicy) {
    this.dependency = dependency;
    this.#policy = policy;
    this.#failures = new Failures(policy.failures);
    this.#breaker = circuitBreaker(handleWhen((error) => !this.#passes(error)), {
      halfOpenAfter: policy.pauseMs,
      breaker: this.#failures,
    });
    this.#bulkhead = bulkhead(policy.concurrency, policy.queue);
    this.#timeout = policy.timeoutMs ? timeout(policy.timeoutMs, TIMEOUT) : noop;
  }

  /** `down` from the break of the circuit until a call has succeeded again. */
  get state(): "up" | "down" {
    return this.#breaker.state === CircuitState.Closed ? "up" : "down";
  }

  /** Runs a call. @throws {Unavailable} whatever went wrong, but for what `passes`. `urgent`: waits behind no other. */
  async run<T>(call: () => Promise<T>, { urgent = false } = {}): Promise<T> {
    const through = <R>(work: () => Promise<R>) => urgent ? work() : this.#bulkhead.execute(work);
    try {
      // In this order, so that calls that waited while the circuit broke end at once as well.
      return await through(() => {
        // One call tries whether it is back: the breaker would let the others wait for that one's time-out.
        if (this.#breaker.state === CircuitState.HalfOpen) throw new BrokenCircuitError();
        return this.#breaker.execute(() => this.#try(call));
      });
    } catch (cause) {
      if (this.#passes(cause)) throw cause;
      const tried =
        !(cause instanceof BrokenCircuitError || cause instanceof BulkheadRejectedError);
      this.counts[tried ? "failed" : "refused"]++;
      if (tried) this.#lastFailure = cause;
      throw this.#unavailable(cause);
    }
  }

  async #try<T>(call: () => Promise<T>): Promise<T> {
    const before = this.#answers;
    try {
      const answer = await this.#timeout.execute(call);
      this.#answers++;
      return answer;
    } catch (error) {
      if (this.#passes(error)) this.#answers++;
      // Or each of those who ask one after the other would have a time-out to wait for.
      else if (isTimeout(error) && this.#answers === before) this.#failures.reach();
      throw error;
    }
  }

  /** `Unavailable` from within: the store itself says "not yet", so it is there. */
  #passes(error: unknown): boolean {
    return error instanceof Unavailable || this.#policy.passes?.(error) === true;
  }

  #unavailable(cause: unknown): Unavailable {
    const { pauseMs, timeoutMs, concurrency, queue } = this.#policy;
    return new Unavailable(this.dependency, why(), pauseMs, { cause: this.#lastFailure ?? cause });

    function why(): string {
      if (cause instanceof BrokenCircuitError) return "it failed several times in a row";
      if (cause instanceof BulkheadRejectedError) {
        return `${concurrency} calls are under way and ${queue} wait`;
      }
      if (cause instanceof TaskCancelledError) return `no answer within ${timeoutMs} ms`;
      // What exactly is for the log, not for whoever asked: it may name hosts and hold what was sent.
      return "it failed";
    }
  }
}

/** Failures in a row. */
class Failures extends ConsecutiveBreaker {
  readonly #most: number;

  constructor(most: number) {
    super(most);
    this.#most = most;
  }

  /** The next one is the last. */
  reach(): void {
    this.state = this.#most;
  }
}

/** By this guard's time, or by the call's own. */
function isTimeout(error: unknown): boolean {
  return error instanceof TaskCancelledError ||
    (error instanceof DOMException && error.name === "TimeoutError");
}
