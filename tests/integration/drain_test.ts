/** A node that is told to end: SIGTERM, SIGINT. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { callService, Pair } from "../helpers/call_service.ts";
import { RawSocket } from "../helpers/raw_socket.ts";

const ROOM = JSON.stringify({ id: "in-flight" });

describe("a node that is told to end", () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`by ${signal} tells every client when to come back, spread out, and exits 0 within 4 s`, async () => {
      await using calls = await callService();
      const room = await calls.room({ maxParticipants: 20 });
      const clients = await Promise.all(
        Array.from({ length: 20 }, (_, i) => calls.join(room, `p${i}`)),
      );
      const start = performance.now();
      calls.service.kill(signal);
      const retries = await Promise.all(clients.map(async (client) => {
        const { code, close, retryAfterMs } = await client.refusal();
        assertEquals([code, close], ["draining", 1012]);
        return retryAfterMs!;
      }));
      const { code } = await calls.service.exited;
      assertEquals(code, 0, calls.service.logs.join("\n"));
      assertLess(performance.now() - start, 4_000);
      assert(retries.every((ms) => ms >= 200 && ms <= 5_200), `${retries}`);
      assert(new Set(retries).size > 5, `${retries}`);
    });
  }

  it("tells it also to who is talking at that moment", async () => {
    await using calls = await callService({ env: { FRAME_RATE: "100000", FRAME_BURST: "100000" } });
    await using ada = await calls.join(await calls.room(), "ada");
    const ended = ada.next("error", { timeoutMs: 10_000 });
    let told = false;
    ended.then(() => told = true, () => told = true);
    calls.service.kill("SIGTERM");
    // Several on the way at any moment.
    for (let id = 0; id < 5; id++) ada.send({ type: "ping", id });
    for (let id = 5; !told; id++) {
      await Promise.race([ended, ada.next("pong")]);
      if (!told) ada.send({ type: "ping", id });
    }
    assertEquals([(await ended).code, (await ada.closed).code], ["draining", 1012]);
    await calls.service.exited;
  });

  it("tells it with 1012, never 1001, to clients that send every 30 ms", async () => {
    await using calls = await callService({ env: { FRAME_RATE: "1000", FRAME_BURST: "1000" } });
    const room = await calls.room();
    const clients = await Promise.all(
      Array.from({ length: 5 }, (_, i) => calls.join(room, `p${i}`)),
    );
    const talking = setInterval(() => {
      for (const client of clients) client.send({ type: "ping" });
    }, 30);
    await Promise.all(clients.map((client) => client.next("pong")));
    calls.service.kill("SIGTERM");
    const refusals = await Promise.all(clients.map((client) => client.refusal()));
    clearInterval(talking);
    for (const { code, close } of refusals) assertEquals([code, close], ["draining", 1012]);
    assertEquals((await calls.service.exited).code, 0);
  });

  it("exits within 4 s, whoever never answers the close", async () => {
    await using calls = await callService();
    const room = await calls.room();
    await using ada = await calls.join(room, "ada");
    const { socket } = await RawSocket.handshake(calls.service.wsUrl);
    using mute = socket;
    const token = await calls.api.makeToken(room, "mute");
    await mute.writeFrame(JSON.stringify({ type: "join", token }));
    await ada.next("participant");
    const start = performance.now();
    calls.service.kill("SIGTERM");
    assertEquals((await ada.refusal()).close, 1012);
    assertEquals((await calls.service.exited).code, 0);
    assertLess(performance.now() - start, 4_000);
    assertEquals((await mute.readToClose()).code, 1012);
  });

  it("lets a REST request in flight finish", async () => {
    await using calls = await callService();
    await using pair = await Pair.of(calls);
    using request = await RawSocket.open(calls.service.url);
    await request.write([
      "POST /v1/rooms HTTP/1.1",
      "host: localhost",
      "authorization: Bearer acme-secret",
      "content-type: application/json",
      `content-length: ${ROOM.length}`,
      "",
      ROOM.slice(0, 5),
    ].join("\r\n"));
    // An answer to a later request: the node has begun on the first.
    await calls.api.listRooms();
    calls.service.kill("SIGTERM");
    await pair.ada.refusal();
    await request.write(ROOM.slice(5));
    const { status, body } = await request.readAnswer();
    assertEquals([status, JSON.parse(body).id], [201, "in-flight"], body);
    assertEquals((await calls.service.exited).code, 0);
  });

  it("says at /readyz that it takes no more: 503", async () => {
    await using calls = await callService();
    await using pair = await Pair.of(calls);
    using probe = await RawSocket.open(calls.service.url);
    await probe.write("GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n");
    assertEquals((await probe.readAnswer()).status, 200);
    calls.service.kill("SIGTERM");
    await pair.ada.next("error");
    await probe.write("GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n");
    const { status, body } = await probe.readAnswer();
    assertEquals([status, JSON.parse(body)], [503, { status: "draining", store: "up", bus: "up" }]);
    await calls.service.exited;
  });

  it("lets nobody in while it drains", async () => {
    await using calls = await callService();
    await using pair = await Pair.of(calls);
    const token = await calls.api.makeToken(await calls.room(), "late");
    // It never answers the close: the node waits for it, and takes sockets meanwhile.
    const { socket } = await RawSocket.handshake(calls.service.wsUrl);
    using _mute = socket;
    calls.service.kill("SIGTERM");
    await pair.ada.next("error");
    await using late = await calls.open();
    late.send({ type: "join", token });
    const { code, close } = await late.refusal();
    assertEquals([code, close], ["draining", 1012]);
    assertEquals(late.frames.all.length, 1);
    await calls.service.exited;
  });

  it("does not wait for a client that never reads, nor for a request that never ends", async () => {
    await using calls = await callService();
    await using pair = await Pair.of(calls);
    const { socket } = await RawSocket.handshake(calls.service.wsUrl);
    using _mute = socket;
    using request = await RawSocket.open(calls.service.url);
    await request.write(
      "POST /v1/rooms HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer acme-secret\r\n" +
        "content-type: application/json\r\ncontent-length: 100\r\n\r\n{",
    );
    await calls.api.listRooms();
    const start = performance.now();
    calls.service.kill("SIGTERM");
    await pair.ada.refusal();
    assertEquals((await calls.service.exited).code, 0);
    assertLess(performance.now() - start, 4_000);
  });

  it("without clients ends at once", async () => {
    await using calls = await callService();
    const start = performance.now();
    calls.service.kill("SIGTERM");
    assertEquals((await calls.service.exited).code, 0);
    assertLess(performance.now() - start, 2_000);
  });
});
