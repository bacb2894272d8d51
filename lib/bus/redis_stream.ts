import { Redis } from "@upstash/redis";
import { assertNever } from "../assert_never.ts";
import type { Opened } from "./keep_open.ts";
import type { BusPolicy } from "./policy.ts";
import { type RedisAddress, StreamRequester } from "./redis_requester.ts";
import { judge, type Silence } from "./silence.ts";
import { within } from "./within.ts";

/** What a node sends itself to see whether it still hears. Not JSON, because the client would parse it. */
export const ECHO = "echo me";

export interface RedisStreamOptions {
  /** Sends echoes. */
  redis: Redis;
  address: RedisAddress;
  channel: string;
  hear(text: string): void;
  policy: BusPolicy;
}

/** Subscribes to a channel. @throws {Error} when that was not confirmed in time, or the signal was aborted. */
export async function openRedisStream(
  { redis, address, channel, hear, policy }: RedisStreamOptions,
  signal: AbortSignal,
): Promise<RedisStream> {
  const open = Promise.withResolvers<void>();
  const fail = (reason: Error) => {
    open.reject(reason);
    stream.end(reason);
  };
  const subscriber = new Redis(new StreamRequester(address, fail)).subscribe<unknown>(channel);
  const stream = new RedisStream({
    hear,
    ask: () => {
      redis.publish(channel, ECHO).catch(() => {/* no echo will come */});
    },
    drop: () => subscriber.unsubscribe(),
    ...policy.redis,
  });
  subscriber.on("subscribe", () => open.resolve());
  subscriber.on("message", ({ message }) => stream.hear(message));
  subscriber.on("error", fail);
  const abort = () => fail(new Error("it was closed"));
  signal.addEventListener("abort", abort);
  try {
    await within(open.promise, policy.openTimeoutMs, "subscribe");
    stream.watch();
    return stream;
  } catch (error) {
    await stream.close();
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

interface StreamOptions {
  hear(text: string): void;
  /** Sends an echo round. */
  ask(): void;
  /** Ends the stream beneath. */
  drop(): Promise<void>;
  quietMs: number;
  echoMs: number;
}

/**
 * One subscription. It can die without a word (a connection that is lost, a server that has forgotten it), so it is
 * asked for a sign of life whenever it is silent.
 */
export class RedisStream implements Opened {
  readonly ended: Promise<Error>;
  #resolveEnded!: (reason: Error) => void;
  #silence: Silence = { heardAtMs: Date.now(), askedAtMs: undefined };
  #timer: ReturnType<typeof setTimeout> | undefined;
  #state: "open" | "ended" = "open";

  constructor(readonly options: StreamOptions) {
    this.ended = new Promise((resolve) => this.#resolveEnded = resolve);
  }

  /** It is confirmed: from now on its silence counts. */
  watch(): void {
    this.#silence = { heardAtMs: Date.now(), askedAtMs: undefined };
    this.#look();
  }

  hear(message: unknown): void {
    this.#silence = { heardAtMs: Date.now(), askedAtMs: undefined };
    if (this.#state === "open" && typeof message === "string" && message !== ECHO) {
      this.options.hear(message);
    }
  }

  /** Asks for a sign of life now. */
  check(): void {
    if (this.#state === "ended" || this.#silence.askedAtMs !== undefined) return;
    this.#ask();
    this.#look();
  }

  end(reason: Error): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    clearTimeout(this.#timer);
    this.#resolveEnded(reason);
  }

  async close(): Promise<void> {
    this.end(new Error("it was closed"));
    await this.options.drop();
  }

  #look(lateMs = 0): void {
    clearTimeout(this.#timer);
    const now = Date.now();
    const { echoMs } = this.options;
    const verdict = judge(this.#silence, { nowMs: now, lateMs }, this.options);
    switch (verdict.kind) {
      case "ask":
        this.#ask();
        return this.#look();
      case "dead":
        return this.end(new Error(`it heard nothing, not even itself for ${echoMs} ms`));
      case "wait":
        this.#timer = setTimeout(
          () => this.#look(Date.now() - verdict.untilMs),
          verdict.untilMs - now,
        );
        return;
      default:
        assertNever(verdict);
    }
  }

  #ask(): void {
    this.#silence = { ...this.#silence, askedAtMs: Date.now() };
    this.options.ask();
  }
}
