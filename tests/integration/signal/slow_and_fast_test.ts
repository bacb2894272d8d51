/** Clients that are too slow, too fast, or silent: they are cut off, and a pair in the same service signals on. */
import { assert, assertEquals, assertGreater, assertMatch } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { type CallService, callService, Pair } from "../../helpers/call_service.ts";
import { RawSocket } from "../../helpers/raw_socket.ts";
import type { WsClient } from "../../helpers/ws_client.ts";

describe("a client", () => {
  let calls: CallService;
  let pair: Pair;
  /** Begun first, for it takes longest. */
  let frozen: Promise<WsClient>;
  let watcher: WsClient;

  beforeAll(async () => {
    calls = await callService();
    pair = await Pair.of(calls);
    const room = await calls.room();
    watcher = await calls.join(room, "ada");
    frozen = freeze(room);
    frozen.catch(() => {}); // told by the test that awaits it
  });
  afterAll(async () => {
    await watcher[Symbol.asyncDispose]();
    await pair[Symbol.asyncDispose]();
    await calls[Symbol.asyncDispose]();
  });

  it("that sends no join is told so after 5 s: join_timeout, 4408", async () => {
    await using client = await calls.open();
    const start = performance.now();
    const error = await client.next("error", { timeoutMs: 8_000 });
    assertEquals([error.code, (await client.closed).code], ["join_timeout", 4408]);
    assertGreater(performance.now() - start, 4_500);
    await pair.stillSignals();
  });

  it("that sends too fast is cut off: too_fast, when to come back, 4429; then it resumes", async () => {
    const room = await calls.room();
    await using watcher = await calls.join(room, "bob");
    await using client = await calls.join(room, "eve");
    for (let n = 0; n < 1_000; n++) client.send({ type: "ping", id: n });
    const { code, close, retryAfterMs } = await client.refusal();
    assertEquals([code, close], ["too_fast", 4429]);
    assert(retryAfterMs! > 0 && retryAfterMs! <= 1_000, `${retryAfterMs}`);
    await pair.stillSignals();
    await using back = await calls.resume(client.welcome.session);
    assertEquals([back.id, back.welcome.resumed], [client.id, true]);
    watcher.send({ type: "signal", to: back.id, data: 1 });
    await back.next("signal");
    await pair.stillSignals();
  });

  it("that sends a burst within its limits is served", async () => {
    await using client = await calls.join(await calls.room(), "eve");
    const { frameBurst } = client.welcome.limits;
    for (let n = 1; n < frameBurst; n++) client.send({ type: "ping", id: n });
    await client.next("pong", { where: ({ id }) => id === frameBurst - 1 });
    await pair.stillSignals();
  });

  it("that never reads is cut off when 2 MiB wait: 1013 too_slow; its peers go on", async () => {
    await using fast = await callService({ env: { FRAME_RATE: "100000", FRAME_BURST: "100000" } });
    const room = await fast.room();
    await using ada = await fast.join(room, "ada");
    await using bob = await fast.join(room, "bob");
    const { socket, head } = await RawSocket.handshake(fast.service.wsUrl);
    using mute = socket;
    assert(head.startsWith("HTTP/1.1 101"), head);
    const token = await fast.api.makeToken(room, "mute");
    await mute.writeFrame(JSON.stringify({ type: "join", token }));
    const { participant } = await ada.next("participant", {
      where: ({ participant }) => participant.identity === "mute",
    });
    const chunk = "x".repeat(60_000);
    const away = ada.next("participant", {
      where: (frame) =>
        frame.participant.id === participant.id &&
        frame.participant.state === "away",
      timeoutMs: 20_000,
    });
    let cutOff = false;
    away.then(() => cutOff = true, () => cutOff = true);
    let sent = 0;
    for (; !cutOff; sent++) {
      ada.send({ type: "signal", to: participant.id, data: chunk });
      if (sent % 20 > 0) continue;
      // The pace of the node, and proof that a peer is served meanwhile.
      ada.send({ type: "signal", to: bob.id, data: sent });
      assertEquals((await bob.next("signal")).data, sent);
    }
    await away;
    await fast.service.log(/"event":"ended".*"code":"too_slow"/);
    bob.send({ type: "signal", to: ada.id, data: "alive" });
    assertEquals((await ada.next("signal")).data, "alive");
    // Now it reads after all: what was under way, then the close.
    const { code, reason, frames } = await mute.readToClose();
    assertEquals([code, reason], [1013, "too_slow"]);
    assertGreater(sent, frames - 1, "all but the welcome were signals, and not all of those came");
  });

  it("that vanishes without a word is away for the others at once, by its TCP close", async () => {
    const room = await calls.room();
    await using ada = await calls.join(room, "ada");
    const { socket } = await RawSocket.handshake(calls.service.wsUrl);
    const token = await calls.api.makeToken(room, "ghost");
    await socket.writeFrame(JSON.stringify({ type: "join", token }));
    await ada.next("participant");
    socket[Symbol.dispose]();
    const { participant } = await ada.next("participant");
    assertEquals([participant.identity, participant.state], ["ghost", "away"]);
  });

  it("that answered a ping and no other is given up 12 s later: too_silent, 1013", async () => {
    await using client = await frozen;
    const { code, message } = await client.next("error", { timeoutMs: 20_000 });
    assertEquals([code, (await client.closed).code], ["too_silent", 1013]);
    assertMatch(message, /1[23]\d{3} ms without a frame/);
    await watcher.next("participant", {
      where: ({ participant }) => participant.id === client.id && participant.state === "away",
    });
    await pair.stillSignals();
  });

  /** Somebody who answers the first ping and then says nothing more. */
  async function freeze(room: string): Promise<WsClient> {
    const client = await calls.join(room, "frozen");
    await client.next("ping", { timeoutMs: 10_000 });
    client.send({ type: "pong" });
    return client;
  }
});
