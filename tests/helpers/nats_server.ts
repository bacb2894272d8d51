import { freePort } from "../../tools/redis/server.ts";
import { ensure, NATS_SERVER } from "../../tools/test/requirements.ts";
import { type ServerProcess, startServer } from "./server_process.ts";

export interface NatsServer extends ServerProcess {
  /** `nats://127.0.0.1:...` */
  readonly url: string;
  /** `ws://127.0.0.1:...`: the same server over WebSocket. */
  readonly wsUrl: string;
}

/** Starts a nats-server on free ports. `settings` are lines for its configuration. `await using` ends it. */
export async function startNats(settings = ""): Promise<NatsServer> {
  const [port, wsPort] = [freePort(), freePort()];
  const folder = await Deno.makeTempDir({ prefix: "nats-" });
  const config = `${folder}/nats.conf`;
  await Deno.writeTextFile(
    config,
    `host: 127.0.0.1\nport: ${port}\n` +
      `websocket { host: 127.0.0.1, port: ${wsPort}, no_tls: true }\n${settings}\n`,
  );
  await using cleanUp = new AsyncDisposableStack();
  cleanUp.defer(() => Deno.remove(folder, { recursive: true }));
  const server = cleanUp.use(
    await startServer({
      name: "NATS",
      program: await ensure(NATS_SERVER),
      args: ["-c", config],
      ready: /Server is ready/,
      limitMs: 10_000,
    }),
  );
  const all = cleanUp.move();
  return {
    ...server,
    url: `nats://127.0.0.1:${port}`,
    wsUrl: `ws://127.0.0.1:${wsPort}`,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
