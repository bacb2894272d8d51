/**
 * Several nodes on one Redis, each a process of its own with a way to Redis of its own.
 *
 * @module
 */
import type { NewRoom } from "../../routes/schemas.ts";
import type { z } from "zod";
import { Api } from "./api.ts";
import { PRODUCTION } from "./call_service.ts";
import { startRedis, type TestGateway, type TestRedis } from "./redis_gateway.ts";
import { type Service, startService } from "./service.ts";
import { WsClient } from "./ws_client.ts";

export interface ClusterOptions {
  /** How many nodes, by default 2. */
  nodes?: number;
  /** Added to every node's environment; BUS_URL for example. */
  env?: Record<string, string>;
  /** The executable, by default the Deno that runs the test. */
  deno?: string;
}

type TokenOptions = Parameters<Api["makeToken"]>[2];

/** One node: its process may be another one after a restart, its URL stays. */
export interface ClusterNode {
  /** The node's own way to Redis: counts what it asks, and can be made to fail. */
  readonly redis: TestGateway;
  readonly service: Service;
  readonly url: string;
  readonly api: Api;
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>;
  /** Starts it again after its end, on the same port. */
  start(): Promise<void>;
  join(token: string): Promise<WsClient>;
  resume(session: string): Promise<WsClient>;
}

export interface Cluster extends AsyncDisposable {
  readonly redis: TestRedis;
  readonly nodes: readonly ClusterNode[];
  /** Makes a room by the first node. */
  room(settings?: z.input<typeof NewRoom>): Promise<string>;
  /** Joins by a node, with a token of its own; `more` is what the token says beyond the identity. */
  join(node: number, room: string, identity: string, more?: TokenOptions): Promise<WsClient>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts Redis and nodes, and waits until all listen. `await using` ends them all. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const { nodes: count = 2, env = {}, deno } = options;
  await using starting = new AsyncDisposableStack();
  const redis = starting.use(await startRedis());
  const nodes = await Promise.all(
    Array.from({ length: count }, async () => {
      const gateway = await redis.addGateway();
      const node = new Node(gateway, { ...PRODUCTION, ...gateway.env, ...env }, deno);
      await node.start();
      starting.defer(() => node.stop());
      return node;
    }),
  );
  const [first] = nodes;
  const all = starting.move();
  return {
    redis,
    nodes,
    room: async (settings) => (await first!.api.makeRoom(settings)).id,
    join: async (node, room, identity, more) =>
      nodes[node]!.join(await nodes[node]!.api.makeToken(room, identity, more)),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

class Node implements ClusterNode {
  #service: Service | undefined;

  constructor(
    readonly redis: TestGateway,
    readonly env: Record<string, string>,
    readonly deno: string | undefined,
  ) {}

  get service(): Service {
    return this.#service!;
  }

  get url(): string {
    return this.service.url;
  }

  get api(): Api {
    return Api.over(this.url, "acme-secret");
  }

  async start(): Promise<void> {
    const PORT = this.#service ? new URL(this.#service.url).port : "0";
    this.#service = await startService({
      env: { ...this.env, PORT },
      args: [],
      deno: this.deno,
    });
  }

  async kill(): Promise<void> {
    this.service.kill("SIGKILL");
    await this.service.exited;
  }

  async stop(): Promise<void> {
    // A node that a test has stopped in its tracks hears no other signal.
    this.service.kill("SIGCONT");
    await this.service.stop();
  }

  join(token: string): Promise<WsClient> {
    return WsClient.join(this.service.wsUrl, token);
  }

  resume(session: string): Promise<WsClient> {
    return WsClient.resume(this.service.wsUrl, session);
  }
}
