/**
 * `deno task redis`: the Upstash REST protocol over a Redis of your own, or over a private one that is
 * started when REDIS_URL is not set. Prints what to set for the service, and serves until SIGINT.
 *
 * @module
 */
import { readConfig } from "./redis/config.ts";
import { startGateway } from "./redis/gateway.ts";
import { freePort, type RedisProcess, startRedisProcess } from "./redis/server.ts";

if (import.meta.main) {
  try {
    Deno.exitCode = await main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exitCode = 1;
  }
}

async function main(): Promise<number> {
  const { redisUrl, host, port, token } = readConfig(Deno.env.get);
  const told = signalled();
  if (redisUrl !== undefined) {
    await serve(redisUrl);
    return 0;
  }
  const folder = await Deno.makeTempDir({ prefix: "redis-" });
  let server: RedisProcess | undefined;
  try {
    server = await startRedisProcess(freePort(), folder);
    await serve(`redis://127.0.0.1:${server.port}`, server.exited);
    return 0;
  } finally {
    server?.signal("SIGTERM");
    await server?.exited;
    await Deno.remove(folder, { recursive: true });
  }

  async function serve(redisUrl: string, exited: Promise<unknown> = new Promise(() => {})) {
    await using gateway = await startGateway({ redisUrl, host, port, token, log: console.error });
    console.log(`UPSTASH_REDIS_REST_URL=${gateway.url}`);
    console.log(`UPSTASH_REDIS_REST_TOKEN=${gateway.token}`);
    const end = await Promise.race([told.then(() => "told"), exited.then(() => "exited")]);
    if (end === "exited") throw new Error("The private Redis has ended: expected it to run on");
  }
}

/** Resolves at the first request to end. */
function signalled(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, resolve);
  return promise;
}
