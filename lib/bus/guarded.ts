import type { Guard } from "../guard.ts";
import { type Bus, BusFullError, MessageTooLargeError } from "./mod.ts";

/** Whether an error is of what was to be sent, and says nothing of the carrier. */
export function isOfMessage(error: unknown): boolean {
  return [MessageTooLargeError, BusFullError, TypeError].some((own) => error instanceof own);
}

/** A bus behind a guard: what is sent while it is away fails at once. */
export function guardedBus(inner: Bus, guard: Guard): Bus {
  return {
    get state() {
      return guard.state === "up" ? inner.state : "down";
    },
    get reason() {
      return inner.reason || (guard.state === "up" ? "" : "what was sent failed several times");
    },
    publish: (...args) => guard.run(() => inner.publish(...args)),
    subscribe: (...args) => inner.subscribe(...args),
    check: () => inner.check(),
    close: () => inner.close(),
  };
}
