/**
 * The Upstash REST protocol over a stock Redis, so that tests, development and those who host their own
 * Redis use the very client that is used with Upstash.
 *
 * @see https://upstash.com/docs/redis/features/restapi
 * @module
 */
import type { MiddlewareHandler } from "hono";
import { createApp } from "./app.ts";
import { RedisLink } from "./link.ts";

export interface GatewayOptions {
  /** `redis://...` or `rediss://...`. It need not be up: the gateway waits for it, and answers 503 meanwhile. */
  readonly redisUrl: string;
  /** What clients have to send. */
  readonly token: string;
  /** By default 127.0.0.1. */
  readonly host?: string;
  /** By default any free one. */
  readonly port?: number;
  /** What Redis may take to answer a command, in ms; by default 5,000. */
  readonly timeoutMs?: number;
  /** Told of each command that a client asks for, name first: one for each of a pipeline. */
  readonly onCommand?: (command: readonly string[]) => void;
  /** Runs before anything else on each request. */
  readonly before?: MiddlewareHandler;
  /** Told, in a line each, when Redis comes and goes. */
  readonly log?: (line: string) => void;
}

export interface Gateway extends AsyncDisposable {
  /** `http://127.0.0.1:...`, without a slash at the end. */
  readonly url: string;
  readonly token: string;
  /** How often each command was asked for, by name in capitals. */
  readonly commands: ReadonlyMap<string, number>;
  /** Resolves when Redis is connected. */
  connected(): Promise<void>;
  /** Ends streams, connections and the server. */
  close(): Promise<void>;
}

const TIMEOUT_MS = 5_000;

/** Starts a gateway; when Redis is up, it is connected. @throws {Error} when the port is taken. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { redisUrl, token, host = "127.0.0.1", port = 0, timeoutMs = TIMEOUT_MS } = options;
  const { onCommand = () => {}, before = (_, next) => next(), log = () => {} } = options;
  const commands = new Map<string, number>();
  const count = (command: readonly string[]) => {
    const [name = ""] = command;
    commands.set(name, (commands.get(name) ?? 0) + 1);
    onCommand(command);
  };
  const closing = new AbortController();
  const cut = new AbortController();
  const link = new RedisLink({ url: redisUrl, timeoutMs, log });
  const app = createApp({ link, token, onCommand: count, before, closing: closing.signal });
  const serve = () =>
    Deno.serve({ hostname: host, port, signal: cut.signal, onListen: () => {} }, app.fetch);
  let server: ReturnType<typeof serve>;
  try {
    server = serve();
  } catch (error) {
    await link.close();
    throw error;
  }
  await link.settled();

  let closed: Promise<void> | undefined;
  async function shut(): Promise<void> {
    closing.abort();
    await link.close();
    cut.abort();
    await server.finished;
  }
  const close = () => closed ??= shut();

  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${server.addr.port}`,
    token,
    commands,
    connected: () => link.connected(),
    close,
    [Symbol.asyncDispose]: close,
  };
}
