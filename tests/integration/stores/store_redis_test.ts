/** The store over the real @upstash/redis, a gateway and a redis-server: it does what the memory adapters do. */
import { assertEquals, assertLess, assertLessOrEqual, assertRejects } from "@std/assert";
import { NodeClock } from "../../../lib/clock.ts";
import { redisIdempotency } from "../../../lib/idempotency/redis.ts";
import { POLICY } from "../../../lib/policy.ts";
import { RedisPresence } from "../../../lib/presence/redis.ts";
import { defaultSettings, newRoom } from "../../../lib/room_state.ts";
import { Unavailable } from "../../../lib/unavailable.ts";
import { upstashRedis } from "../../../lib/upstash.ts";
import { idempotencyContract } from "../../contract/idempotency.ts";
import { presenceContract } from "../../contract/presence.ts";
import { startRedis } from "../../helpers/redis_gateway.ts";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";

describe("the store in Redis", { sanitizeOps: false, sanitizeResources: false }, () => {
  let server: Awaited<ReturnType<typeof startRedis>>;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(async () => await server[Symbol.asyncDispose]());

  const client = () => upstashRedis({ url: server.url, token: server.token, timeoutMs: 5_000 });
  const empty = async () => {
    const redis = client();
    await redis.flushall();
    await redis.set("meshlift:awake", 0);
    return redis;
  };

  presenceContract("Redis", async (clock) => {
    const redis = await empty();
    const forget = async () => void await redis.flushall();
    return { presence: new RedisPresence(redis, clock), forget };
  });

  idempotencyContract("Redis", async () => redisIdempotency(await empty()));

  it("does not say of a room that it is not there as long as it may only be forgotten", async () => {
    const redis = await empty();
    await redis.flushall();
    const presence = new RedisPresence(redis);
    const key = { tenant: "acme", id: "r" };
    await presence.beat("n1", { count: 1, seen: 0, sfus: [] });
    await assertRejects(() => presence.read(key), Unavailable, "it has just begun");
    await presence.create(newRoom(key, defaultSettings(), Date.now()));
    await presence.change(key, { kind: "end" }, Date.now());
    assertEquals(await presence.read(key), undefined);
  });

  it("tells of a loss with the first change after it, once", async () => {
    const redis = await empty();
    const presence = new RedisPresence(redis);
    let losses = 0;
    presence.onLoss(() => losses++);
    const key = { tenant: "acme", id: "r" };
    const made = newRoom(key, defaultSettings(), Date.now());
    const rename = () =>
      presence.change(key, { kind: "configure", given: { name: "x" } }, Date.now(), made);
    await presence.create(made);
    await rename();
    assertEquals(losses, 0);
    await redis.flushall();
    await rename();
    await rename();
    assertEquals(losses, 1);
  });

  it("tells a node whose clock is off by how much, from its beats alone", async () => {
    const presence = new RedisPresence(await empty());
    const told: string[] = [];
    // Redis runs on this machine: whose clock is two seconds behind is two seconds behind Redis's.
    const clock = new NodeClock((_, event) => told.push(event), () => Date.now() - 2_000);
    for (let count = 1; count <= 5; count++) {
      await clock.compare(() => presence.beat("n1", { count, seen: 0, sfus: [] }));
    }
    const { offset, error } = clock.estimate!;
    assertLessOrEqual(Math.abs(offset - 2_000), error + 2);
    assertLess(error, 100);
    assertEquals(told, ["clock_off"]);
  });

  it("keeps an answer for a day, and a request without one for as long as it may take", async () => {
    const redis = await empty();
    const store = redisIdempotency(redis);
    await store.take("k", "f");
    const lease = await redis.pttl("meshlift:request:k");
    assertEquals(lease > 0 && lease <= POLICY.idempotencyLeaseMs, true);
    await store.save("k", {
      fingerprint: "f",
      answer: { status: 204, contentType: "", body: "" },
    });
    const life = await redis.pttl("meshlift:request:k");
    assertEquals(life > POLICY.idempotencyLeaseMs && life <= POLICY.idempotencyTtlMs, true);
  });
});
