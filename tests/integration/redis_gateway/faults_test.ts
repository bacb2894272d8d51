/**
 * The faults that other tests rely on, where a mistake would hide the mistakes of the service.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { startRedis } from "../../helpers/redis_gateway.ts";
import { upstashClient } from "../../helpers/upstash_client.ts";

Deno.test("a fault lasts until it is lifted, and is that of one gateway", async () => {
  await using gateway = await startRedis();
  const other = await gateway.addGateway();
  gateway.faults.set({ kind: "error", status: 500, error: "ERR on purpose" });
  const redis = upstashClient(gateway);
  await assertRejects(() => redis.set("a", 1), Error, "ERR on purpose");
  assertEquals(await upstashClient(other).set("a", 2), "OK");
  gateway.faults.set({ kind: "none" });
  assertEquals(await redis.get("a"), "2");
  assertEquals([gateway.count(), other.count(), other.count("SET")], [1, 1, 1]);
});

Deno.test("what hangs is lost, and what is delayed arrives", async () => {
  await using gateway = await startRedis();
  const redis = upstashClient(gateway);
  gateway.faults.set({ kind: "hang" });
  const hung = assertRejects(() => redis.set("a", 1), Error, "lost");
  await gateway.faults.hanging(1);
  gateway.faults.set({ kind: "delay", ms: 50 });
  await hung;
  const start = performance.now();
  assertEquals(await redis.get("a"), null);
  assert(performance.now() - start >= 50);
});

Deno.test("a command whose answer is lost has run", async () => {
  await using gateway = await startRedis();
  const redis = upstashClient(gateway);
  gateway.faults.set({ kind: "lost answer" });
  await assertRejects(() => redis.set("a", 1), Error, "lost");
  assertEquals(await gateway.server.call("GET", "a"), "1");
});

Deno.test("a muted stream gives nothing more, not even its end", async () => {
  await using gateway = await startRedis();
  const redis = upstashClient(gateway);
  const gone = new AbortController();
  const response = await fetch(`${gateway.url}/subscribe/chat`, {
    headers: { authorization: `Bearer ${gateway.token}` },
    signal: gone.signal,
  });
  const reader = response.body!.getReader();
  await reader.read();
  gateway.faults.muteStreams();
  const read = reader.read();
  await redis.publish("chat", "unheard");
  await gateway.server.call("CLIENT", "KILL", "TYPE", "pubsub");
  assertEquals(await redis.ping(), "PONG");
  gone.abort();
  await assertRejects(() => read, DOMException, "abort");
  await gateway.faults.streamsOpen(0);
});

Deno.test("a Redis that restarts is empty, and has the port that it had", async () => {
  await using gateway = await startRedis();
  const { server } = gateway;
  await server.call("SET", "a", "1");
  const { pid, port } = server;
  await server.restart();
  assertEquals(await server.call("GET", "a"), null);
  assert(server.pid !== pid && server.port === port);
});
