import { type ServerProcess, startServer } from "../../helpers/server_process.ts";
import type { Namespace } from "../namespace.ts";

const PORT = 8079;

/** A Redis behind the project's own gateway. */
export interface LabRedis extends ServerProcess {
  /** What nodes in the same namespace need in their environment. */
  readonly env: { UPSTASH_REDIS_REST_URL: string; UPSTASH_REDIS_REST_TOKEN: string };
}

/** Starts one in a namespace, for all nodes there. */
export async function startLabRedis(namespace: Namespace): Promise<LabRedis> {
  const token = crypto.randomUUID();
  const gateway = new URL("../../../tools/redis.ts", import.meta.url).pathname;
  const [program, ...args] = namespace.within(Deno.execPath(), "run", "-A", gateway);
  const server = await startServer({
    name: "Redis",
    program,
    args,
    env: { PORT: String(PORT), UPSTASH_REDIS_REST_TOKEN: token },
    ready: /UPSTASH_REDIS_REST_TOKEN=/,
    limitMs: 15_000,
    // It has a redis-server and a folder of its own to see to.
    endBy: "SIGTERM",
  });
  const url = `http://127.0.0.1:${PORT}`;
  return { ...server, env: { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token } };
}
