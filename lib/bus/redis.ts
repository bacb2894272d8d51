/**
 * Redis pub/sub through @upstash/redis, which speaks HTTP: sending is a request, an inbox a stream of server-sent
 * events on a channel of its own.
 *
 * Costs commands: one for each message, or for all that wait for one node, and at most 8 a minute to see whether an
 * idle inbox still hears.
 *
 * @module
 */
import type { Redis } from "@upstash/redis";
import { keepOpen } from "./keep_open.ts";
import type { Bus, BusMessage, Inbox, Subscription } from "./mod.ts";
import { type Letter, Outbox } from "./outbox.ts";
import { BUS_POLICY, type BusPolicy } from "./policy.ts";
import { Receiver } from "./receiver.ts";
import type { RedisAddress } from "./redis_requester.ts";
import { openRedisStream, type RedisStream } from "./redis_stream.ts";
import { checkNode, Sender } from "./sender.ts";

/**
 * A bus over this client, which stays the caller's, and over streams to the same address. The client is to have a
 * time-out of its own, and no retries.
 */
export function redisBus(
  redis: Redis,
  address: RedisAddress,
  policy: BusPolicy = BUS_POLICY,
): Bus {
  return new RedisBus(redis, address, policy);
}

/**
 * Between letters that share a message, as between texts of JSON (RFC 7464), none of which holds it. They share one
 * because a stream is read an event at a time, one in a turn of the event loop: where turns last 30 ms, letters that come
 * by 500 a second would wait for each other.
 */
const SEPARATOR = "\x1e";

// No comma: the client splits what comes at commas.
const channelOf = (node: string) => `meshlift:inbox:${node}`;

/** An inbox that is wanted open. */
interface Wanted {
  stream?: RedisStream;
  /** Why it is not open. */
  reason?: string;
  stop(): Promise<void>;
}

class RedisBus implements Bus {
  readonly #redis: Redis;
  readonly #address: RedisAddress;
  readonly #policy: BusPolicy;
  readonly #outbox: Outbox;
  readonly #sender: Sender;
  readonly #wanted = new Set<Wanted>();

  constructor(redis: Redis, address: RedisAddress, policy: BusPolicy) {
    this.#redis = redis;
    this.#address = address;
    this.#policy = policy;
    this.#outbox = new Outbox({
      send: (batch) => this.#send(batch),
      recovered: () => this.check(),
      timeoutMs: policy.sendTimeoutMs,
      ...policy.redis,
    });
    this.#sender = new Sender(
      (node, text) => this.#outbox.put({ channel: channelOf(node), text }),
      policy,
    );
  }

  get state(): "up" | "down" {
    const deaf = [...this.#wanted].some(({ stream }) => stream === undefined);
    return deaf ? "down" : this.#outbox.state;
  }

  get reason(): string {
    if (this.state === "up") return "";
    const deaf = [...this.#wanted].find(({ stream }) => stream === undefined);
    if (!deaf) return "Redis: messages cannot be sent";
    return `Redis: ${(deaf.reason ?? "the inbox is being opened").split(", command was:")[0]}`;
  }

  publish(node: string, message: BusMessage): Promise<void> {
    return this.#sender.publish(node, message);
  }

  subscribe(node: string, inbox: Inbox): Subscription {
    checkNode(node);
    const receiver = new Receiver(inbox);
    const ready = Promise.withResolvers<void>();
    const stream = {
      redis: this.#redis,
      address: this.#address,
      channel: channelOf(node),
      hear: (text: string) => text.split(SEPARATOR).forEach((letter) => receiver.hear(letter)),
      policy: this.#policy,
    };
    const stop = keepOpen({
      open: (signal) => openRedisStream(stream, signal),
      opened: (it, gap) => {
        wanted.stream = it;
        ready.resolve();
        if (gap) receiver.missed();
      },
      away: (reason) => {
        wanted.stream = undefined;
        wanted.reason = reason.message;
      },
      backoff: this.#policy.backoff,
    });
    const wanted: Wanted = {
      stop: async () => {
        this.#wanted.delete(wanted);
        ready.resolve();
        await stop();
      },
    };
    this.#wanted.add(wanted);
    return { ready: ready.promise, close: wanted.stop };
  }

  check(): void {
    for (const { stream } of this.#wanted) stream?.check();
  }

  async close(): Promise<void> {
    const streams = [...this.#wanted].map(({ stop }) => stop());
    await Promise.all([this.#outbox.close(), ...streams]);
  }

  async #send(batch: readonly Letter[]): Promise<(string | undefined)[]> {
    const channels = Map.groupBy(batch, ({ channel }) => channel);
    const pipeline = this.#redis.pipeline();
    for (const [channel, letters] of channels) {
      pipeline.publish(channel, letters.map(({ text }) => text).join(SEPARATOR));
    }
    try {
      const results = await pipeline.exec({ keepErrors: true });
      const faults = new Map(
        [...channels.keys()].map((channel, i) => [channel, results[i]!.error]),
      );
      return batch.map(({ channel }) => faults.get(channel));
    } catch (error) {
      throw new Error(withoutCommands(error));
    }
  }
}

/** The client's errors repeat the whole request, and what people say to each other is not for the log. */
function withoutCommands(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split(", command was:")[0]!;
}
