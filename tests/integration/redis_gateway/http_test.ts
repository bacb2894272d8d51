/**
 * The REST protocol as such, by plain requests: its forms, its errors, its limits.
 */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { startRedis, type TestGateway } from "../../helpers/redis_gateway.ts";

Deno.test("a command can be sent as JSON or as a path, with a body and options", async () => {
  await using gateway = await startRedis();
  assertEquals(await ask(gateway, "/", ["SET", "a", 1]), [200, { result: "OK" }]);
  assertEquals(await ask(gateway, "/get/a"), [200, { result: "1" }]);
  assertEquals(await ask(gateway, "/set/b%2Fc/x%20y?EX=100&NX="), [200, { result: "OK" }]);
  assertEquals(await ask(gateway, "/set/d?EX=100", '{"text": "ü"}'), [200, { result: "OK" }]);
  assertEquals(gateway.commands.slice(2), [
    ["SET", "b/c", "x y", "EX", "100", "NX"],
    ["SET", "d", '{"text": "ü"}', "EX", "100"],
  ]);
  assertEquals(await ask(gateway, "/mget/b%2Fc/d"), [200, { result: ["x y", '{"text": "ü"}'] }]);
});

Deno.test("bytes that are no text survive by way of a body and base64", async () => {
  await using gateway = await startRedis();
  const bytes = Uint8Array.of(0, 255, 254, 128, 13, 10);
  await ask(gateway, "/set/bytes", bytes);
  const headers = { "upstash-encoding": "base64" };
  assertEquals(await ask(gateway, "/get/bytes", undefined, { headers }), [
    200,
    { result: bytes.toBase64() },
  ]);
});

Deno.test("strings are in base64 for whoever asks for it, and only then", async () => {
  await using gateway = await startRedis();
  const headers = { "upstash-encoding": "base64" };
  const commands = [["SET", "a", "OK"], ["GET", "a"], ["APPEND", "a", "!"], ["MGET", "a", "b"]];
  assertEquals(await ask(gateway, "/pipeline", commands, { headers }), [200, [
    { result: "OK" },
    { result: "OK" },
    { result: 3 },
    { result: ["T0sh", null] },
  ]]);
  assertEquals(await ask(gateway, "/get/a"), [200, { result: "OK!" }]);
});

Deno.test("only who has the token is answered", async () => {
  await using gateway = await startRedis();
  const { url, token } = gateway;
  const statusOf = async (path: string, authorization?: string) => {
    const headers = authorization === undefined ? undefined : { authorization };
    const response = await fetch(url + path, { headers });
    assertMatch(await response.text(), response.ok ? /result/ : /^\{"error":"WRONGPASS/);
    return response.status;
  };
  assertEquals(await statusOf("/ping", `Bearer ${token}`), 200);
  assertEquals(await statusOf(`/ping?_token=${token}`), 200);
  assertEquals(await statusOf("/ping"), 401);
  assertEquals(await statusOf("/ping?_token="), 401);
  assertEquals(await statusOf(`/ping?_token=${token}`, "Bearer wrong"), 401);
  assertEquals(await statusOf("/ping", `Bearer ${token}x`), 401);
  assertEquals(await statusOf("/ping", `Basic ${token}`), 401);
  assertEquals(await statusOf("/subscribe/chat"), 401);
});

const BAD: [path: string, body: unknown, status: number, error: RegExp][] = [
  ["/", "no JSON", 400, /cannot read the body as JSON/],
  ["/", { command: "GET" }, 400, /expected a JSON array/],
  ["/", [], 400, /empty command/],
  ["/", ["SET", "a", { b: 1 }], 400, /\{"b":1\} as argument 2: expected a string/],
  ["/", ["NONE", "a"], 400, /ERR unknown command/],
  ["/get/%ff", undefined, 400, /percent-encoded UTF-8/],
  ["/pipeline", ["GET", "a"], 400, /cannot read the command "GET"/],
  ["/pipeline", [], 400, /one or more/],
  ["/multi-exec", {}, 400, /one or more/],
  ["/subscribe/", undefined, 400, /empty name/],
  ["/blpop/list/0", undefined, 400, /BLPOP over REST: it would block/],
  ["/xread/block/0/streams/a/0", undefined, 400, /XREAD over REST: it would block/],
  ["/watch/a", undefined, 400, /WATCH over REST: expected POST \/multi-exec/],
  ["/", ["subscribe", "a"], 400, /expected POST \/subscribe\/<channel>/],
  ["/monitor", undefined, 400, /MONITOR over REST: it would change the connection/],
  ["/client/reply/off", undefined, 400, /CLIENT over REST/],
];

Deno.test("a bad request is told what is wrong with it", async () => {
  await using gateway = await startRedis();
  for (const [path, body, status, error] of BAD) {
    const [got, json] = await ask(gateway, path, body);
    assertEquals([path, got], [path, status]);
    assertMatch(json.error, error);
  }
  assertEquals(await ask(gateway, "/ping"), [200, { result: "PONG" }]);
});

Deno.test("in a pipeline what is refused is refused alone", async () => {
  await using gateway = await startRedis();
  const [status, json] = await ask(gateway, "/pipeline", [["SET", "a", 1], ["WATCH", "a"], [
    "INCR",
    "a",
  ]]);
  assertEquals([status, json[0], json[2]], [200, { result: "OK" }, { result: 2 }]);
  assertStringIncludes(json[1].error, "WATCH");
});

Deno.test("a method that the protocol does not know is 405", async () => {
  await using gateway = await startRedis();
  const [status, { error }] = await ask(gateway, "/get/a", undefined, { method: "DELETE" });
  assertEquals(status, 405);
  assertStringIncludes(error, "expected one of GET, HEAD, POST, PUT");
});

Deno.test("a body above 10 MB is refused, with or without its length told", async () => {
  await using gateway = await startRedis();
  const body = new Uint8Array(10 * 1_048_576 + 1);
  for (const sent of [body, new Blob([body]).stream()]) {
    const [status, { error }] = await ask(gateway, "/set/a", sent);
    assertEquals(status, 413);
    assertStringIncludes(error, "at most 10485760 bytes");
  }
  assertEquals(gateway.count(), 0);
});

Deno.test("a client that wants a sync token gets one", async () => {
  await using gateway = await startRedis();
  const headers = { authorization: `Bearer ${gateway.token}` };
  const without = await fetch(`${gateway.url}/ping`, { headers });
  const wanting = await fetch(`${gateway.url}/ping`, {
    headers: { ...headers, "upstash-sync-token": "" },
  });
  for (const response of [without, wanting]) await response.body?.cancel();
  assertEquals(without.headers.has("upstash-sync-token"), false);
  assertEquals(wanting.headers.has("upstash-sync-token"), true);
});

async function ask(
  { url, token }: TestGateway,
  path: string,
  body?: unknown,
  { headers = {}, method }: { headers?: Record<string, string>; method?: string } = {},
) {
  const asIs = typeof body === "string" || body instanceof Uint8Array ||
    body instanceof ReadableStream;
  const response = await fetch(url + path, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers: { authorization: `Bearer ${token}`, ...headers },
    body: body === undefined || asIs ? body as BodyInit | undefined : JSON.stringify(body),
  });
  return [response.status, await response.json()] as const;
}
