/** Bad input over the socket: each gets its code, and a pair in the same service signals on. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { afterAll, afterEach, beforeAll, describe, it } from "@std/testing/bdd";
import { SignJWT, UnsecuredJWT } from "jose";
import { randomId } from "../../../lib/ids.ts";
import { type CallService, callService, Pair, PRODUCTION } from "../../helpers/call_service.ts";
import type { WsClient } from "../../helpers/ws_client.ts";

describe("bad input over the socket", () => {
  let calls: CallService;
  let pair: Pair;

  beforeAll(async () => {
    calls = await callService();
    pair = await Pair.of(calls);
  });
  afterEach(() => pair.stillSignals());
  afterAll(async () => {
    await pair[Symbol.asyncDispose]();
    await calls[Symbol.asyncDispose]();
  });

  /** Checks how the node refuses what `act` does, as the first thing on a socket. */
  async function refused(
    act: (client: WsClient) => void | Promise<void>,
    expected: { code: string; close: number; says: string },
  ): Promise<void> {
    await using client = await calls.open();
    await act(client);
    const { code, close, message } = await client.refusal();
    assertEquals({ code, close }, { code: expected.code, close: expected.close });
    assertStringIncludes(message, expected.says);
    assertStringIncludes(message, "expected");
  }

  /** Checks the error that a joined client gets for a frame, and that its socket lives. */
  async function warned(frame: string, code: string, says: string): Promise<void> {
    await using client = await calls.join(await calls.room(), "eve");
    client.sendRaw(frame.replaceAll("@self", client.id));
    const error = await client.next("error");
    assertEquals(error.code, code);
    assertStringIncludes(error.message, says);
    assertStringIncludes(error.message, "expected");
    client.send({ type: "ping", id: 1 });
    await client.next("pong");
  }

  for (const text of ["{oops", "", "null", "[]", `"join"`, "{}", `{"type":7}`]) {
    it(`malformed JSON ${JSON.stringify(text)}: malformed_frame, 4400`, () =>
      refused((client) => client.sendRaw(text), {
        code: "malformed_frame",
        close: 4400,
        says: `a JSON object with a string "type"`,
      }));
  }

  it("malformed JSON after a join: malformed_frame, 4400", async () => {
    await using client = await calls.join(await calls.room(), "eve");
    client.sendRaw("{oops");
    const { code, close } = await client.refusal();
    assertEquals([code, close], ["malformed_frame", 4400]);
  });

  it("an unknown type first: unknown_type, 4400", () =>
    refused((client) => client.sendRaw(`{"type":"dance"}`), {
      code: "unknown_type",
      close: 4400,
      says: "one of join, resume",
    }));

  it("an unknown type after a join: unknown_type, and the socket lives", () =>
    warned(`{"type":"dance"}`, "unknown_type", `"dance"`));

  it("a join without its token: invalid_frame, 4400", () =>
    refused((client) => client.sendRaw(`{"type":"join"}`), {
      code: "invalid_frame",
      close: 4400,
      says: `"token"`,
    }));

  it("a signal without its addressee: invalid_frame, and the socket lives", () =>
    warned(`{"type":"signal","data":1}`, "invalid_frame", `"to"`));

  it("a signal without its data: invalid_frame, and the socket lives", () =>
    warned(`{"type":"signal","to":"p_a"}`, "invalid_frame", `"data"`));

  it("attributes as deep as a frame allows: invalid_frame, and the service lives", () => {
    const deep = "[".repeat(32_000) + "]".repeat(32_000);
    return warned(`{"type":"update","attributes":{"a":${deep}}}`, "invalid_frame", "attributes");
  });

  it("an oversized frame: frame_too_large, 4413", () =>
    refused((client) => client.sendRaw("x".repeat(65_537)), {
      code: "frame_too_large",
      close: 4413,
      says: "at most 65536",
    }));

  it("a frame far beyond all limits: the socket ends", async () => {
    await using client = await calls.open();
    client.sendRaw("x".repeat(80 * 1024 * 1024));
    await client.closed;
  });

  it("a binary frame: malformed_frame, 4400", () =>
    refused((client) => client.sendRaw(new ArrayBuffer(8)), {
      code: "malformed_frame",
      close: 4400,
      says: "expected text",
    }));

  it("a signal before the join: not_joined, 4400", () =>
    refused((client) => client.send({ type: "signal", to: "p_a", data: 1 }), {
      code: "not_joined",
      close: 4400,
      says: `"join" or "resume"`,
    }));

  it("a signal to a stranger: participant_not_found, and the socket lives", () =>
    warned(`{"type":"signal","to":"p_nobody","data":1}`, "participant_not_found", "p_nobody"));

  it("a signal to oneself: not_to_self, and the socket lives", () =>
    warned(`{"type":"signal","to":"@self","data":1}`, "not_to_self", "that is you"));

  it("a signal to someone in another room: participant_not_found, and it hears nothing", async () => {
    await warned(
      `{"type":"signal","to":"${pair.bob.id}","data":"psst"}`,
      "participant_not_found",
      pair.bob.id,
    );
    await pair.stillSignals();
    assertEquals(JSON.stringify(pair.bob.frames.all).includes("psst"), false);
  });

  it("a join twice: already_joined, and the socket lives", async () => {
    await using client = await calls.join(await calls.room(), "eve");
    client.send({ type: "join", token: "another" });
    assertEquals((await client.next("error")).code, "already_joined");
    client.send({ type: "resume", session: client.welcome.session });
    assertEquals((await client.next("error")).code, "already_joined");
    client.send({ type: "ping" });
    await client.next("pong");
  });

  it("a sender that claims to be another: it is delivered under its own id", async () => {
    const room = await calls.room();
    await using ada = await calls.join(room, "ada");
    await using eve = await calls.join(room, "eve");
    eve.sendRaw(`{"type":"signal","to":"${ada.id}","data":1,"from":"p_boss"}`);
    assertEquals(await ada.next("signal"), { type: "signal", from: eve.id, data: 1 });
  });

  describe("tokens", () => {
    const key = new TextEncoder().encode(PRODUCTION.TOKEN_SECRET);
    const now = Math.floor(Date.now() / 1000);
    const claims = (room: string, exp = now + 60) => ({
      iss: "meshlift",
      aud: "join",
      tenant: "acme",
      room,
      sub: "eve",
      jti: randomId(),
      permissions: { publish: true, subscribe: true, chat: true, moderate: true },
      exp,
    });
    const sign = (payload: Record<string, unknown>, alg = "HS256", secret = key) =>
      new SignJWT(payload).setProtectedHeader({ alg }).sign(secret);

    it("made by the same claims are good: what follows has one cause each", async () => {
      await using client = await calls.open();
      client.send({ type: "join", token: await sign(claims(await calls.room())) });
      await client.next("welcome");
    });

    it("that have expired: token_expired, 4401", async () => {
      const token = await sign(claims(await calls.room(), now - 1));
      await refused((client) => client.send({ type: "join", token }), {
        code: "token_expired",
        close: 4401,
        says: `expired at ${new Date((now - 1) * 1000).toISOString()}`,
      });
    });

    it("of alg none: token_invalid, 4401", async () => {
      const token = new UnsecuredJWT(claims(await calls.room())).encode();
      await refused((client) => client.send({ type: "join", token }), {
        code: "token_invalid",
        close: 4401,
        says: "signature is required",
      });
    });

    it("of another secret: token_invalid, 4401", async () => {
      const other = new TextEncoder().encode("another secret that nobody here knows at all");
      const token = await sign(claims(await calls.room()), "HS256", other);
      await refused((client) => client.send({ type: "join", token }), {
        code: "token_invalid",
        close: 4401,
        says: "invalid signature",
      });
    });

    it("for another room than the join names: token_invalid, 4401", async () => {
      const token = await sign(claims(await calls.room()));
      await refused((client) => client.send({ type: "join", token, room: "other" }), {
        code: "token_invalid",
        close: 4401,
        says: `Cannot join room "other"`,
      });
    });

    for (const room of ["no such room", "../r", "💥", "__proto__", ""]) {
      it(`for a room of odd characters ${JSON.stringify(room)}: room_not_found, 4404`, async () => {
        const token = await sign(claims(room));
        await refused((client) => client.send({ type: "join", token }), {
          code: "room_not_found",
          close: 4404,
          says: `"${room}"`,
        });
      });
    }

    it("in place of a session: session_invalid, 4401", async () => {
      const session = await sign(claims(await calls.room()));
      await refused((client) => client.send({ type: "resume", session }), {
        code: "session_invalid",
        close: 4401,
        says: `"aud"`,
      });
    });

    it("for a full room: room_full, when to try again, 1013", async () => {
      const room = await calls.room({ maxParticipants: 1 });
      await using _ada = await calls.join(room, "ada");
      await using client = await calls.open();
      client.send({ type: "join", token: await calls.api.makeToken(room, "eve") });
      const { code, close, retryAfterMs } = await client.refusal();
      assertEquals([code, close], ["room_full", 1013]);
      assert(retryAfterMs! > 0, `${retryAfterMs}`);
    });
  });
});
