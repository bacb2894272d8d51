/**
 * Scripts through the gateway: Upstash's own flag, digests, and what FLUSH forgets.
 */
import { createHash } from "node:crypto";
import { assertEquals, assertRejects } from "@std/assert";
import { startRedis } from "../../helpers/redis_gateway.ts";
import { upstashClient } from "../../helpers/upstash_client.ts";

const FLAGGED = "#!lua flags=allow-key-locking\nreturn {KEYS[1], ARGV[1]}";

Deno.test("a script is sent once, and from then on known by its digest", async () => {
  await using gateway = await startRedis();
  const script = upstashClient(gateway).createScript<string[]>("return {KEYS[1], ARGV[1]}");
  for (const word of ["a", "b"]) assertEquals(await script.exec(["key"], [word]), ["key", word]);
  assertEquals(gateway.commands.map(([name]) => name), ["EVALSHA", "EVAL", "EVALSHA"]);
});

Deno.test("a script that Redis has forgotten is sent again", async () => {
  await using gateway = await startRedis();
  const script = upstashClient(gateway).createScript<string[]>(FLAGGED);
  await script.exec(["key"], ["a"]);
  await gateway.server.call("SCRIPT", "FLUSH");
  gateway.forget();
  assertEquals(await script.exec(["key"], ["b"]), ["key", "b"]);
  assertEquals(gateway.commands.map(([name]) => name), ["EVALSHA", "EVAL"]);
});

Deno.test("a flag of Upstash's does not keep a script from running, nor from its digest", async () => {
  await using gateway = await startRedis();
  const redis = upstashClient(gateway);
  const digest = await redis.scriptLoad(FLAGGED);
  assertEquals(digest, createHash("sha1").update(FLAGGED).digest("hex"));
  assertEquals(await redis.scriptExists(digest), [1]);
  assertEquals(await redis.evalsha(digest, ["key"], ["a"]), ["key", "a"]);
  assertEquals(await redis.eval(FLAGGED, ["key"], ["b"]), ["key", "b"]);
});

Deno.test("one gateway learns a flagged script that another has loaded", async () => {
  await using gateway = await startRedis();
  const other = await gateway.addGateway();
  await upstashClient(gateway).createScript(FLAGGED).exec(["key"], ["a"]);
  const script = upstashClient(other).createScript<string[]>(FLAGGED);
  assertEquals(await script.exec(["key"], ["b"]), ["key", "b"]);
  assertEquals(other.commands.map(([name]) => name), ["EVALSHA", "EVAL"]);
});

Deno.test("a script's own error comes as it is", async () => {
  await using gateway = await startRedis();
  const script = upstashClient(gateway).createScript("return redis.error_reply('MINE is mine')");
  await assertRejects(() => script.exec([], []), Error, "MINE is mine");
});

Deno.test("scripts of one turn go in one request", async () => {
  await using gateway = await startRedis();
  const redis = upstashClient(gateway);
  const script = redis.createScript<number>("return redis.call('INCRBY', KEYS[1], ARGV[1])");
  await script.exec(["n"], ["1"]);
  const before = Number(redis["pipelineCounter" as keyof typeof redis]);
  const all = await Promise.all(["2", "3", "4"].map((by) => script.exec(["n"], [by])));
  assertEquals(all, [3, 6, 10]);
  assertEquals(Number(redis["pipelineCounter" as keyof typeof redis]) - before, 1);
});
