/**
 * What the service counts on in the client of Upstash, and would be hurt by if it changed.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { startRedis } from "../../helpers/redis_gateway.ts";
import { upstashClient } from "../../helpers/upstash_client.ts";

Deno.test("a request whose signal (from a function) aborts rejects, and is not repeated", async () => {
  await using gateway = await startRedis();
  gateway.faults.set({ kind: "hang" });
  for (const enableAutoPipelining of [true, false]) {
    const signal = () => AbortSignal.timeout(100);
    const redis = upstashClient(gateway, { signal, enableAutoPipelining });
    await assertRejects(() => redis.get("a"), DOMException, "timeout");
  }
});

Deno.test("with no retries a request that fails is sent once", async () => {
  let connections = 0;
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const dropping = (async () => {
    for await (const connection of listener) {
      connections++;
      connection.close();
    }
  })();
  const url = `http://127.0.0.1:${listener.addr.port}`;
  await assertRejects(() => upstashClient({ url, token: "token" }).get("a"));
  assertEquals(connections, 1);
  listener.close();
  await dropping;
});

Deno.test("an error of the server is not repeated", async () => {
  await using gateway = await startRedis();
  gateway.faults.set({ kind: "lost answer" });
  const redis = upstashClient(gateway, { retry: { retries: 5, backoff: () => 0 } });
  await assertRejects(() => redis.incr("n"), Error, "the answer was lost");
  assertEquals(gateway.count("INCR"), 1);
});

Deno.test("a time-out of requests leaves an open subscription alone, whose end is not told", async () => {
  await using gateway = await startRedis();
  const redis = upstashClient(gateway, { signal: () => AbortSignal.timeout(100) });
  const events: string[] = [];
  const subscriber = redis.subscribe("chat");
  for (const event of ["subscribe", "error", "unsubscribe"]) {
    subscriber.on(event as "error", () => events.push(event));
  }
  await gateway.faults.streamsOpen(1);
  gateway.faults.set({ kind: "hang" });
  await assertRejects(() => redis.get("a"), DOMException, "timeout");
  assertEquals(gateway.faults.streams, 1);
  gateway.faults.endStreams();
  await gateway.faults.streamsOpen(0);
  assertEquals(events, ["subscribe"]);
  assertEquals(subscriber.getSubscribedChannels(), ["chat"]);
  await subscriber.unsubscribe();
});

Deno.test("a subscription that is refused is told as an error", async () => {
  await using gateway = await startRedis();
  gateway.faults.set({ kind: "error", status: 503, error: "ERR away" });
  const { promise, resolve } = Promise.withResolvers<Error>();
  upstashClient(gateway).subscribe("chat").on("error", resolve);
  assert((await promise).message.startsWith("ERR away"));
});
