/**
 * RabbitMQ: an inbox is a queue, reached by its name through the default exchange. The broker confirms each message;
 * a queue that is not read drops its oldest.
 *
 * @module
 */
import {
  type Channel,
  type ChannelModel,
  type ConfirmChannel,
  connect,
  type ConsumeMessage,
} from "amqplib";
import { Buffer } from "node:buffer";
import { type Link, LinkedBus } from "./linked.ts";
import type { Bus } from "./mod.ts";
import { BUS_POLICY, type BusPolicy } from "./policy.ts";
import { type BusUrl, describe } from "./url.ts";
import { within } from "./within.ts";

/** How long a queue without a reader stays, in ms. */
const QUEUE_TTL_MS = 60_000;
/** How long a broker may take to say goodbye, in ms. */
const CLOSE_MS = 1_000;

/** A bus over RabbitMQ; the path of the URL is the virtual host, `/` by default. */
export function rabbitmqBus(url: BusUrl, policy: BusPolicy = BUS_POLICY): Bus {
  return new LinkedBus({
    name: describe(url),
    connect: () => connectRabbitmq(url, policy),
    policy,
  });
}

async function connectRabbitmq(url: BusUrl, policy: BusPolicy): Promise<Link> {
  const vhost = url.path === "" ? "/" : url.path;
  const model = await connect({
    protocol: url.scheme,
    hostname: url.hostname,
    port: url.port,
    username: url.username ?? "guest",
    password: url.password ?? "guest",
    vhost,
    heartbeat: Math.ceil(policy.heartbeatMs / 1000),
  }, { timeout: policy.openTimeoutMs, noDelay: true }).catch((error) => {
    // What the broker said about it, amqplib does not tell.
    if (!/ConnectionOpenOk/.test(error.message)) throw error;
    throw new Error(`it has no virtual host "${vhost}", or lets this user not into it`);
  });
  const link = new RabbitmqLink(model, policy);
  try {
    await within(link.open(), policy.openTimeoutMs, "open a channel");
  } catch (error) {
    await link.close();
    throw error;
  }
  return link;
}

const queueOf = (node: string) => `meshlift.inbox.${node}`;

type State = { kind: "open" } | { kind: "blocked"; why: string } | { kind: "ended" };

class RabbitmqLink implements Link {
  readonly ended: Promise<Error>;
  #state: State = { kind: "open" };
  #resolveEnded!: (reason: Error) => void;
  #out!: ConfirmChannel;

  constructor(readonly model: ChannelModel, readonly policy: BusPolicy) {
    this.ended = new Promise((resolve) => this.#resolveEnded = resolve);
    model.on("error", (error) => this.#end(error));
    model.on("close", (error) => this.#end(error ?? new Error("the connection ended")));
    model.on("blocked", (why) => this.#state = { kind: "blocked", why });
    model.on("unblocked", () => this.#state = { kind: "open" });
  }

  async open(): Promise<void> {
    this.#out = await this.model.createConfirmChannel();
    this.#watch(this.#out);
  }

  send(node: string, text: string): Promise<void> {
    if (this.#state.kind === "blocked") {
      return Promise.reject(new Error(`the broker takes no messages (${this.#state.why})`));
    }
    return new Promise((resolve, reject) => {
      this.#out.publish("", queueOf(node), Buffer.from(text), {}, (refused) => {
        if (refused) reject(new Error("the broker refused the message, or lost the connection"));
        else resolve();
      });
    });
  }

  async listen(node: string, hear: (text: string) => void): Promise<() => Promise<void>> {
    const queue = queueOf(node);
    const { prefetch, queueBytes } = this.policy.rabbitmq;
    const channel = await this.model.createChannel();
    this.#watch(channel);
    await channel.prefetch(prefetch);
    // Not exclusive: a connection of this node that broke without the broker's noticing would keep the queue from the
    // next one. That one's queue goes, with all that is in it.
    await channel.deleteQueue(queue);
    await channel.assertQueue(queue, {
      autoDelete: true,
      expires: QUEUE_TTL_MS,
      arguments: {
        "x-queue-type": "classic",
        "x-max-length-bytes": queueBytes,
        "x-overflow": "drop-head",
      },
    });
    const acknowledge = this.#acknowledger(channel);
    const { consumerTag } = await channel.consume(queue, (message) => {
      if (!message) return this.#end(new Error("the broker deleted the inbox"));
      acknowledge(message);
      hear(message.content.toString());
    });
    // A queue without a reader deletes itself.
    return async () => {
      await within(channel.cancel(consumerTag), CLOSE_MS, "close an inbox").catch(() => {});
    };
  }

  async close(): Promise<void> {
    this.#end(new Error("the connection was closed"));
    await within(this.model.close(), CLOSE_MS, "close").catch(() => {});
    destroy(this.model);
  }

  /** Acknowledges all that came in one go by one word. */
  #acknowledger(channel: Channel): (message: ConsumeMessage) => void {
    let last: ConsumeMessage | undefined;
    return (message) => {
      if (!last) {
        queueMicrotask(() => {
          if (last && this.#state.kind !== "ended") channel.ack(last, true);
          last = undefined;
        });
      }
      last = message;
    };
  }

  /** A channel that ends is of no use, and its connection neither. */
  #watch(channel: Channel): void {
    channel.on("error", (error) => this.#end(error));
    channel.on("close", () => this.#end(new Error("the broker closed a channel")));
  }

  #end(reason: Error): void {
    this.#state = { kind: "ended" };
    this.#resolveEnded(reason);
  }
}

/** Ends the connection whatever the broker does: amqplib waits for it. By an error, or its heartbeat would go on. */
function destroy(model: ChannelModel): void {
  const connection = model.connection as { stream?: { destroy(error: Error): void } };
  connection.stream?.destroy(new Error("the connection was closed"));
}
