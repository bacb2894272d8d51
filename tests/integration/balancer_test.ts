/** The balancer that other tests put before the nodes. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { startBalancer } from "../helpers/balancer.ts";

/** Answers with its name. */
function startServer(name: string, port = 0) {
  return Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, () => new Response(name));
}

const urlOf = (server: Deno.HttpServer<Deno.NetAddr>) => `http://127.0.0.1:${server.addr.port}`;

const REQUEST = new TextEncoder().encode("GET / HTTP/1.1\r\nHost: test\r\n\r\n");

async function connect(url: string): Promise<Deno.Conn> {
  const { hostname, port } = new URL(url);
  return await Deno.connect({ hostname, port: Number(port) });
}

/** Asks over a connection of its own; the answer is the server's name, or that the connection ended. */
async function ask(url: string): Promise<string> {
  using conn = await connect(url);
  await conn.write(REQUEST);
  const answer = await heard(conn);
  return answer?.at(-1) ?? "ended";
}

/** What comes next, or nothing where the far end is gone. */
async function heard(conn: Deno.Conn): Promise<string | undefined> {
  const buffer = new Uint8Array(4_096);
  try {
    const size = await conn.read(buffer);
    return size === null ? undefined : new TextDecoder().decode(buffer.subarray(0, size));
  } catch {
    return undefined;
  }
}

describe("startBalancer", () => {
  it("takes its targets in turn, and only the preferred one while there is one", async () => {
    await using a = startServer("a");
    await using b = startServer("b");
    await using balancer = startBalancer([urlOf(a), urlOf(b)]);
    assertEquals([await ask(balancer.url), await ask(balancer.url)], ["a", "b"]);
    balancer.prefer(1);
    assertEquals([await ask(balancer.url), await ask(balancer.url)], ["b", "b"]);
    balancer.prefer();
    assertEquals(new Set([await ask(balancer.url), await ask(balancer.url)]), new Set(["a", "b"]));
  });

  it("passes over a target that refuses, preferred or not, until it is back", async () => {
    const a = startServer("a");
    await using b = startServer("b");
    await using balancer = startBalancer([urlOf(a), urlOf(b)]);
    const { port } = a.addr;
    await a.shutdown();
    balancer.prefer(0);
    assertEquals(await ask(balancer.url), "b");
    await using _again = startServer("a", port);
    assertEquals(await ask(balancer.url), "a");
  });

  it("ends the connections to one target, and counts those that are open", async () => {
    await using a = startServer("a");
    await using b = startServer("b");
    await using balancer = startBalancer([urlOf(a), urlOf(b)]);
    const open = async (target: number) => {
      balancer.prefer(target);
      const conn = await connect(balancer.url);
      await conn.write(REQUEST);
      await heard(conn);
      return conn;
    };
    using first = await open(0);
    using second = await open(1);
    assertEquals(balancer.connections, [1, 1]);
    balancer.cut(0);
    assertEquals(await heard(first), undefined);
    assertEquals(balancer.connections, [0, 1]);
    await second.write(REQUEST);
    assertStringIncludes(await heard(second) ?? "", "200 OK");
  });

  it("ends a connection when no target takes it", async () => {
    const a = startServer("a");
    await a.shutdown();
    await using balancer = startBalancer([urlOf(a)]);
    assertEquals(await ask(balancer.url), "ended");
  });
});
