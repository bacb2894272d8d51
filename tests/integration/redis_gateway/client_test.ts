/**
 * The gateway as the real client of Upstash sees it.
 */
import { assertEquals, assertRejects } from "@std/assert";
import { startRedis } from "../../helpers/redis_gateway.ts";
import { upstashClient } from "../../helpers/upstash_client.ts";

Deno.test("strings come back as they were stored, whatever is in them", async () => {
  await using gateway = await startRedis();
  const redis = upstashClient(gateway);
  const strings = [
    "",
    "plain",
    "grüße 🦕 \u{10ffff}",
    '"quoted"\\',
    "a\r\nb\tc\0d",
    "T0s=",
    "OK",
    "null",
    "12",
  ];
  for (const string of strings) await redis.set(string || "empty", string);
  for (const string of strings) assertEquals(await redis.get(string || "empty"), string);
  assertEquals(await redis.mget(...strings.map((string) => string || "empty")), strings);
});

Deno.test("without base64 strings come back as they were stored, too", async () => {
  await using gateway = await startRedis();
  const redis = upstashClient(gateway, { responseEncoding: false });
  await redis.set("key", "grüße 🦕\n");
  assertEquals(await redis.get("key"), "grüße 🦕\n");
});

Deno.test("numbers, nothing, and lists in lists keep their shape", async () => {
  await using gateway = await startRedis();
  const redis = upstashClient(gateway);
  assertEquals(await redis.incrby("n", 41), 41);
  assertEquals(await redis.get("absent"), null);
  assertEquals(await redis.mget("absent", "n"), [null, "41"]);
  const nested = "return {1, {'two', false, {'OK', 3}}, redis.status_reply('OK')}";
  assertEquals(await redis.eval(nested, [], []), [1, ["two", null, ["OK", 3]], "OK"]);
});

Deno.test("a hash is an object to the client, in a transaction as well", async () => {
  await using gateway = await startRedis();
  const redis = upstashClient(gateway, { automaticDeserialization: true });
  assertEquals(await redis.hset("hash", { one: "eins", two: "z w e i" }), 2);
  assertEquals(await redis.hgetall("hash"), { one: "eins", two: "z w e i" });
  assertEquals(await redis.hgetall("absent"), null);
  assertEquals(await redis.multi().hgetall("hash").exec(), [{ one: "eins", two: "z w e i" }]);
});

Deno.test("scores, scans and streams come as the client expects them", async () => {
  await using gateway = await startRedis();
  const redis = upstashClient(gateway);
  await redis.zadd("z", { score: 1.5, member: "a" }, { score: 2, member: "b" });
  assertEquals(await redis.zrange("z", 0, -1, { withScores: true }), ["a", "1.5", "b", "2"]);
  assertEquals(await redis.scan("0", { match: "z*" }), ["0", ["z"]]);
  await redis.xadd("s", "1-1", { field: "value" });
  assertEquals<unknown>(await redis.xrange("s", "-", "+"), [["1-1", ["field", "value"]]]);
});

Deno.test("what goes wrong in Redis is an error that names it", async () => {
  await using gateway = await startRedis();
  const redis = upstashClient(gateway);
  await redis.set("text", "x");
  await assertRejects(() => redis.incr("text"), Error, "ERR value is not an integer");
  const plain = upstashClient(gateway, { enableAutoPipelining: false });
  await assertRejects(() => plain.incr("text"), Error, "ERR value is not an integer");
});

Deno.test("commands of one turn go in one request, and one that fails fails alone", async () => {
  await using gateway = await startRedis();
  const redis = upstashClient(gateway);
  const results = await Promise.allSettled([
    redis.set("a", "x"),
    redis.incr("a"),
    redis.set("b", 2),
  ]);
  assertEquals(results.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  assertEquals(gateway.commands, [["SET", "a", "x"], ["INCR", "a"], ["SET", "b", "2"]]);
});
