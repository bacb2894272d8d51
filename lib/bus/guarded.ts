import type { Guard } from "../guard.ts";
import type { Bus } from "./mod.ts";

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
