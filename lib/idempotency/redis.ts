import type { Redis } from "@upstash/redis";
import { POLICY } from "../policy.ts";
import type { Idempotency, SavedRequest } from "./mod.ts";

/** Keys in the shared Redis, so that any node knows them. */
export function redisIdempotency(redis: Redis): Idempotency {
  const name = (key: string) => `meshlift:request:${key}`;
  return {
    async take(key, fingerprint) {
      const mine: SavedRequest = { fingerprint };
      // A node that dies in the middle of a request holds its key up no longer than this.
      const px = POLICY.idempotencyLeaseMs;
      // Once more, for the case that a key runs out between the two commands.
      for (let tries = 0; tries < 2; tries++) {
        const taken = await redis.set(name(key), JSON.stringify(mine), { nx: true, px });
        if (taken === "OK") return undefined;
        const known = await redis.get<string>(name(key));
        if (known !== null) return JSON.parse(known);
      }
      throw new Error(
        `Cannot take Idempotency-Key "${key}": it changes hands; expected it to stay`,
      );
    },
    async save(key, request) {
      await redis.set(name(key), JSON.stringify(request), { px: POLICY.idempotencyTtlMs });
    },
    async release(key) {
      await redis.del(name(key));
    },
  };
}
