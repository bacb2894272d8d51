import type { Guard } from "../guard.ts";
import type { Presence } from "./mod.ts";

/** A store behind a guard: it fails at once where it would fail anyway. */
export function guardedPresence(inner: Presence, guard: Guard): Presence {
  return {
    create: (...args) => guard.run(() => inner.create(...args)),
    read: (...args) => guard.run(() => inner.read(...args)),
    list: (...args) => guard.run(() => inner.list(...args)),
    change: (...args) => guard.run(() => inner.change(...args)),
    // A lease must not run out behind a queue of other calls.
    beat: (...args) => guard.run(() => inner.beat(...args), { urgent: true }),
    drainSfu: (...args) => guard.run(() => inner.drainSfu(...args)),
    onLoss: (listener) => inner.onLoss(listener),
    retire: (...args) => guard.run(() => inner.retire(...args)),
  };
}
