/**
 * A subscription as a stream of server-sent events, over a connection to Redis of its own. When either
 * ends the other does: a client notices a lost subscription by the end of its stream.
 *
 * @module
 */
import type { Buffer } from "node:buffer";
import { type Redis, ReplyError } from "ioredis";
import { connection, end, type LinkOptions, RedisAwayError } from "./link.ts";

export type SubscriptionKind = "subscribe" | "psubscribe";

/** What may wait for a client that reads slowly, in bytes; with more its stream is ended. */
const BUFFER_BYTES = 8_388_608;

/**
 * Subscribes, and gives the events that tell of it and of what is published.
 *
 * A connection on which nothing comes may be dead without a word: Redis is asked whether it is still there.
 *
 * @param signal ends the stream; so does its reader by `cancel`
 * @throws {RedisAwayError} when Redis cannot be reached
 */
export async function openStream(
  kind: SubscriptionKind,
  topics: readonly string[],
  signal: AbortSignal,
  options: LinkOptions,
): Promise<ReadableStream<Uint8Array>> {
  const redis = connection(options);
  const events = new Events(redis, topics.map((topic, index) => `${kind},${topic},${index + 1}`));
  const leave = () => void end(redis);
  signal.addEventListener("abort", leave, { once: true });
  const pinging = setInterval(() => {
    redis.ping().catch(() => {/* it closes the connection, and that ends the stream */});
  }, options.timeoutMs);
  redis.once("end", () => {
    clearInterval(pinging);
    signal.removeEventListener("abort", leave);
    events.end();
  });
  try {
    await redis.connect();
    await redis[kind](...topics);
  } catch (error) {
    await end(redis);
    if (error instanceof ReplyError) throw error;
    throw new RedisAwayError(
      `ERR cannot ${kind} to ${topics.join(", ")}: Redis is away: ${(error as Error).message}`,
    );
  }
  return events.open();
}

/** Collects events from the start, so that none is lost while the subscription is being confirmed. */
class Events {
  readonly #stream: ReadableStream<Uint8Array>;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #state: "open" | "ended" = "open";

  constructor(readonly redis: Redis, confirmations: readonly string[]) {
    this.#stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: () => end(redis),
    }, new ByteLengthQueuingStrategy({ highWaterMark: BUFFER_BYTES }));
    redis.on("error", () => {/* "end" follows, and is what counts */});
    for (const confirmation of confirmations) this.#add(confirmation);
    redis.on("messageBuffer", (channel: Buffer, message: Buffer) => {
      this.#add(`message,${channel},${message}`);
    });
    redis.on("pmessageBuffer", (pattern: string, channel: Buffer, message: Buffer) => {
      this.#add(`pmessage,${pattern},${channel},${message}`);
    });
  }

  open(): ReadableStream<Uint8Array> {
    return this.#stream;
  }

  end(): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    try {
      this.#controller.close();
    } catch { /* the client has cancelled it */ }
  }

  #add(event: string): void {
    if (this.#state === "ended") return;
    // By the standard of server-sent events each line of the data has a field of its own.
    const data = event.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`).join("");
    const bytes = new TextEncoder().encode(`${data}\n`);
    if (bytes.length <= (this.#controller.desiredSize ?? 0)) {
      this.#controller.enqueue(bytes);
      return;
    }
    this.end();
    void end(this.redis);
  }
}
