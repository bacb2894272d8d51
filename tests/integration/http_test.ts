/** Bad input over HTTP: each gets its code, and a pair in the same service signals on. */
import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { afterAll, afterEach, beforeAll, describe, it } from "@std/testing/bdd";
import http2 from "node:http2";
import { type CallService, callService, Pair } from "../helpers/call_service.ts";
import { RawSocket } from "../helpers/raw_socket.ts";

const HEAD = [
  "POST /v1/rooms HTTP/1.1",
  "host: localhost",
  "authorization: Bearer acme-secret",
  "content-type: application/json",
  "",
].join("\r\n");

describe("bad input over HTTP", () => {
  let calls: CallService;
  let pair: Pair;
  /** Begun first, for it takes longest. */
  let slow: ReturnType<typeof slowBody>;

  beforeAll(async () => {
    calls = await callService();
    pair = await Pair.of(calls);
    slow = slowBody();
    slow.catch(() => {}); // told by the test that awaits it
  });
  afterEach(() => pair.stillSignals());
  afterAll(async () => {
    await pair[Symbol.asyncDispose]();
    await calls[Symbol.asyncDispose]();
  });

  const MEGABYTE = "x".repeat(1 << 20);

  it("a body of 50 MB that says so: 413 body_too_large, before it is sent", async () => {
    using socket = await RawSocket.open(calls.service.url);
    await socket.write(`${HEAD}content-length: 50000000\r\n\r\n`);
    const { status, body } = await socket.readAnswer();
    assertEquals([status, JSON.parse(body).code], [413, "body_too_large"]);
    assertStringIncludes(body, "larger than 65536 bytes");
  });

  it("a body of 50 MB that does not say so: 413 body_too_large, long before its end", async () => {
    using socket = await RawSocket.open(calls.service.url);
    await socket.write(`${HEAD}transfer-encoding: chunked\r\n\r\n`);
    let sent = 0;
    const sending = (async () => {
      for (; sent < 50; sent++) await socket.write(`100000\r\n${MEGABYTE}\r\n`);
    })().catch(() => {}); // the node may hang up meanwhile, as it should
    const { status, body } = await socket.readAnswer();
    assertEquals([status, JSON.parse(body).code], [413, "body_too_large"]);
    socket[Symbol.dispose]();
    await sending;
    assert(sent < 50, `${sent}`);
  });

  it("a body of 50 MB over HTTP/2, where nothing tells of it: 413 body_too_large", async () => {
    const session = http2.connect(calls.service.url);
    const request = session.request({
      ":method": "POST",
      ":path": "/v1/rooms",
      authorization: "Bearer acme-secret",
    });
    const answered = new Promise<number>((resolve, reject) => {
      request.on("response", (headers) => resolve(Number(headers[":status"])));
      request.on("error", reject);
    });
    // The node resets the stream amid it; what counts is what it answered before.
    request.end(MEGABYTE.repeat(50));
    assertEquals(await answered, 413);
    const closed = new Promise((resolve) => session.on("close", resolve));
    session.destroy();
    await closed;
  });

  it("a body of 50 MB sent by fetch: refused, and not kept in memory", async () => {
    const rss = async () => {
      const { body } = await calls.api.call<string>("GET", "/metrics");
      return Number(/^process_memory_rss\S* (\d+)/m.exec(body)![1]);
    };
    const before = await rss();
    const status = await calls.api.call("POST", "/v1/rooms", { body: MEGABYTE.repeat(50) })
      .then((answer) => answer.status, () => "hung up");
    assert(status === 413 || status === "hung up", `${status}`);
    assert(await rss() - before < 40e6, `${before} -> ${await rss()}`);
  });

  for (const body of ["{", "[1,", "nonsense"]) {
    it(`malformed JSON ${body}: 400 malformed_json`, async () => {
      const answer = await calls.api.problem("POST", "/v1/rooms", { body });
      assertEquals([answer.status, answer.body.code], [400, "malformed_json"]);
    });
  }

  it("a room id of odd characters: 400 invalid_request", async () => {
    for (const path of ["/v1/rooms/a%20b", "/v1/rooms/%F0%9F%92%A5", "/v1/rooms/a%00b"]) {
      const { status, body } = await calls.api.problem("GET", path);
      assertEquals([status, body.code], [400, "invalid_request"]);
    }
  });

  it("a wrong secret: 401 unauthorized", async () => {
    const { status, body } = await calls.api.as("wrong").problem("GET", "/v1/rooms");
    assertEquals([status, body.code], [401, "unauthorized"]);
  });

  it("another tenant's room: 404 room_not_found", async () => {
    const globex = calls.api.as("globex-secret");
    const room = await calls.room();
    for (const [method, path] of [["GET", ""], ["DELETE", ""], ["GET", "/participants"]]) {
      const { status, body } = await globex.problem(method!, `/v1/rooms/${room}${path}`);
      assertEquals([status, body.code], [404, "room_not_found"]);
    }
    assertEquals((await globex.listRooms()).rooms, []);
  });

  it("/v1/signal without a handshake: 426 upgrade_required", async () => {
    const { status, body } = await calls.api.problem("GET", "/v1/signal");
    assertEquals([status, body.code], [426, "upgrade_required"]);
  });

  it("no HTTP at all: the connection ends", async () => {
    using socket = await RawSocket.open(calls.service.url);
    await socket.write("\x16\x03\x01 not HTTP\r\n\r\n");
    assertStringIncludes(await socket.readUntil("\r\n\r\n"), "400");
  });

  it("a slow body: 408 request_timeout after 10 s, and the connection ends", async () => {
    const { answer, seconds } = await slow;
    assertEquals([answer.status, JSON.parse(answer.body).code], [408, "request_timeout"]);
    assertStringIncludes(answer.head.toLowerCase(), "connection: close");
    assertGreater(seconds, 9.5);
  });

  /** Sends a body a byte at a time. */
  async function slowBody() {
    using socket = await RawSocket.open(calls.service.url);
    const start = performance.now();
    await socket.write(`${HEAD}content-length: 60000\r\n\r\n`);
    // The node hangs up in the end, perhaps amid a byte.
    const trickle = setInterval(() => socket.write(" ").catch(() => {}), 100);
    try {
      const answer = await socket.readAnswer();
      return { answer, seconds: (performance.now() - start) / 1000 };
    } finally {
      clearInterval(trickle);
    }
  }
});
