/**
 * The connection to Redis that all commands share. It never keeps a command for later: what cannot be
 * sent now, or is not answered in time, fails, and the connection comes back by itself.
 *
 * @module
 */
import { Redis, ReplyError } from "ioredis";
import type { RedisCommand } from "./command.ts";
import type { Outcome, Reply } from "./reply.ts";
import { Scripts } from "./scripts.ts";

/** Redis is not connected, or did not answer; answered by 503. */
export class RedisAwayError extends Error {
  override readonly name = "RedisAwayError";
}

export interface LinkOptions {
  /** `redis://user:password@host:port/database`. */
  readonly url: string;
  /** What a connection attempt and each command may take, in ms. */
  readonly timeoutMs: number;
  /** Told when the connection opens, and when it is lost. */
  readonly log: (line: string) => void;
}

/** How long the other side may take to agree to an end. */
const DISCONNECT_MS = 100;
const RECONNECT_FIRST_MS = 20;
const RECONNECT_MOST_MS = 500;

export class RedisLink {
  readonly #redis: Redis;
  readonly #scripts = new Scripts();
  /** Of this connection, or of this attempt at one. */
  #error: string | undefined;
  #reason = "";
  #lastTold = "";
  #attempts = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly options: LinkOptions) {
    this.#redis = connection(options);
    this.#redis.on("error", (error: Error) => {
      // The first error tells why, those that follow from it do not.
      this.#error ??= error.message;
      // It has refused the password or the database, and would go on with another.
      if (error instanceof ReplyError) this.#redis.disconnect();
    });
    this.#redis.on("ready", () => {
      this.#attempts = 0;
      this.#tell("Redis is connected");
    });
    this.#redis.on("end", this.#retryLater);
    this.#connect();
  }

  /** Resolves when commands can be sent. */
  async connected(): Promise<void> {
    while (this.#redis.status !== "ready") await once(this.#redis, "ready");
  }

  /** Resolves when the first attempt to connect has ended, well or badly. */
  async settled(): Promise<void> {
    if (this.#redis.status !== "ready") await once(this.#redis, "ready", "end");
  }

  /** Runs commands in order, not as one. @throws {RedisAwayError} when nothing could be sent. */
  async run(commands: readonly RedisCommand[]): Promise<Outcome[]> {
    const replies = await this.#send(commands.map((command) => this.#scripts.translate(command)));
    return replies.map((reply, index) => outcomeOf(commands[index]!, reply));
  }

  /**
   * Runs commands as one. An error of one is its outcome, as in Redis.
   *
   * @throws {RedisAwayError} when they did not run, or it is not known whether they did
   * @throws {ReplyError} when Redis took none of them
   */
  async transaction(commands: readonly RedisCommand[]): Promise<Outcome[]> {
    const stock = commands.map((command) => this.#scripts.translate(command));
    const replies = await this.#send([MULTI, ...stock, EXEC]);
    const result = replies.pop();
    if (result instanceof ReplyError) {
      const cause = replies.find((reply) => reply instanceof ReplyError);
      throw new ReplyError([result, cause].map((error) => (error as Error)?.message).join(" "));
    }
    if (result instanceof Error) throw new RedisAwayError(unanswered(EXEC, result));
    return (result as Reply[]).map((reply, index) => outcomeOf(commands[index]!, reply));
  }

  /** Resolves when it is closed; what was not answered by then has failed. */
  async close(): Promise<void> {
    clearTimeout(this.#retry);
    this.#redis.off("end", this.#retryLater);
    await end(this.#redis);
  }

  #connect(): void {
    this.#redis.connect().catch(() => {/* "end" follows */});
  }

  readonly #retryLater = () => {
    this.#reason = this.#error ?? "the connection was closed";
    this.#error = undefined;
    this.#tell(`Redis is away: ${this.#reason}`);
    const delayMs = Math.min(RECONNECT_FIRST_MS * 2 ** this.#attempts++, RECONNECT_MOST_MS);
    this.#retry = setTimeout(() => this.#connect(), delayMs);
  };

  /** Once each, however many attempts to connect fail alike. */
  #tell(line: string): void {
    if (line !== this.#lastTold) this.options.log(line);
    this.#lastTold = line;
  }

  /** All in one write: none of another request comes between. */
  async #send(commands: readonly RedisCommand[]): Promise<Reply[]> {
    if (this.#redis.status !== "ready") {
      throw new RedisAwayError(`ERR Redis is away: ${this.#reason}`);
    }
    const pipeline = this.#redis.pipeline();
    for (const { name, args } of commands) {
      // In capitals a name has no transformer in ioredis: replies stay as Redis gave them.
      pipeline.callBuffer(name, [...args]);
    }
    const ended = await pipeline.exec() ?? [];
    return ended.map(([error, reply]) => error ?? reply as Reply);
  }
}

const MULTI: RedisCommand = { name: "MULTI", args: [] };
const EXEC: RedisCommand = { name: "EXEC", args: [] };

/**
 * A connection that is not open yet. It never renews itself, nor holds back or repeats a command: ioredis
 * would, but then neither the end of a subscription nor that of a closing gateway could be told for sure.
 */
export function connection({ url, timeoutMs }: LinkOptions): Redis {
  return new Redis(url, {
    lazyConnect: true,
    protocol: 2,
    disableClientInfo: true,
    connectTimeout: timeoutMs,
    disconnectTimeout: DISCONNECT_MS,
    commandTimeout: timeoutMs,
    // One that does not answer is given up as a whole, or unanswered commands would pile up on it.
    socketTimeout: timeoutMs,
    enableOfflineQueue: false,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
  });
}

/** Closes a connection in whatever state it is; resolves when it is closed. */
export async function end(redis: Redis): Promise<void> {
  // Told to disconnect once more, ioredis would set a timer that nothing clears.
  if (redis.status === "end") return;
  const ended = once(redis, "end");
  redis.disconnect();
  await ended;
}

function outcomeOf(command: RedisCommand, reply: Reply): Outcome {
  if (reply instanceof ReplyError) return { error: (reply as Error).message };
  if (reply instanceof Error) return { error: unanswered(command, reply) };
  return { result: Scripts.digestOf(command) ?? reply };
}

function unanswered({ name }: RedisCommand, { message }: Error): string {
  return `ERR Redis is away: ${name} got no answer: ${message}`;
}

function once(redis: Redis, ...events: string[]): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const event of events) redis.on(event, resolve);
  return promise.finally(() => {
    for (const event of events) redis.off(event, resolve);
  });
}
