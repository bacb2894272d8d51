import { assert, assertEquals, assertThrows } from "@std/assert";
import { readConfig } from "../../../../tools/redis/config.ts";

const read = (env: Record<string, string>) => readConfig((name) => env[name]);

Deno.test("without an environment the gateway has a Redis and a token of its own", () => {
  const { token, ...rest } = read({});
  assertEquals(rest, { redisUrl: undefined, host: "127.0.0.1", port: 8079 });
  assert(token.length >= 32);
  assert(token !== read({}).token);
});

Deno.test("the environment says where Redis is, where to listen, and what to ask for", () => {
  const env = {
    REDIS_URL: "rediss://user:password@redis.example:6380/2",
    HOST: "::",
    PORT: "0",
    UPSTASH_REDIS_REST_TOKEN: "secret",
  };
  const { redisUrl, host, port, token } = read(env);
  assertEquals([redisUrl, host, port, token], [env.REDIS_URL, "::", 0, "secret"]);
});

const WRONG: [env: Record<string, string>, error: string][] = [
  [{ REDIS_URL: "localhost:6379" }, 'REDIS_URL is "localhost:6379": expected redis://'],
  [{ REDIS_URL: "http://u:secret@h" }, 'REDIS_URL is "http://u:...@h": expected redis://'],
  [{ REDIS_URL: "redis://" }, 'REDIS_URL is "redis://": expected redis://host'],
  [{ PORT: "80a" }, 'PORT is "80a": expected a number from 0 to 65535'],
  [{ PORT: "65536" }, 'PORT is "65536"'],
  [{ UPSTASH_REDIS_REST_TOKEN: "two words" }, "UPSTASH_REDIS_REST_TOKEN cannot be sent"],
];

Deno.test("what is wrong in the environment is told, but for passwords", () => {
  for (const [env, error] of WRONG) {
    assertThrows(() => read(env), Error, error);
  }
});
