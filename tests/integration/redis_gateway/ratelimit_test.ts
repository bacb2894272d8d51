/**
 * Upstash's own rate limiter over the gateway: its scripts carry a flag that a stock Redis does not know.
 */
import { assertEquals } from "@std/assert";
import { Ratelimit } from "@upstash/ratelimit";
import { startRedis, type TestGateway } from "../../helpers/redis_gateway.ts";
import { upstashClient } from "../../helpers/upstash_client.ts";

const LIMITERS = {
  fixedWindow: Ratelimit.fixedWindow(3, "1 h"),
  slidingWindow: Ratelimit.slidingWindow(3, "1 h"),
  tokenBucket: Ratelimit.tokenBucket(1, "1 h", 3),
};

for (const [name, limiter] of Object.entries(LIMITERS)) {
  Deno.test(`${name} lets through as many as it may, and counts down`, async () => {
    await using gateway = await startRedis();
    const ratelimit = limiterOf(gateway, limiter);
    const answers = [];
    for (let i = 0; i < 5; i++) answers.push(await ratelimit.limit("someone"));
    assertEquals(answers.map(({ success }) => success), [true, true, true, false, false]);
    assertEquals(answers.map(({ remaining }) => remaining), [2, 1, 0, 0, 0]);
    assertEquals((await ratelimit.limit("another")).success, true);
  });

  Deno.test(`${name} takes a rate, and tells what remains`, async () => {
    await using gateway = await startRedis();
    const ratelimit = limiterOf(gateway, limiter);
    assertEquals((await ratelimit.getRemaining("someone")).remaining, 3);
    assertEquals((await ratelimit.limit("someone", { rate: 2 })).remaining, 1);
    assertEquals((await ratelimit.getRemaining("someone")).remaining, 1);
    assertEquals((await ratelimit.limit("someone", { rate: 2 })).success, false);
    await ratelimit.resetUsedTokens("someone");
    assertEquals((await ratelimit.limit("someone", { rate: 3 })).success, true);
  });

  Deno.test(`${name} costs one command once its script is known`, async () => {
    await using gateway = await startRedis();
    const ratelimit = limiterOf(gateway, limiter);
    await ratelimit.limit("someone");
    gateway.forget();
    await ratelimit.limit("someone");
    assertEquals(gateway.commands.map(([command]) => command), ["EVALSHA"]);
  });
}

function limiterOf(gateway: TestGateway, limiter: typeof LIMITERS.fixedWindow): Ratelimit {
  // Deserialization is what this package counts on: it is given the client as its pages show it.
  const redis = upstashClient(gateway, { automaticDeserialization: true });
  return new Ratelimit({ redis, limiter, prefix: "test", ephemeralCache: false });
}
