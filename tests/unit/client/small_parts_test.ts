import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { stub } from "@std/testing/mock";
import { FakeTime } from "@std/testing/time";
import fc from "fast-check";
import { checkSettings } from "../../../client/adaptation_settings.ts";
import { type AdaptationSettings, CallError } from "../../../client/api.ts";
import { retryDelay } from "../../../client/backoff.ts";
import { bucket, take, waitMs } from "../../../client/bucket.ts";
import type { Courier } from "../../../client/courier.ts";
import { Emitter } from "../../../client/emitter.ts";
import { callError, fromClose, fromDevice, fromNode } from "../../../client/errors.ts";
import { encode, Messages } from "../../../client/messages.ts";
import { mergeAttributes } from "../../../client/own.ts";
import { HELD_MESSAGES, LINK } from "../../../client/policy.ts";
import type { Remote } from "../../../client/remote.ts";
import { signalUrl } from "../../../client/signal_url.ts";

const policy = { baseMs: 300, capMs: 5_000 };

describe("retryDelay", () => {
  it("draws from zero on, from the first try, and never above the cap", () => {
    fc.assert(
      fc.property(fc.nat(200), fc.double({ min: 0, max: 0.999, noNaN: true }), (tries, random) => {
        const delay = retryDelay(tries, policy, { random: () => random });
        assert(delay >= 0 && delay <= Math.min(policy.capMs, policy.baseMs * 2 ** tries));
      }),
    );
    assertEquals(retryDelay(0, policy, { random: () => 0 }), 0);
    assertEquals(retryDelay(0, policy, { random: () => 0.5 }), 150);
    assertEquals(retryDelay(3, policy, { random: () => 0.5 }), 1_200);
  });

  it("waits at least as long as the node asks, and not in step with others", () => {
    assertEquals(retryDelay(0, policy, { random: () => 0, atLeastMs: 2_000 }), 2_000);
    assertEquals(retryDelay(0, policy, { random: () => 0.5, atLeastMs: 2_000 }), 2_150);
  });
});

describe("bucket", () => {
  it("has its capacity at once, then its rate", () => {
    let state = bucket(2, 10, 0);
    assertEquals(waitMs(state, 0), 0);
    state = take(take(state, 0), 0);
    assertEquals(waitMs(state, 0), 100);
    assertEquals(waitMs(state, 99), 1);
    assertEquals(waitMs(state, 100), 0);
  });

  it("may be overdrawn, and then pays back", () => {
    const state = take(take(bucket(1, 10, 0), 0), 0);
    assertEquals(waitMs(state, 0), 200);
  });

  it("does not fill over its capacity", () => {
    const state = take(take(bucket(2, 10, 0), 1e6), 1e6);
    assertEquals(waitMs(state, 1e6), 100);
  });
});

describe("Emitter", () => {
  it("calls in order, until undone", () => {
    const emitter = new Emitter<{ hit: number }>();
    const got: string[] = [];
    const undo = emitter.on("hit", (n) => got.push(`a${n}`));
    emitter.on("hit", (n) => got.push(`b${n}`));
    emitter.emit("hit", 1);
    undo();
    undo();
    emitter.emit("hit", 2);
    assertEquals(got, ["a1", "b1", "b2"]);
  });

  it("reports a listener that throws, and calls the others", () => {
    using error = stub(console, "error");
    const emitter = new Emitter<{ hit: number }>();
    const got: number[] = [];
    emitter.on("hit", () => {
      throw new Error("mine");
    });
    emitter.on("hit", (n) => got.push(n));
    emitter.emit("hit", 1);
    assertEquals(got, [1]);
    assertEquals(error.calls.length, 1);
  });

  it("does not call who was undone before its turn, nor anyone once it is closed", () => {
    const emitter = new Emitter<{ hit: number }>();
    const heard: string[] = [];
    const undos = ["a", "b", "c"].map((name) =>
      emitter.on("hit", () => {
        heard.push(name);
        undos[1]!();
      })
    );
    emitter.emit("hit", 1);
    assertEquals(heard, ["a", "c"]);
    emitter.close();
    emitter.emit("hit", 2);
    assertEquals(heard, ["a", "c"]);
  });

  it("does not call who began to listen during the call", () => {
    const emitter = new Emitter<{ hit: number }>();
    const got: number[] = [];
    emitter.on("hit", () => emitter.on("hit", (n) => got.push(n)));
    emitter.emit("hit", 1);
    assertEquals(got, []);
  });
});

describe("errors", () => {
  it("always say what to do", () => {
    const error = callError("room_full", "Cannot join", { retryAfterMs: 5 });
    assertInstanceOf(error, CallError);
    assertInstanceOf(error, Error);
    assert(error.action.length > 20);
    assertEquals([error.code, error.message, error.retryAfterMs], ["room_full", "Cannot join", 5]);
  });

  it("of the browser's devices", () => {
    const cases = {
      NotAllowedError: "permission_denied",
      NotFoundError: "device_not_found",
      OverconstrainedError: "device_not_found",
      NotReadableError: "device_in_use",
      TypeError: "invalid_argument",
      SomethingNew: "device_not_found",
    };
    for (const [name, code] of Object.entries(cases)) {
      assertEquals(fromDevice(new DOMException("x", name), "the camera").code, code, name);
    }
    const known = callError("closed", "x");
    assertEquals(fromDevice(known, "the camera"), known);
  });

  it("of the node", () => {
    const told = (code: Parameters<typeof fromNode>[0]["code"]) =>
      fromNode({ code, message: "m", retryAfterMs: 7 })?.code;
    assertEquals(told("token_expired"), "token_expired");
    assertEquals(told("session_invalid"), "token_invalid");
    assertEquals(told("draining"), undefined);
    assertEquals([4401, 4403, 4404, 4409, 1006].map((code) => fromClose(code).code), [
      "token_invalid",
      "removed",
      "room_ended",
      "taken_over",
      "unreachable",
    ]);
  });
});

