/**
 * NATS: an inbox is a subject. Over TCP or WebSocket; nothing is stored, so what a node misses is lost.
 *
 * @module
 */
import { type NatsConnection, wsconnect } from "@nats-io/nats-core";
import { type Link, LinkedBus } from "./linked.ts";
import type { Bus } from "./mod.ts";
import { BUS_POLICY, type BusPolicy } from "./policy.ts";
import { connectTcp } from "./tcp_socket.ts";
import { type BusUrl, describe } from "./url.ts";
import { within } from "./within.ts";

/** How long a server may be silent on TCP before it counts as a WebSocket server, which waits for the client; in ms. */
const GREETING_MS = 1_000;

/**
 * A bus over NATS. `nats://host:port` is NATS's own port (4222 by default); if a WebSocket is served there instead,
 * that is used, as with `ws://` and `wss://`. A username without a password is a token.
 */
export function natsBus(url: BusUrl, policy: BusPolicy = BUS_POLICY): Bus {
  const connect = (signal: AbortSignal) => connectNats(url, policy, signal);
  return new LinkedBus({ name: describe(url), connect, policy });
}

async function connectNats(url: BusUrl, policy: BusPolicy, signal: AbortSignal): Promise<Link> {
  const socket = await connectSocket(url, policy);
  const abandon = () => socket.close();
  signal.addEventListener("abort", abandon);
  try {
    const connection = await wsconnect({
      // Unused, as the socket is there already, but looked at.
      servers: "ws://unused",
      wsFactory: () => Promise.resolve({ socket, encrypted: url.scheme === "wss" }),
      name: "meshlift",
      ...credentials(url),
      // The bus connects again by itself: this client would keep what is sent meanwhile.
      reconnect: false,
      ignoreClusterUpdates: true,
      timeout: policy.openTimeoutMs,
      pingInterval: policy.heartbeatMs,
      maxPingOut: 2,
    });
    return new NatsLink(connection, socket);
  } catch (error) {
    socket.close();
    throw error;
  } finally {
    signal.removeEventListener("abort", abandon);
  }
}

async function connectSocket(url: BusUrl, { openTimeoutMs }: BusPolicy): Promise<WebSocket> {
  if (url.scheme === "nats") {
    const socket = await connectTcp(url, { timeoutMs: openTimeoutMs, silentMs: GREETING_MS });
    if (socket?.greets(/"tls_required": *true/)) {
      socket.close();
      throw new Error("its TCP port requires TLS; expected BUS_URL to be wss://");
    }
    if (socket) return socket as unknown as WebSocket;
  }
  const host = url.hostname.includes(":") ? `[${url.hostname}]` : url.hostname;
  const scheme = url.scheme === "wss" ? "wss" : "ws";
  return new WebSocket(`${scheme}://${host}:${url.port}/${url.path}`);
}

function credentials({ username, password }: BusUrl) {
  if (username === undefined) return {};
  return password === undefined ? { token: username } : { user: username, pass: password };
}

const encoder = new TextEncoder();
const subject = (node: string) => `meshlift.inbox.${node}`;

class NatsLink implements Link {
  readonly ended: Promise<Error>;
  readonly #connection: NatsConnection;
  readonly #socket: WebSocket;
  #flushing: Promise<void> | undefined;
  #flushNext: Promise<void> | undefined;
  #end!: (reason: Error) => void;

  constructor(connection: NatsConnection, socket: WebSocket) {
    this.#connection = connection;
    this.#socket = socket;
    this.ended = new Promise((resolve) => this.#end = resolve);
    connection.closed().then((error) => this.#end(error ?? new Error("the connection ended")));
    this.#watch();
  }

  async send(node: string, text: string): Promise<void> {
    this.#connection.publish(subject(node), encoder.encode(text));
    await this.#flushed();
  }

  async listen(node: string, hear: (text: string) => void): Promise<() => Promise<void>> {
    const subscription = this.#connection.subscribe(subject(node), {
      callback: (error, message) => {
        if (error) this.#end(error);
        else hear(message.string());
      },
    });
    await this.#connection.flush();
    return () => {
      subscription.unsubscribe();
      return Promise.resolve();
    };
  }

  async close(): Promise<void> {
    this.#end(new Error("the connection was closed"));
    const closing = this.#connection.close();
    this.#socket.close();
    // A peer that is gone without a word never confirms.
    await within(closing, CLOSE_MS, "close").catch(() => {});
  }

  /** What the server refuses (a subject that these credentials may not use) is told here only. */
  async #watch(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type === "error") this.#end(status.error);
    }
  }

  /**
   * Resolves when the server has all that was published until now. One flush is under way at a time: what is
   * published meanwhile shares the next. The first goes at once, in one packet with its message: a second packet would
   * wait for the first one's acknowledgement, as Deno's WebSocket does not switch Nagle's algorithm off.
   */
  #flushed(): Promise<void> {
    if (!this.#flushing) return this.#flush();
    this.#flushNext ??= this.#flushing.then(() => this.#flush());
    return this.#flushNext;
  }

  #flush(): Promise<void> {
    this.#flushNext = undefined;
    this.#flushing = this.#connection.flush().finally(() => this.#flushing = undefined);
    return this.#flushing;
  }
}

/** How long a server may take to say goodbye, in ms. */
const CLOSE_MS = 1_000;
