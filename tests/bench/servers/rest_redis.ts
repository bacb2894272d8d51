/**
 * A Redis with its REST gateway as an operator runs them, `deno task redis`: each a process of its own.
 *
 * @module
 */
import { linesOf } from "../../helpers/lines.ts";

export interface RestRedis extends AsyncDisposable {
  /** What a node needs in its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Of the gateway. */
  readonly pid: number;
}

const TOKEN = "UPSTASH_REDIS_REST_TOKEN";

/** Starts both on free ports; `await using` ends them. @throws {Error} when they do not start. */
export async function startRestRedis(): Promise<RestRedis> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", "tools/redis.ts"],
    cwd: new URL("../../../", import.meta.url),
    // Whatever is set here is for another one.
    env: { PORT: "0", HOST: "127.0.0.1", REDIS_URL: "", [TOKEN]: "" },
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const lines = linesOf(child.stdout);
  const env: Record<string, string> = {};
  while (!(TOKEN in env)) {
    const line = await lines.next();
    if (line.done) throw new Error("Cannot start the REST Redis: it ended; see its error above");
    const [name = "", ...value] = line.value.split("=");
    env[name] = value.join("=");
  }
  return {
    env,
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
      await lines.return(undefined);
    },
  };
}