describe("signalUrl", () => {
  it("keeps host, port and path", () => {
    const cases = {
      "https://calls.example.com": "wss://calls.example.com/v1/signal",
      "http://localhost:8000/": "ws://localhost:8000/v1/signal",
      "https://example.com/calls": "wss://example.com/calls/v1/signal",
      "wss://example.com": "wss://example.com/v1/signal",
    };
    for (const [url, expected] of Object.entries(cases)) assertEquals(signalUrl(url), expected);
  });

  it("refuses what is no address of a service", () => {
    for (const url of ["", "calls.example.com", "ftp://example.com", "javascript:0"]) {
      assertThrows(() => signalUrl(url), CallError, "expected an address");
    }
  });
});

describe("Messages", () => {
  it("holds so many until the application has the call, then hands them over", () => {
    using time = new FakeTime();
    const heard: unknown[] = [];
    const messages = new Messages({} as Courier, ({ data }) => heard.push(data));
    for (let n = 0; n < HELD_MESSAGES; n++) {
      assertEquals(messages.full, false);
      messages.handle({} as Remote, n);
    }
    assertEquals([messages.full, heard.length], [true, 0]);
    messages.release();
    time.tick(0);
    assertEquals([messages.full, heard.length], [false, HELD_MESSAGES]);
  });
});

describe("encode", () => {
  it("takes any JSON value", () => {
    assertEquals(encode({ a: [null, "ä"] }), '{"a":[null,"ä"]}');
    assertEquals(encode(null), "null");
  });

  it("refuses what is none, and what is too long", () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    for (const value of [undefined, () => {}, 1n, circle]) {
      const error = assertThrows(() => encode(value), CallError);
      assertEquals(error.code, "invalid_argument");
    }
    assertEquals(encode("x".repeat(LINK.itemLength - 2)).length, LINK.itemLength);
    const error = assertThrows(() => encode("x".repeat(LINK.itemLength - 1)), CallError);
    assertEquals(error.code, "message_too_large");
  });
});

describe("mergeAttributes", () => {
  it("merges, and takes out what is null", () => {
    assertEquals(mergeAttributes({ a: 1, b: 2 }, { b: null, c: { d: null } }), {
      a: 1,
      c: { d: null },
    });
  });

  it("leaves out what JSON has no word for", () => {
    assertEquals(mergeAttributes({}, { a: undefined, b: 1 }), { b: 1 });
  });

  it("refuses what is no object", () => {
    for (const changes of ["abc", 5, [1, 2], true]) {
      const merge = () => mergeAttributes({}, changes as unknown as Record<string, unknown>);
      assertThrows(merge, CallError, `to ${JSON.stringify(changes)}: expected an object`);
    }
  });

  it("refuses more than the node would take", () => {
    assertThrows(() => mergeAttributes({}, { a: "x".repeat(2_048) }), CallError, "at most 2048");
  });
});

describe("checkSettings", () => {
  it("takes each mode, and nothing that it does not know", () => {
    for (const mode of ["auto", "off", "audio_only"] as const) {
      assertEquals(checkSettings({ mode }), { mode, maxBitrate: undefined });
    }
    const settings = { mode: "auto", maxBitrate: 500_000, colour: "green" } as const;
    assertEquals(checkSettings(settings), { mode: "auto", maxBitrate: 500_000 });
  });

  it("refuses what is no mode, and says which there are", () => {
    for (const settings of [undefined, null, {}, "auto", { mode: "on" }, { maxBitrate: 1 }]) {
      const error = assertThrows(
        () => checkSettings(settings as unknown as AdaptationSettings),
        CallError,
        "expected auto, off, audio_only",
      );
      assertEquals(error.code, "invalid_argument");
    }
  });

  it("refuses what is no bitrate, and says in which unit it is", () => {
    for (const maxBitrate of [0, -1, NaN, "500000", null]) {
      const error = assertThrows(
        () => checkSettings({ mode: "auto", maxBitrate } as AdaptationSettings),
        CallError,
        `maxBitrate ${maxBitrate}: expected bit/s above 0`,
      );
      assertEquals(error.code, "invalid_argument");
    }
  });

  it("refuses a bitrate where nothing is limited", () => {
    const error = assertThrows(
      () => checkSettings({ mode: "off", maxBitrate: 500_000 }),
      CallError,
      'mode off with maxBitrate: expected mode "auto"',
    );
    assertEquals(error.code, "invalid_argument");
    assertEquals(checkSettings({ mode: "audio_only", maxBitrate: 1 }).maxBitrate, 1);
  });
});
