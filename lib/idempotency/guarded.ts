import type { Guard } from "../guard.ts";
import type { Idempotency } from "./mod.ts";

/** Keys behind a guard: they fail at once where they would fail anyway. */
export function guardedIdempotency(inner: Idempotency, guard: Guard): Idempotency {
  return {
    take: (...args) => guard.run(() => inner.take(...args)),
    save: (...args) => guard.run(() => inner.save(...args)),
    release: (...args) => guard.run(() => inner.release(...args)),
  };
}
