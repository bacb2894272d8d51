/**
 * The gateway while Redis is away, or there and silent.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { startRedis, startTestGateway } from "../../helpers/redis_gateway.ts";
import { upstashClient } from "../../helpers/upstash_client.ts";
import { startRedisServer } from "../../helpers/redis_server.ts";

/** Well below any time-out, well above what an answer takes. */
const AT_ONCE_MS = 500;

Deno.test("without Redis commands fail at once, and work again when it is back", async () => {
  await using gateway = await startRedis();
  const redis = upstashClient(gateway);
  await gateway.server.kill();
  for (const command of [() => redis.set("a", 1), () => redis.multi().set("a", 1).exec()]) {
    assert(await timed(() => assertRejects(command, Error, "ERR Redis is away")) < AT_ONCE_MS);
  }
  await gateway.server.start();
  await gateway.connected();
  assertEquals(await redis.set("a", 1), "OK");
});

Deno.test("a Redis that is silent costs one time-out, and then nothing", async () => {
  await using gateway = await startRedis({ timeoutMs: 300 });
  const redis = upstashClient(gateway);
  gateway.server.pause();
  const waiting = () => assertRejects(() => redis.get("a"), Error, "GET got no answer");
  assert(await timed(waiting) < 300 + AT_ONCE_MS);
  const failed = () => redis.get("a").then(() => "answered", (error: Error) => error.message);
  while ((await failed()).includes("got no answer"));
  assert(await timed(failed) < 300);
  gateway.server.resume();
  await gateway.connected();
  assertEquals(await redis.get("a"), null);
});

Deno.test("a command that Redis did not answer is not sent again", async () => {
  await using gateway = await startRedis();
  const redis = upstashClient(gateway);
  gateway.server.pause();
  const lost = assertRejects(() => redis.incr("n"), Error, "INCR got no answer");
  await gateway.asked(1, "INCR");
  await gateway.server.restart();
  await lost;
  await gateway.connected();
  assertEquals(await redis.get("n"), null);
  assertEquals(gateway.count("INCR"), 1);
});

Deno.test("a gateway may be there before its Redis", async () => {
  await using server = await startRedisServer();
  await server.stop();
  await using gateway = await startTestGateway(server.url);
  const redis = upstashClient(gateway);
  await assertRejects(() => redis.get("a"), Error, "ECONNREFUSED");
  await server.start();
  await gateway.connected();
  assertEquals(await redis.get("a"), null);
});

Deno.test("a database that Redis does not have is not exchanged for another", async () => {
  await using server = await startRedisServer();
  await using gateway = await startTestGateway(`${server.url}/99`);
  const redis = upstashClient(gateway);
  await assertRejects(() => redis.set("a", 1), Error, "DB index is out of range");
  assertEquals(await server.call("DBSIZE"), 0);
});

Deno.test("a gateway closes while its Redis is silent", async () => {
  const gateway = await startRedis();
  gateway.server.pause();
  const answer = assertRejects(() => upstashClient(gateway).get("a"));
  await gateway.asked(1);
  await gateway[Symbol.asyncDispose]();
  await answer;
});

async function timed(act: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await act();
  return performance.now() - start;
}
