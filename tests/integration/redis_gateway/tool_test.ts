/**
 * `deno task redis`, as a developer runs it.
 */
import { assertEquals, assertMatch } from "@std/assert";
import { linesOf } from "../../helpers/lines.ts";
import { startRedisServer } from "../../helpers/redis_server.ts";
import { upstashClient } from "../../helpers/upstash_client.ts";

Deno.test("without REDIS_URL it has a Redis of its own, and leaves nothing running", async () => {
  await using tool = await startTool({});
  const redis = upstashClient(tool);
  assertEquals(await redis.set("a", 1), "OK");
  const port = Number(/tcp_port:(\d+)/.exec(String(await redis.exec(["INFO", "server"])))?.[1]);
  assertEquals((await tool.stop()).code, 0);
  const connection = await Deno.connect({ hostname: "127.0.0.1", port }).catch((error) => error);
  assertEquals(connection instanceof Deno.errors.ConnectionRefused, true);
});

Deno.test("with REDIS_URL it uses that Redis, and leaves it as it is", async () => {
  await using server = await startRedisServer();
  await using tool = await startTool({
    REDIS_URL: server.url,
    UPSTASH_REDIS_REST_TOKEN: "mine",
  });
  assertEquals(tool.token, "mine");
  await upstashClient(tool).set("a", 1);
  assertEquals((await tool.stop()).code, 0);
  assertEquals(await server.call("GET", "a"), "1");
});

Deno.test("what is wrong is told in one line", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const wrong: [env: Record<string, string>, line: RegExp][] = [
    [{ REDIS_URL: "http://x" }, /^REDIS_URL is "http:\/\/x": expected redis:.*\n$/],
    [{ REDIS_SERVER: "/no/such" }, /^Cannot start a Redis: expected redis-server.*\n$/],
    [{ PORT: `${taken.addr.port}` }, /^[^\n]*Address already in use[^\n]*\n$/],
  ];
  for (const [env, line] of wrong) {
    const { code, stderr } = await command(env).output();
    assertEquals(code, 1);
    assertMatch(new TextDecoder().decode(stderr), line);
  }
});

interface Tool extends AsyncDisposable {
  url: string;
  token: string;
  /** As Ctrl-C does. */
  stop(): Promise<Deno.CommandStatus>;
}

async function startTool(env: Record<string, string>): Promise<Tool> {
  const child = command(env).spawn();
  const errors = new Response(child.stderr).text();
  const lines = linesOf(child.stdout);
  const valueOf = async (name: string) => {
    const { value } = await lines.next();
    if (value?.startsWith(`${name}=`)) return value.slice(name.length + 1);
    throw new Error(`Expected the tool to print ${name}, it printed ${value}\n${await errors}`);
  };
  const url = await valueOf("UPSTASH_REDIS_REST_URL");
  const token = await valueOf("UPSTASH_REDIS_REST_TOKEN");
  let stopped: Promise<Deno.CommandStatus> | undefined;
  const stop = () => {
    if (stopped === undefined) child.kill("SIGINT");
    return stopped ??= Promise.all([child.status, lines.next(), errors]).then(([end]) => end);
  };
  return { url, token, stop, [Symbol.asyncDispose]: async () => void await stop() };
}

function command(env: Record<string, string>): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", "tools/redis.ts"],
    cwd: new URL("../../../", import.meta.url),
    env: { PORT: "0", NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}
