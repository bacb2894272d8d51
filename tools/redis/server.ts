/**
 * A private redis-server: in memory only, on 127.0.0.1, in a temporary folder.
 *
 * @module
 */
import { Redis } from "ioredis";
import { find, REDIS_SERVER } from "../test/requirements.ts";

export interface RedisProcess {
  readonly port: number;
  readonly pid: number;
  /** How it ended. */
  readonly exited: Promise<Deno.CommandStatus>;
  /** Sends a signal; nothing when it has ended. */
  signal(signal: Deno.Signal): void;
}

const START_LIMIT_MS = 10_000;
const ASK_EVERY_MS = 20;

/**
 * Starts one and waits until it answers.
 *
 * @param folder where it may write
 * @throws {Error} when there is no redis-server, or with what it printed when it does not start
 */
export async function startRedisProcess(port: number, folder: string): Promise<RedisProcess> {
  const program = await find(REDIS_SERVER);
  if (program === undefined) {
    throw new Error(
      `Cannot start a Redis: expected redis-server on the PATH, or ${REDIS_SERVER.variable} to say where it ` +
        `is (Debian's package is ${
          REDIS_SERVER.packages.join(" ")
        }), or REDIS_URL to name one that runs`,
    );
  }
  const child = new Deno.Command(program, {
    args: ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
      .concat(["--dir", folder, "--loglevel", "warning"])
      // By its environment, which a title of its own would be written over, whoever started it knows it.
      .concat(["--set-proc-title", "no"]),
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const printed = new Response(child.stdout).text();
  const signal = (signal: Deno.Signal) => {
    try {
      child.kill(signal);
    } catch (error) {
      // It has ended meanwhile.
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
  };
  const exited = Promise.all([child.status, printed]).then(([status]) => status);
  const failed = exited.then(async ({ code }) => {
    throw new Error(
      `Cannot start a Redis on port ${port}: it ended with ${code}:\n${await printed}`,
    );
  });
  try {
    await Promise.race([answers(port), failed]);
  } catch (error) {
    signal("SIGKILL");
    await exited;
    throw error;
  }
  failed.catch(() => {/* later ends are told by `exited` */});
  return { port, pid: child.pid, exited, signal };
}

/** A port of 127.0.0.1 that is free now. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function answers(port: number): Promise<void> {
  const redis = new Redis({
    port,
    host: "127.0.0.1",
    retryStrategy: (times) => times * ASK_EVERY_MS < START_LIMIT_MS ? ASK_EVERY_MS : null,
    maxRetriesPerRequest: null,
  });
  redis.on("error", () => {/* expected until it is up */});
  try {
    await redis.ping();
  } finally {
    redis.disconnect();
  }
}
