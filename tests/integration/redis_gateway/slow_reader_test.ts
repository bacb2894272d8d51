/**
 * Streams whose reader, or whose Redis, has fallen silent.
 */
import { assert, assertEquals } from "@std/assert";
import { startRedis, type TestGateway } from "../../helpers/redis_gateway.ts";
import { upstashClient } from "../../helpers/upstash_client.ts";

const MESSAGE = "x".repeat(100_000);
/** What the sockets between hold differs from system to system; this is beyond all of them. */
const MOST_MESSAGES = 500;

Deno.test("a subscriber that does not read is let go, and costs the others nothing", async () => {
  await using gateway = await startRedis();
  const redis = upstashClient(gateway);
  using slow = await openSocket(gateway);
  let sent = 0;
  while (await redis.publish("chat", MESSAGE) === 1) {
    sent++;
    assert(sent < MOST_MESSAGES, `${sent} messages wait for a client that does not read`);
  }
  const read = await readAll(slow);
  const got = read.split(`data: message,chat,${MESSAGE}\n`).length - 1;
  assert(got < sent, `expected less than ${sent} messages to be kept, there were ${got}`);
  assert(read.endsWith("0\r\n\r\n"), "expected the stream to end in good order");
});

Deno.test("a stream ends when its Redis falls silent", async () => {
  await using gateway = await startRedis({ timeoutMs: 200 });
  using socket = await openSocket(gateway);
  gateway.server.pause();
  assert((await readAll(socket)).endsWith("0\r\n\r\n"));
});

Deno.test("a stream on which nothing is published lives on", async () => {
  await using gateway = await startRedis({ timeoutMs: 50 });
  const redis = upstashClient(gateway);
  using socket = await openSocket(gateway);
  const before = await pings(gateway);
  while (await pings(gateway) < before + 5);
  assertEquals(await redis.publish("chat", "here"), 1);
  const bytes = new Uint8Array(100);
  const count = await socket.read(bytes);
  assert(new TextDecoder().decode(bytes.subarray(0, count!)).includes("message,chat,here"));
});

/** A subscription of which not more is read than its confirmation. */
async function openSocket({ url, token }: TestGateway): Promise<Deno.TcpConn> {
  const { hostname, port } = new URL(url);
  const socket = await Deno.connect({ hostname, port: Number(port) });
  const request =
    `GET /subscribe/chat HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${token}\r\n\r\n`;
  await socket.write(new TextEncoder().encode(request));
  const bytes = new Uint8Array(1_000);
  let text = "";
  while (!text.includes("data: subscribe,chat,1")) {
    text += new TextDecoder().decode(bytes.subarray(0, (await socket.read(bytes))!));
  }
  return socket;
}

async function readAll(socket: Deno.TcpConn): Promise<string> {
  const chunks: Uint8Array[] = [];
  const buffer = new Uint8Array(65_536);
  for (let count; (count = await socket.read(buffer)) !== null;) {
    chunks.push(buffer.slice(0, count));
  }
  return await new Blob(chunks as Uint8Array<ArrayBuffer>[]).text();
}

async function pings({ server }: Awaited<ReturnType<typeof startRedis>>): Promise<number> {
  const stats = String(await server.call("INFO", "commandstats"));
  return Number(/cmdstat_ping:calls=(\d+)/.exec(stats)?.[1] ?? 0);
}
