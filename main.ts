/**
 * One node of meshlift: reads its configuration, serves, and drains on SIGINT and SIGTERM.
 *
 * @module
 */
import { loadAssets } from "./lib/assets.ts";
import { Tokens } from "./lib/auth.ts";
import {
  type Config,
  ConfigError,
  developmentDefaults,
  misspeltVariables,
  readConfig,
} from "./lib/config.ts";
import { Hub } from "./lib/hub.ts";
import { randomId } from "./lib/ids.ts";
import { InFlight } from "./lib/in_flight.ts";
import { consoleLog as log, errorText } from "./lib/log.ts";
import { nodeMetrics } from "./lib/metrics.ts";
import { POLICY } from "./lib/policy.ts";
import { Server } from "./lib/server.ts";
import { SfuDirectory } from "./lib/sfu/directory.ts";
import { openSfus } from "./lib/sfu/open.ts";
import { openShared } from "./lib/shared.ts";
import { createApp } from "./routes/app.ts";

if (import.meta.main) await main(Deno.args.includes("--dev"));

async function main(dev: boolean): Promise<void> {
  try {
    const env = { ...(dev ? developmentDefaults() : {}), ...given() };
    warnOfMisspelt(env);
    const url = await serve(readConfig(env));
    if (dev) console.log(`\nmeshlift is ready: open ${url} in two browsers. API: ${url}/docs\n`);
  } catch (error) {
    // One line for what the operator can mend, the whole for what is ours to mend.
    console.error(error instanceof ConfigError ? error.message : errorText(error));
    Deno.exit(1);
  }
}

/** The environment without its empty values, which would hide the defaults. */
function given(): Record<string, string> {
  return Object.fromEntries(Object.entries(Deno.env.toObject()).filter(([, value]) => value));
}

/** One line for all: what the operator takes for set may not be. */
function warnOfMisspelt(env: Record<string, string>): void {
  const variables = misspeltVariables(env)
    .map(({ name, meant }) => meant ? `${name} (${meant}?)` : name).join(", ");
  if (variables) log("warn", "unknown_variables", { variables });
}

/** Serves until a signal; the answer is where. */
async function serve(config: Config): Promise<string> {
  const node = `n_${randomId(8)}`;
  const shared = await openShared(config);
  const sfus = new SfuDirectory(node, await openSfus(config, node, log));
  const hub = new Hub({
    ...shared,
    node,
    config,
    sfus,
    tokens: new Tokens(config.tokenSecret),
    log,
  });
  const app = createApp({
    hub,
    idempotency: shared.idempotency,
    metrics: nodeMetrics(hub, { otlp: Deno.env.get("OTEL_DENO") === "true" }),
    assets: await loadAssets(new URL("./dist/", import.meta.url)),
  });
  const stopHub = hub.start();
  const { hostname, region } = config;
  const requests = new InFlight();
  const server = listen(config, (request, info) => requests.track(app.fetch(request, info)));
  const url = `http://${nameOf(hostname)}:${server.port}`;
  // Sockets first: the server's own end would close those that are still there without a word of when to come back.
  onSignal((signal) => {
    log("info", "draining", { node, signal, count: hub.size.connections });
    return stop();
  });
  async function stop(): Promise<void> {
    await hub.drain();
    await requests.none();
    await stopHub();
    await shared.bus.close();
    await sfus.close();
    await server.shutdown();
  }
  // Last: whoever reads this may send a signal at once.
  log("info", "listening", {
    node,
    region,
    url,
    store: config.store.kind,
    bus: busOf(config),
    sfu: sfusOf(sfus),
  });
  return url;
}

/** What carries messages between nodes, for the log. */
function busOf({ store, busUrl }: Config): string {
  return busUrl ? URL.parse(busUrl)!.protocol.slice(0, -1) : store.kind;
}

/** Where calls can be lifted to, for the log. */
function sfusOf(sfus: SfuDirectory): string {
  return [...sfus.own.keys()].join() || "none";
}

/** @throws {ConfigError} when there is no such address, or the port is not to be had. */
function listen({ port, hostname }: Config, handler: Deno.ServeHandler): Server {
  try {
    return new Server({ port, hostname, handler, log });
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    throw new ConfigError(
      `Cannot start: HOST held "${hostname}" and PORT "${port}" (${why}); expected an address of this machine and a port that is free`,
    );
  }
}

/** The name under which a browser on this machine finds the service: only `localhost` may use a camera without TLS. */
function nameOf(hostname: string): string {
  return ["0.0.0.0", "127.0.0.1", "::"].includes(hostname) ? "localhost" : hostname;
}

/** Runs `stop` at the first SIGINT or SIGTERM; exits 0 when it is done, or when the time is up. */
function onSignal(stop: (signal: string) => Promise<unknown>): void {
  let stopping: Promise<unknown> | undefined;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => {
      if (stopping) return;
      setTimeout(() => Deno.exit(0), POLICY.drain.exitWithinMs);
      stopping = stop(signal).finally(() => Deno.exit(0));
    });
  }
}
