/**
 * Transactions of the real client.
 */
import { assertEquals, assertRejects } from "@std/assert";
import { startRedis } from "../../helpers/redis_gateway.ts";
import { upstashClient } from "../../helpers/upstash_client.ts";

Deno.test("a transaction runs whole, and costs its commands", async () => {
  await using gateway = await startRedis();
  const redis = upstashClient(gateway);
  const results = await redis.multi().set("a", "1").incr("a").mget("a", "b").exec();
  assertEquals<unknown>(results, ["OK", 2, ["2", null]]);
  assertEquals(gateway.commands.map(([name]) => name), ["SET", "INCR", "MGET"]);
});

Deno.test("a command that fails in a transaction does not undo the others", async () => {
  await using gateway = await startRedis();
  const redis = upstashClient(gateway);
  const transaction = redis.multi().set("a", "x").incr("a").set("b", "y");
  const [first, second, third] = await transaction.exec({ keepErrors: true });
  assertEquals([first.result, third.result], ["OK", "OK"]);
  assertEquals(second.error, "ERR value is not an integer or out of range");
});

Deno.test("a transaction that Redis cannot take is not begun, and tells why", async () => {
  await using gateway = await startRedis();
  const redis = upstashClient(gateway);
  const unknown = { url: `${gateway.url}/multi-exec`, body: [["SET", "a", 1], ["GET"]] };
  const response = await fetch(unknown.url, {
    method: "POST",
    headers: { authorization: `Bearer ${gateway.token}` },
    body: JSON.stringify(unknown.body),
  });
  const { error } = await response.json();
  assertEquals(response.status, 400);
  assertEquals(error.slice(0, 9), "EXECABORT");
  assertEquals(error.includes("wrong number of arguments for 'get'"), true);
  assertEquals(await redis.get("a"), null);
});

Deno.test("transactions of many clients do not mix", async () => {
  await using gateway = await startRedis();
  const redis = upstashClient(gateway);
  const add = () => redis.multi().incr("n").incr("n").exec<[number, number]>();
  const pairs = await Promise.all(Array.from({ length: 200 }, add));
  assertEquals(pairs.every(([first, second]) => second === first + 1), true);
  assertEquals(await redis.get("n"), "400");
});

Deno.test("a script with Upstash's flag runs in a transaction, too", async () => {
  await using gateway = await startRedis();
  const redis = upstashClient(gateway);
  const flagged = "#!lua flags=allow-key-locking\nreturn 7";
  assertEquals<unknown>(await redis.multi().eval(flagged, [], []).exec(), [7]);
});

Deno.test("a wrong token is the client's error", async () => {
  await using gateway = await startRedis();
  const redis = upstashClient({ url: gateway.url, token: "wrong" });
  await assertRejects(() => redis.get("a"), Error, "WRONGPASS");
});
