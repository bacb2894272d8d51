import { freePort } from "../../tools/redis/server.ts";
import { ensure, RABBITMQ_SERVER } from "../../tools/test/requirements.ts";
import { type ServerProcess, startServer } from "./server_process.ts";

export interface RabbitmqServer extends ServerProcess {
  /** `amqp://guest:guest@127.0.0.1:...` */
  readonly url: string;
}

/** Starts a RabbitMQ on free ports, which takes some 5 to 10 s. `await using` ends it. */
export async function startRabbitmq(): Promise<RabbitmqServer> {
  const [port, distPort, epmdPort] = [freePort(), freePort(), freePort()];
  const folder = await Deno.makeTempDir({ prefix: "rabbitmq-" });
  await Deno.writeTextFile(`${folder}/plugins`, "[].\n");
  await using cleanUp = new AsyncDisposableStack();
  cleanUp.defer(() => Deno.remove(folder, { recursive: true }));
  // Erlang's registry of names: RabbitMQ would start one that stays.
  cleanUp.use(
    await startServer({
      name: "epmd",
      program: "epmd",
      args: ["-port", `${epmdPort}`, "-address", "127.0.0.1", "-debug"],
      ready: /epmd running|entering the main select|Waiting/i,
      limitMs: 10_000,
    }),
  );
  const server = cleanUp.use(
    await startServer({
      name: "RabbitMQ",
      program: await ensure(RABBITMQ_SERVER),
      args: [],
      env: {
        HOME: folder,
        RABBITMQ_NODENAME: `r${port}@localhost`,
        RABBITMQ_NODE_IP_ADDRESS: "127.0.0.1",
        RABBITMQ_NODE_PORT: `${port}`,
        RABBITMQ_DIST_PORT: `${distPort}`,
        ERL_EPMD_PORT: `${epmdPort}`,
        RABBITMQ_MNESIA_BASE: folder,
        RABBITMQ_LOG_BASE: folder,
        RABBITMQ_PID_FILE: `${folder}/pid`,
        RABBITMQ_ENABLED_PLUGINS_FILE: `${folder}/plugins`,
        // The script then becomes the server, so that a signal reaches it.
        RUNNING_UNDER_SYSTEMD: "1",
        RABBITMQ_LOGS: "-",
      },
      ready: /Server startup complete/,
      limitMs: 90_000,
    }),
  );
  const all = cleanUp.move();
  return {
    ...server,
    url: `amqp://guest:guest@127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
