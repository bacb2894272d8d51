import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import {
  type Destination,
  destinationOf,
  roomOfInput,
  shareLink,
} from "../../../client/demo/link.ts";
import { hueOf, initials, roomName } from "../../../client/demo/names.ts";

const ORIGIN = "https://calls.example.com";
const JWT = `e30.${btoa(JSON.stringify({ room: "from-token" }))}.sig`;

Deno.test("destinationOf: what the address bar asks for", () => {
  const cases: [string, Destination][] = [
    ["/", { kind: "start" }],
    ["/?room=", { kind: "start" }],
    ["/?room=calm-otter-4172", { kind: "room", room: "calm-otter-4172" }],
    ["/?room=caf%C3%A9", { kind: "room", room: "café" }],
    [`/#token=${JWT}`, { kind: "token", token: JWT, room: "from-token" }],
    ["/#token=unreadable", { kind: "token", token: "unreadable", room: undefined }],
    ["/?room=shown#token=t", { kind: "token", token: "t", room: "shown" }],
    ["/#token=", { kind: "start" }],
  ];
  for (const [path, destination] of cases) {
    assertEquals(destinationOf(ORIGIN + path), destination, path);
  }
});

Deno.test("shareLink: leads back to the same room, whatever its name", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }).filter((room) => room.trim() === room), (room) => {
      assertEquals(destinationOf(shareLink(ORIGIN, room)), { kind: "room", room });
    }),
  );
});

Deno.test("roomOfInput: links and names as people paste them", () => {
  const cases: [string, string][] = [
    ["https://calls.example.com/?room=calm-otter-4172", "calm-otter-4172"],
    ["  calls.example.com/?room=Team_7#x ", "Team_7"],
    ["calm otter  4172", "calm-otter-4172"],
    [" Team_7 ", "Team_7"],
    ["x".repeat(64), "x".repeat(64)],
  ];
  for (const [text, room] of cases) assertEquals(roomOfInput(text), { kind: "room", room }, text);
});

Deno.test("roomOfInput: what names no room is refused in words, never mended", () => {
  const cases: [string, string][] = [
    ["", "Paste a link"],
    ["   ", "Paste a link"],
    ["https://calls.example.com/?room=", "Paste a link"],
    ["not/a room!!", "no name of a room"],
    ["café", "no name of a room"],
    ["!!!", "no name of a room"],
    ["https://calls.example.com/?room=a%2Fb", "no name of a room"],
    ["x".repeat(65), "too long"],
    ["https://example.com/", "does not lead to a call"],
  ];
  for (const [text, words] of cases) {
    const input = roomOfInput(text);
    assertStringIncludes(input.kind === "problem" ? input.text : input.room, words, text);
    assertEquals(input.kind, "problem", text);
  }
});

Deno.test("roomName: readable, and taken as it is when typed", () => {
  const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(fc.property(unit, (random) => {
    const name = roomName(() => random);
    assertMatch(name, /^[a-z]+-[a-z]+-\d{4}$/);
    assertEquals(roomOfInput(name), { kind: "room", room: name });
  }));
});

Deno.test("initials: of one, of many, of none", () => {
  const cases: [string, string][] = [
    ["Ada Lovelace", "AL"],
    ["Johann Sebastian Bach", "JB"],
    ["linus", "L"],
    ["  ", "?"],
    ["😀 Smile", "😀S"],
  ];
  for (const [name, expected] of cases) assertEquals(initials(name), expected, name);
});

Deno.test("hueOf: a stable angle", () => {
  assertEquals(hueOf("ada"), hueOf("ada"));
  fc.assert(fc.property(fc.string(), (text) => {
    const hue = hueOf(text);
    return Number.isInteger(hue) && hue >= 0 && hue < 360;
  }));
});
