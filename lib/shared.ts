/**
 * What a node leans on, as its configuration says: this process's memory, or a Redis and a bus that all nodes share,
 * each behind a guard of its own.
 *
 * @module
 */
import { guardedBus, isOfMessage } from "./bus/guarded.ts";
import { memoryBus } from "./bus/memory.ts";
import type { Bus } from "./bus/mod.ts";
import { busFromUrl } from "./bus/open.ts";
import { redisBus } from "./bus/redis.ts";
import type { Config } from "./config.ts";
import { Guard } from "./guard.ts";
import { guardedIdempotency } from "./idempotency/guarded.ts";
import { memoryIdempotency } from "./idempotency/memory.ts";
import type { Idempotency } from "./idempotency/mod.ts";
import { redisIdempotency } from "./idempotency/redis.ts";
import { memoryLimits } from "./limits/memory.ts";
import type { Limits } from "./limits/mod.ts";
import { redisLimits } from "./limits/redis.ts";
import { POLICY } from "./policy.ts";
import { guardedPresence } from "./presence/guarded.ts";
import { MemoryPresence } from "./presence/memory.ts";
import type { Presence } from "./presence/mod.ts";
import { RedisPresence } from "./presence/redis.ts";
import { upstashRedis } from "./upstash.ts";

export interface Shared {
  presence: Presence;
  bus: Bus;
  idempotency: Idempotency;
  limits: Limits;
  /** One for each dependency; none where everything is in memory. */
  guards: Guard[];
}

/**
 * Waits for nothing: a node starts also when they are away.
 *
 * @throws {Error} (rejects) with one line, when BUS_URL cannot be used.
 */
export async function openShared(
  { store, busUrl, rates }: Pick<Config, "store" | "busUrl" | "rates">,
): Promise<Shared> {
  if (store.kind === "memory") {
    return {
      presence: new MemoryPresence(),
      bus: memoryBus(),
      idempotency: memoryIdempotency(),
      limits: memoryLimits(rates),
      guards: [],
    };
  }
  const redis = upstashRedis({ ...store, timeoutMs: POLICY.store.timeoutMs });
  const guard = new Guard("store", POLICY.store);
  const busGuard = new Guard("bus", { ...POLICY.bus, passes: isOfMessage });
  const bus = busUrl ? await busFromUrl(busUrl) : redisBus(redis, store);
  return {
    presence: guardedPresence(new RedisPresence(redis), guard),
    bus: guardedBus(bus, busGuard),
    idempotency: guardedIdempotency(redisIdempotency(redis), guard),
    limits: redisLimits({ redis, rules: rates, guard }),
    guards: [guard, busGuard],
  };
}
