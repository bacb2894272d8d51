import { assertEquals } from "@std/assert";
import { memoryBus } from "../../lib/bus/memory.ts";
import { memoryIdempotency } from "../../lib/idempotency/memory.ts";
import { POLICY } from "../../lib/policy.ts";
import { memoryPresence } from "../../lib/presence/memory.ts";
import { busContract } from "./bus.ts";
import { idempotencyContract } from "./idempotency.ts";
import { presenceContract } from "./presence.ts";

presenceContract("memory", memoryPresence);
busContract("memory", memoryBus);
idempotencyContract("memory", memoryIdempotency);

Deno.test("idempotency in memory forgets the oldest key for a new one when it is full", async () => {
  const store = memoryIdempotency();
  for (let i = 0; i < POLICY.idempotencyKeys; i++) await store.take(`k${i}`, "f", 0);
  assertEquals((await store.take("k0", "f", 0))?.fingerprint, "f");
  assertEquals(await store.take("one more", "f", 0), undefined);
  assertEquals((await store.take("k1", "f", 0))?.fingerprint, "f");
  assertEquals(await store.take("k0", "f", 0), undefined);
});
