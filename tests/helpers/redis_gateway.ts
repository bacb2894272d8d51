/**
 * A Redis that speaks the Upstash REST protocol, counts what it is asked, and fails on demand.
 *
 * @module
 */
import { type Gateway, startGateway } from "../../tools/redis/gateway.ts";
import { type Faults, injectFaults } from "./redis_faults.ts";
import { type RedisServer, startRedisServer } from "./redis_server.ts";

export interface TestGateway extends AsyncDisposable {
  /** Without a slash at the end. */
  readonly url: string;
  readonly token: string;
  /** What a process that uses it needs in its environment. */
  readonly env: { UPSTASH_REDIS_REST_URL: string; UPSTASH_REDIS_REST_TOKEN: string };
  /** All commands that were asked for through it, name first, in order: one for each of a pipeline. */
  readonly commands: readonly (readonly string[])[];
  /** How many commands: all, or those of one name (in capitals), since the start or `forget`. */
  count(name?: string): number;
  /** Resolves when `count(name)` is at least `count`; Redis has been sent the commands then, or is away. */
  asked(count: number, name?: string): Promise<void>;
  /** Counts from nothing again. */
  forget(): void;
  /** What goes wrong between its clients and Redis. */
  readonly faults: Faults;
  /** Resolves when its connection to Redis stands: after Redis was away, for example. */
  connected(): Promise<void>;
  close(): Promise<void>;
}

export interface TestRedis extends TestGateway {
  readonly server: RedisServer;
  /** One more way to the same Redis, with counts and faults of its own: to cut off a single node. */
  addGateway(): Promise<TestGateway>;
}

export interface TestGatewayOptions {
  /** What Redis may take to answer the gateway, in ms. */
  timeoutMs?: number;
  /** By default any free one. */
  port?: number;
}

/** Starts a redis-server and a gateway to it. `await using` ends both. */
export async function startRedis(options: TestGatewayOptions = {}): Promise<TestRedis> {
  await using starting = new AsyncDisposableStack();
  const server = starting.use(await startRedisServer());
  const gateway = starting.use(await startTestGateway(server.url, options));
  const all = starting.move();
  return {
    ...gateway,
    server,
    addGateway: async () => all.use(await startTestGateway(server.url, options)),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Starts a gateway to a Redis that runs. */
export async function startTestGateway(
  redisUrl: string,
  options: TestGatewayOptions = {},
): Promise<TestGateway> {
  const commands: (readonly string[])[] = [];
  const watchers = new Set<() => void>();
  const count = (name?: string) =>
    name === undefined ? commands.length : commands.filter(([other]) => other === name).length;
  const { middleware, faults } = injectFaults();
  const token = crypto.randomUUID();
  const gateway: Gateway = await startGateway({
    redisUrl,
    token,
    onCommand(command) {
      commands.push(command);
      watchers.forEach((look) => look());
    },
    before: middleware,
    ...options,
  });
  const close = async () => {
    faults.set({ kind: "none" });
    await gateway.close();
  };
  return {
    url: gateway.url,
    token,
    env: { UPSTASH_REDIS_REST_URL: gateway.url, UPSTASH_REDIS_REST_TOKEN: token },
    commands,
    count,
    asked(wanted, name) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = () => {
        if (count(name) >= wanted) resolve();
      };
      watchers.add(look);
      look();
      return promise.finally(() => watchers.delete(look));
    },
    forget: () => void (commands.length = 0),
    faults,
    connected: gateway.connected,
    close,
    [Symbol.asyncDispose]: close,
  };
}
