/**
 * Subscriptions of the real client: what arrives, and how their end shows.
 */
import { assertEquals, assertRejects } from "@std/assert";
import { startRedis, type TestGateway } from "../../helpers/redis_gateway.ts";
import { upstashClient } from "../../helpers/upstash_client.ts";

const MESSAGES = [
  "plain",
  "commas, more, and, more",
  JSON.stringify({ text: "grüße, 🦕\n", list: [1, "2"] }),
  "",
];

Deno.test("a subscriber gets what is published, as it was and in order", async () => {
  await using gateway = await startRedis();
  const redis = upstashClient(gateway);
  const { got, close } = await subscribed(gateway, "subscribe", "chat");
  for (const message of MESSAGES) assertEquals(await redis.publish("chat", message), 1);
  assertEquals(
    await got(MESSAGES.length),
    MESSAGES.map((message) => ({ channel: "chat", message })),
  );
  await close();
});

Deno.test("a subscriber by pattern gets the channel with each message", async () => {
  await using gateway = await startRedis();
  const redis = upstashClient(gateway);
  const { got, close } = await subscribed(gateway, "psubscribe", "room:*");
  for (const message of MESSAGES) assertEquals(await redis.publish("room:1", message), 1);
  const expected = MESSAGES.map((message) => ({ pattern: "room:*", channel: "room:1", message }));
  assertEquals<unknown>(await got(MESSAGES.length), expected);
  await close();
});

Deno.test("a stream that its client leaves is left in Redis, too", async () => {
  await using gateway = await startRedis();
  const body = await openStream(gateway);
  assertEquals(await gateway.server.call("PUBSUB", "CHANNELS"), ["chat"]);
  await body.cancel();
  await gateway.faults.streamsOpen(0);
  while ((await gateway.server.call("PUBSUB", "CHANNELS") as string[]).length > 0);
});

Deno.test("a message of 1,000,000 bytes arrives whole", async () => {
  await using gateway = await startRedis();
  const redis = upstashClient(gateway);
  const { got, close } = await subscribed(gateway, "subscribe", "chat");
  const message = "x".repeat(1_000_000);
  await redis.publish("chat", message);
  assertEquals(await got(1), [{ channel: "chat", message }]);
  await close();
});

for (const end of ["killed", "restarted"] as const) {
  Deno.test(`a stream ends when its Redis is ${end}`, async () => {
    await using gateway = await startRedis();
    const body = await openStream(gateway);
    if (end === "killed") await gateway.server.kill();
    else await gateway.server.restart();
    assertEquals(await body.read(), "");
  });
}

Deno.test("a stream ends when Redis drops its connection alone", async () => {
  await using gateway = await startRedis();
  const body = await openStream(gateway);
  await gateway.server.call("CLIENT", "KILL", "TYPE", "pubsub");
  assertEquals(await body.read(), "");
  assertEquals(await upstashClient(gateway).ping(), "PONG");
});

Deno.test("who subscribes while Redis is away hears it at once", async () => {
  await using gateway = await startRedis();
  await gateway.server.kill();
  await assertRejects(() => openStream(gateway), Error, "503");
});

interface Subscribed {
  /** What came, once there are so many. */
  got(count: number): Promise<unknown[]>;
  close(): Promise<void>;
}

async function subscribed(
  gateway: TestGateway,
  kind: "subscribe" | "psubscribe",
  topic: string,
): Promise<Subscribed> {
  const messages: unknown[] = [];
  let look = () => {};
  let state: "open" | "closing" = "open";
  const ready = Promise.withResolvers<void>();
  const redis = upstashClient(gateway);
  const subscriber = redis[kind](topic);
  const take = (message: unknown) => {
    // What a listener throws ends the stream for sure, and without a word when it has this name.
    // unsubscribe() does not once a garbage collection has come between (Deno 2.9).
    if (state === "closing") throw new DOMException("The test has ended", "AbortError");
    messages.push(message);
    look();
  };
  subscriber.on("error", (error) => {
    take(error);
    ready.reject(error);
  });
  subscriber.on(kind, () => ready.resolve());
  if (kind === "subscribe") subscriber.on("message", take);
  else subscriber.on("pmessage", take);
  await ready.promise;
  return {
    got(count) {
      const { promise, resolve } = Promise.withResolvers<unknown[]>();
      look = () => {
        if (messages.length >= count) resolve(messages);
      };
      look();
      return promise;
    },
    async close() {
      state = "closing";
      await redis.publish(topic, "the last");
      await gateway.faults.streamsOpen(0);
    },
  };
}

/** A stream without a client of Upstash's; it is subscribed. */
async function openStream({ url, token }: TestGateway) {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/subscribe/chat`, { headers });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const read = async () => (await reader.read()).value ?? "";
  assertEquals(await read(), "data: subscribe,chat,1\n\n");
  return { read, cancel: () => reader.cancel() };
}
