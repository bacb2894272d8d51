import { assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { CallError, type CallErrorCode } from "../../../client/api.ts";
import { chatTextOf } from "../../../client/demo/chat.ts";
import { constraintsOf, deviceProblem, resolutionFor } from "../../../client/demo/devices.ts";
import { endingOf } from "../../../client/demo/ending.ts";
import { textOfError } from "../../../client/demo/errors.ts";
import {
  bitrate,
  duration,
  milliseconds,
  percent,
  sentence,
  textParts,
} from "../../../client/demo/format.ts";
import { levelOf } from "../../../client/demo/meter.ts";
import { preferencesOf } from "../../../client/demo/preferences.ts";
import { roomsOpen } from "../../../client/demo/settings.ts";
import { actionOf } from "../../../client/demo/shortcuts.ts";
import { refusalOf, TokenRefused } from "../../../client/demo/tokens.ts";

Deno.test("numbers as a person reads them", () => {
  assertEquals([undefined, 0, 41.6].map(milliseconds), ["–", "0 ms", "42 ms"]);
  assertEquals([undefined, 0, 0.42, 9.96, 12.4].map(percent), [
    "–",
    "0 %",
    "0.4 %",
    "10 %",
    "12 %",
  ]);
  assertEquals([undefined, 0, 812_345, 1_440_000].map(bitrate), [
    "–",
    "0 kbit/s",
    "812 kbit/s",
    "1.4 Mbit/s",
  ]);
  assertEquals([0, 247_000, 3_750_000, -5].map(duration), ["0:00", "4:07", "1:02:30", "0:00"]);
  assertEquals(["", "It ended", "Why?"].map(sentence), ["", "It ended.", "Why?"]);
});

Deno.test("textParts: links without the punctuation after them", () => {
  assertEquals(textParts("See https://example.com/a?b=1. Or (http://x.org)!"), [
    { kind: "text", text: "See " },
    { kind: "link", text: "https://example.com/a?b=1" },
    { kind: "text", text: ". Or (" },
    { kind: "link", text: "http://x.org" },
    { kind: "text", text: ")!" },
  ]);
  assertEquals(textParts("javascript:alert(1)"), [{ kind: "text", text: "javascript:alert(1)" }]);
});

Deno.test("textParts: loses and adds nothing", () => {
  const piece = fc.oneof(fc.string(), fc.constant("https://example.com/x"), fc.constant("http://"));
  fc.assert(fc.property(fc.array(piece), (pieces) => {
    const text = pieces.join("");
    assertEquals(textParts(text).map((part) => part.text).join(""), text);
  }));
});

Deno.test("actionOf: shortcuts, but not while typing or with the browser's own keys", () => {
  const plain = { ctrlKey: false, metaKey: false, altKey: false, repeat: false };
  assertEquals(actionOf({ ...plain, key: "m" }, false), "microphone");
  assertEquals(actionOf({ ...plain, key: "V" }, false), "camera");
  assertEquals(actionOf({ ...plain, key: "?" }, false), "help");
  assertEquals(actionOf({ ...plain, key: "x" }, false), undefined);
  assertEquals(actionOf({ ...plain, key: "m" }, true), undefined);
  for (const held of ["ctrlKey", "metaKey", "altKey", "repeat"]) {
    assertEquals(actionOf({ ...plain, key: "s", [held]: true }, false), undefined, held);
  }
});

Deno.test("chatTextOf: only what this page's chat sends", () => {
  assertEquals(chatTextOf({ chat: "hello" }), "hello");
  for (const other of [undefined, null, "hello", 7, [], {}, { chat: 7 }, { hello: 1 }]) {
    assertEquals(chatTextOf(other), undefined);
  }
});

Deno.test("preferencesOf: what is stored wrongly is as by default", () => {
  const defaults = preferencesOf(null);
  assertEquals(defaults.microphone, true);
  for (const stored of ["", "null", "7", "{", '{"name":7,"other":1}']) {
    assertEquals(preferencesOf(stored), defaults, stored);
  }
  assertEquals(preferencesOf('{"name":"Ada","camera":false}'), {
    ...defaults,
    name: "Ada",
    camera: false,
  });
});

Deno.test("levelOf: silence, speech, loud", () => {
  const tone = (amplitude: number) =>
    Array.from({ length: 512 }, (_, index) => amplitude * Math.sin(index / 4));
  assertEquals(levelOf(tone(0)), 0);
  assertEquals(levelOf(tone(1)), 1);
  assertEquals(levelOf([]), 0);
  const speech = levelOf(tone(0.05));
  assertEquals(speech > 0.3 && speech < 0.8, true, `got ${speech}`);
});

Deno.test("problems name the device and what to do", () => {
  assertStringIncludes(deviceProblem("NotAllowedError", "audioinput"), "microphone is blocked");
  assertStringIncludes(deviceProblem("NotFoundError", "videoinput"), "No camera");
  assertStringIncludes(deviceProblem("NotReadableError", "videoinput"), "in use");
  assertStringIncludes(deviceProblem("InsecureContext", "videoinput"), "https");
  assertStringIncludes(deviceProblem("Odd", "audioinput"), "Odd");
  assertStringIncludes(refusalOf(404, undefined), "DEMO is off");
  assertStringIncludes(refusalOf(503, undefined), "busy");
  assertStringIncludes(refusalOf(400, undefined), "HTTP 400");
  assertEquals(refusalOf(400, "Bad room."), "Bad room.");
});

Deno.test("endingOf: what happened and what to do, never the developer's prose", () => {
  const prose = "Cannot stay: removed from the room";
  const error = (code: CallErrorCode) => new CallError(code, prose, "Advice for developers");
  assertEquals(endingOf(error("removed"), "room"), {
    title: "You were removed from the call",
    action: "Ask whoever leads the call before you join again.",
    rejoin: false,
  });
  assertEquals(endingOf(error("closed"), "room"), {
    title: "The call was closed",
    action: "Rejoin to go on.",
    rejoin: true,
  });
  assertEquals(endingOf(undefined, "token").title, "You left the call");
  for (const code of ["room_ended", "token_invalid", "invalid_argument", "taken_over"] as const) {
    const { title, action } = endingOf(error(code), "token");
    assertEquals([title, action].some((text) => /Cannot stay|developers/.test(text)), false, code);
  }
});

Deno.test("endingOf: offers to rejoin where that can work", () => {
  const cases: [CallErrorCode | undefined, boolean, boolean][] = [
    // by an open room, by a token
    [undefined, true, true],
    ["taken_over", true, true],
    ["unreachable", true, true],
    ["room_full", true, true],
    ["room_not_found", true, false],
    ["token_invalid", true, false],
    ["token_expired", true, false],
    ["removed", false, false],
    ["room_ended", false, false],
  ];
  for (const [code, byRoom, byToken] of cases) {
    const error = code && new CallError(code, "", "");
    assertEquals(endingOf(error, "room").rejoin, byRoom, code);
    assertEquals(endingOf(error, "token").rejoin, byToken, code);
  }
});

Deno.test("roomsOpen: unless the service says no", () => {
  assertEquals(roomsOpen({ rooms: false }), false);
  for (const answer of [{ rooms: true }, {}, null, undefined, "no", { rooms: 0 }]) {
    assertEquals(roomsOpen(answer), true);
  }
});

Deno.test("textOfError: a person's words, else the error's own", () => {
  const refused = new TokenRefused("No demo here.");
  const cases: [unknown, string][] = [
    [
      new CallError("room_full", "12 of 12", "Raise it"),
      "The call is full. Try again when someone has left.",
    ],
    [new CallError("closed", "It broke", "Try again"), "It broke. Try again."],
    [refused, "No demo here."],
    [new CallError("token_invalid", "It failed", "", { cause: refused }), "No demo here."],
    [new Error("Broken"), "Broken."],
    ["odd", "odd"],
  ];
  for (const [error, text] of cases) assertEquals(textOfError(error), text);
  assertStringIncludes(
    textOfError(new CallError("permission_denied", "Denied", ""), "videoinput"),
    "camera is blocked",
  );
});

Deno.test("resolutionFor: what the machine can carry", () => {
  const cases: [number, number, number][] = [[2, 640, 360], [4, 960, 540], [16, 1280, 720]];
  for (const [cores, width, height] of cases) {
    assertEquals(resolutionFor(cores), { width: { ideal: width }, height: { ideal: height } });
  }
});

Deno.test("constraintsOf: exactly the chosen device, or any where it is gone", () => {
  const present = [
    { kind: "audioinput", deviceId: "a" },
    { kind: "videoinput", deviceId: "v" },
    { kind: "audioinput", deviceId: "" },
  ] as const;
  assertEquals(constraintsOf("audioinput", "a", present), { deviceId: { exact: "a" } });
  for (const other of ["", "gone", "v"]) {
    assertEquals(constraintsOf("audioinput", other, present), {}, other);
  }
  assertEquals(constraintsOf("videoinput", "v", present).deviceId, { exact: "v" });
});
