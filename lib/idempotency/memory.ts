import { POLICY } from "../policy.ts";
import type { Idempotency, SavedRequest } from "./mod.ts";

/** Keys in this process's memory: for one node, and for tests. */
export function memoryIdempotency(clock: () => number = Date.now): Idempotency {
  const requests = new Map<string, { request: SavedRequest; until: number }>();

  /** Oldest first: what is saved goes to the end. */
  function put(key: string, request: SavedRequest, lifeMs: number): void {
    requests.delete(key);
    requests.set(key, { request, until: clock() + lifeMs });
  }

  return {
    take(key, fingerprint) {
      const now = clock();
      for (const [old, { until }] of requests) {
        if (until > now) break;
        requests.delete(old);
      }
      const known = requests.get(key);
      if (known && known.until > now) return Promise.resolve(known.request);
      const [oldest] = requests.keys();
      if (oldest !== undefined && requests.size >= POLICY.idempotencyKeys) requests.delete(oldest);
      put(key, { fingerprint }, POLICY.idempotencyLeaseMs);
      return Promise.resolve(undefined);
    },
    save(key, request) {
      put(key, request, POLICY.idempotencyTtlMs);
      return Promise.resolve();
    },
    release(key) {
      requests.delete(key);
      return Promise.resolve();
    },
  };
}
