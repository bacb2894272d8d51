import { POLICY } from "../policy.ts";
import type { Idempotency, SavedRequest } from "./mod.ts";

/** Keys in this process's memory: for one node, and for tests. */
export function memoryIdempotency(): Idempotency {
  const requests = new Map<string, SavedRequest & { until: number }>();
  return {
    take(key, fingerprint, now) {
      // Oldest first, and all live equally long: what has expired stands in front.
      for (const [old, { until }] of requests) {
        if (until > now) break;
        requests.delete(old);
      }
      const known = requests.get(key);
      if (known) return Promise.resolve(known);
      const [oldest] = requests.keys();
      if (oldest !== undefined && requests.size >= POLICY.idempotencyKeys) requests.delete(oldest);
      requests.set(key, { fingerprint, until: now + POLICY.idempotencyTtlMs });
      return Promise.resolve(undefined);
    },
    save(key, answer) {
      const request = requests.get(key);
      if (request) request.answer = answer;
      return Promise.resolve();
    },
    release(key) {
      requests.delete(key);
      return Promise.resolve();
    },
  };
}
