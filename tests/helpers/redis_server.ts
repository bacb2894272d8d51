/**
 * A Redis of a test's own, that can be made to fail in all the ways in which one does.
 *
 * @module
 */
import { Redis } from "ioredis";
import { freePort, type RedisProcess, startRedisProcess } from "../../tools/redis/server.ts";

export interface RedisServer extends AsyncDisposable {
  /** `redis://127.0.0.1:...`, the same for all its life. */
  readonly url: string;
  readonly port: number;
  /** Of the process that runs now. */
  readonly pid: number;
  /** Runs one command over a connection of its own, past any gateway. */
  call(...command: string[]): Promise<unknown>;
  /** Ends it by SIGTERM, and waits. */
  stop(): Promise<void>;
  /** Ends it by SIGKILL, and waits. */
  kill(): Promise<void>;
  /** Starts it again after `stop` or `kill`: on the same port, with nothing in it. */
  start(): Promise<void>;
  /** Kills it and starts it again: what it knew is gone. */
  restart(): Promise<void>;
  /** Stops it in its tracks (SIGSTOP): connections stay, and nothing answers. */
  pause(): void;
  /** Lets it go on (SIGCONT). */
  resume(): void;
}

/** Starts a redis-server on a free port. `await using` ends it and removes what it wrote. */
export async function startRedisServer(): Promise<RedisServer> {
  const folder = await Deno.makeTempDir({ prefix: "redis-" });
  const port = freePort();
  let running: RedisProcess;
  try {
    running = await startRedisProcess(port, folder);
  } catch (error) {
    await Deno.remove(folder, { recursive: true });
    throw error;
  }

  async function end(signal: Deno.Signal): Promise<void> {
    running.signal(signal);
    // A paused one takes a signal to end only when it goes on.
    running.signal("SIGCONT");
    await running.exited;
  }

  async function start(): Promise<void> {
    running = await startRedisProcess(port, folder);
  }

  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return running.pid;
    },
    call: (...command) => call(port, command),
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    start,
    async restart() {
      await end("SIGKILL");
      await start();
    },
    pause: () => running.signal("SIGSTOP"),
    resume: () => running.signal("SIGCONT"),
    async [Symbol.asyncDispose]() {
      await end("SIGKILL");
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function call(port: number, [name = "", ...args]: string[]): Promise<unknown> {
  const redis = new Redis({ host: "127.0.0.1", port, retryStrategy: () => null });
  redis.on("error", () => {/* the command fails, and tells */});
  try {
    return await redis.call(name, args);
  } finally {
    redis.disconnect();
  }
}
