/** What the environment sets, as clients see it. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { createHmac } from "node:crypto";
import { type CallService, callService } from "../../helpers/call_service.ts";
import { RawSocket } from "../../helpers/raw_socket.ts";

describe("with settings of its own, the node", () => {
  let calls: CallService;
  beforeAll(async () => {
    calls = await callService({
      env: {
        ALLOWED_ORIGINS: "https://app.example.com, http://localhost:3000",
        STUN_URLS: "stun:stun.example.com",
        TURN_URLS: "turn:turn.example.com,turns:turn.example.com",
        TURN_SECRET: "north",
        TURN_TTL: "600",
        FRAME_RATE: "7",
        FRAME_BURST: "70",
      },
    });
  });
  afterAll(() => calls[Symbol.asyncDispose]());

  async function handshake(headers: Record<string, string>): Promise<string> {
    const { socket, head } = await RawSocket.handshake(calls.service.wsUrl, headers);
    socket[Symbol.dispose]();
    return head.split("\r\n")[0]!;
  }

  it("opens sockets for the pages that ALLOWED_ORIGINS names, and for programs", async () => {
    for (
      const headers of [
        { origin: "https://app.example.com" },
        { origin: "http://localhost:3000" },
        {},
      ]
    ) {
      assertStringIncludes(await handshake(headers as Record<string, string>), "101");
    }
  });

  it("opens sockets for its own pages, though ALLOWED_ORIGINS does not name them", async () => {
    const { host } = new URL(calls.service.url);
    assertStringIncludes(await handshake({ origin: `http://${host}` }), "101");
    // As behind a proxy that ends TLS.
    assertStringIncludes(await handshake({ origin: `https://${host}` }), "101");
    assertStringIncludes(await handshake({ origin: `http://${host.split(":")[0]}:1` }), "403");
  });

  it("opens none for other pages: 403", async () => {
    for (const origin of ["https://evil.example", "null", "http://app.example.com"]) {
      assertStringIncludes(await handshake({ origin }), "403");
    }
  });

  it("gives TURN credentials with the welcome, and a fresh set on request", async () => {
    await using ada = await calls.join(await calls.room(), "ada");
    ada.send({ type: "iceServers" });
    for (const answer of [ada.welcome, await ada.next("iceServers")]) {
      const [stun, turn] = answer.iceServers;
      assertEquals(stun, { urls: ["stun:stun.example.com"] });
      assertEquals(turn?.urls, ["turn:turn.example.com", "turns:turn.example.com"]);
      const [expiry, id] = turn!.username!.split(":");
      assertEquals([id, answer.ttlSeconds], [ada.id, 600]);
      assert(Math.abs(Number(expiry) - Date.now() / 1000 - 600) < 60, turn!.username);
      const expected = createHmac("sha1", "north").update(turn!.username!).digest("base64");
      assertEquals(turn!.credential, expected);
    }
  });

  it("tells its limits", async () => {
    await using ada = await calls.join(await calls.room(), "ada");
    assertEquals(ada.welcome.limits, {
      frameLength: 65_536,
      frameUnit: 8_192,
      framesPerSecond: 7,
      frameBurst: 70,
      updatesPerSecond: 5,
      updateBurst: 20,
    });
  });
});
