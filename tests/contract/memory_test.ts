import { assertEquals } from "@std/assert";
import { memoryBus } from "../../lib/bus/memory.ts";
import { memoryIdempotency } from "../../lib/idempotency/memory.ts";
import { POLICY } from "../../lib/policy.ts";
import { MemoryPresence } from "../../lib/presence/memory.ts";
import { busContract } from "./bus.ts";
import { idempotencyContract } from "./idempotency.ts";
import { presenceContract } from "./presence.ts";

presenceContract("memory", (clock) => {
  const presence = new MemoryPresence(clock);
  return { presence, forget: () => Promise.resolve(presence.forget()) };
});
busContract("memory", () => {
  const bus = memoryBus();
  return { near: bus, far: bus };
});
idempotencyContract("memory", () => memoryIdempotency());

Deno.test("idempotency in memory keeps an answer for as long as it lives, and no longer", async () => {
  let now = 0;
  const store = memoryIdempotency(() => now);
  const answer = { status: 204, contentType: "", body: "" };
  await store.take("k", "f");
  await store.save("k", { fingerprint: "f", answer });
  now = POLICY.idempotencyTtlMs - 1;
  assertEquals((await store.take("k", "f"))?.answer, answer);
  now++;
  assertEquals(await store.take("k", "other"), undefined);
});

Deno.test("idempotency in memory gives a key back whose request was never answered", async () => {
  let now = 0;
  const store = memoryIdempotency(() => now);
  await store.take("k", "f");
  now = POLICY.idempotencyLeaseMs;
  assertEquals(await store.take("k", "other"), undefined);
});

Deno.test("idempotency in memory forgets the oldest key for a new one when it is full", async () => {
  const store = memoryIdempotency();
  for (let i = 0; i < POLICY.idempotencyKeys; i++) await store.take(`k${i}`, "f");
  assertEquals((await store.take("k0", "f"))?.fingerprint, "f");
  assertEquals(await store.take("one more", "f"), undefined);
  assertEquals((await store.take("k1", "f"))?.fingerprint, "f");
  assertEquals(await store.take("k0", "f"), undefined);
});
