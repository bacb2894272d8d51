import { assertEquals, assertLess, assertObjectMatch, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { ClientFrame } from "../../../lib/protocol.ts";
import { readFrame, relayText } from "../../../lib/frame.ts";

/** What the addressee would get of a text from `p_me`. */
function relayed(text: string): string {
  const read = readFrame(text);
  if (read.kind !== "relay") throw new Error(`Cannot relay ${text}: got a ${read.kind}`);
  return relayText(read, "p_me");
}

/** What a text says by `JSON.parse` and the schema alone. */
function bySchema(text: string) {
  const { success, data: frame } = ClientFrame.safeParse(parsed(text));
  if (!success) return { kind: "problem" };
  if (frame.type !== "signal" && frame.type !== "message") return { kind: "frame" };
  const { type, to, data } = frame;
  return { kind: "relay", to, delivered: { type, from: "p_me", data } };
}

/** `undefined`: no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Both must take a text for the same. */
function assertAsBySchema(text: string): void {
  const read = readFrame(text);
  const { kind, to, delivered } = bySchema(text);
  assertEquals(read.kind, kind);
  if (read.kind !== "relay") return;
  assertEquals(read.to, to);
  // What names its sender names its addressee as well.
  const { to: _, ...got } = JSON.parse(relayed(text));
  assertEquals(got, delivered);
}

describe("readFrame refuses", () => {
  const REFUSED: Record<string, [text: string, code: string, says: string]> = {
    "what is no JSON": ["{oops", "malformed_frame", `expected a JSON object with a string "type"`],
    "an empty text": ["", "malformed_frame", `""`],
    "an array": ["[1]", "malformed_frame", "expected a JSON object"],
    "null": ["null", "malformed_frame", "expected a JSON object"],
    "an object without a type": ["{}", "malformed_frame", `string "type"`],
    "a type that is no string": [`{"type":1}`, "malformed_frame", `string "type"`],
    "a type that nobody knows": [
      `{"type":"dance"}`,
      "unknown_type",
      "expected one of join, resume",
    ],
    "a type of the prototype": [`{"type":"constructor"}`, "unknown_type", `"constructor"`],
    "a join without a token": [`{"type":"join"}`, "invalid_frame", `"token"`],
    "a signal without data": [`{"type":"signal","to":"p_a"}`, "invalid_frame", `"data"`],
    "a signal to nobody": [`{"type":"signal","to":"","data":1}`, "invalid_frame", `"to"`],
    "media that is half said": [
      `{"type":"update","media":{"camera":true}}`,
      "invalid_frame",
      `"media.microphone"`,
    ],
    "a report of nothing": [
      `{"type":"report"}`,
      "invalid_frame",
      "expected `measured` or `quality`",
    ],
    "a loss of more than all": [
      `{"type":"report","quality":{"seconds":5,"loss":1.5,"paths":{},"sending":"full"}}`,
      "invalid_frame",
      `"quality.loss"`,
    ],
    "a path of a type that nobody knows how to count": [
      `{"type":"report","quality":{"seconds":5,"paths":{"relay":-1},"sending":"full"}}`,
      "invalid_frame",
      `"quality.paths.relay"`,
    ],
    "attributes that are too long": [
      JSON.stringify({ type: "update", attributes: { a: "x".repeat(2048) } }),
      "invalid_frame",
      "at most 2048 characters",
    ],
    "attributes with a key that no record has": [
      `{"type":"update","attributes":{"__proto__":1}}`,
      "invalid_frame",
      'expected no key "__proto__"',
    ],
    "attributes as deep as a frame allows": [
      `{"type":"update","attributes":{"a":${"[".repeat(32_000)}${"]".repeat(32_000)}}}`,
      "invalid_frame",
      "at most 2048 characters",
    ],
  };
  for (const [title, [text, code, says]] of Object.entries(REFUSED)) {
    it(title, () => {
      const read = readFrame(text);
      assertObjectMatch({ ...read }, { kind: "problem", code });
      assertStringIncludes(read.kind === "problem" ? read.message : "", says);
    });
  }

  it("a long text by showing only its beginning", () => {
    const read = readFrame("s3cret".repeat(1000));
    assertLess(read.kind === "problem" ? read.message.length : Infinity, 120);
  });
});

describe("relayText", () => {
  const id = fc.stringMatching(/^p_[0-9a-z]{1,17}$/);
  const type = fc.constantFrom("signal", "message");

  it("cuts the payload out of a text in the usual form, as it is", () => {
    assertEquals(
      relayed(`{"type":"signal","to":"p_a","data":{ "n":1.0}}`),
      `{"type":"signal","from":"p_me","data":{ "n":1.0}}`,
    );
  });

  const ODD: Record<string, string> = {
    "a number that no double holds": "12345678901234567890.5",
    "a number beyond all doubles": "1e400",
    "minus zero": "-0",
    "lone surrogates and escapes": `"\\ud800\\u0000\\/\\""`,
    "its own end within a string": `"\\"}},\\""`,
    "nesting as deep as a frame allows": "[".repeat(32_000) + "]".repeat(32_000),
  };
  for (const [title, data] of Object.entries(ODD)) {
    it(`hands on ${title} as it is, in whichever order it is written`, () => {
      const delivered = `{"type":"signal","from":"p_me","data":${data}}`;
      assertEquals(relayed(`{"type":"signal","to":"p_a","data":${data}}`), delivered);
      assertEquals(relayed(`{"to":"p_a","type":"signal","data":${data}}`), delivered);
      assertEquals(relayed(`{"data":${data},"to":"p_a","type":"signal"}`), delivered);
    });
  }

  it("delivers any data to the letter, with its true sender", () => {
    fc.assert(fc.property(type, id, fc.jsonValue(), (type, to, data) => {
      assertEquals(
        JSON.parse(relayed(JSON.stringify({ type, to, data }))),
        JSON.parse(JSON.stringify({ type, from: "p_me", data })),
      );
    }));
  });

  it("leaves a text that names its sender as it is", () => {
    const text = `{"type":"signal","from":"p_me","to":"p_a","data":{ "n":1.0}}`;
    assertEquals(relayed(text), text);
  });

  it("names the true sender of a text that names another", () => {
    const delivered = `{"type":"signal","from":"p_me","data":1}`;
    assertEquals(relayed(`{"type":"signal","from":"p_b","to":"p_a","data":1}`), delivered);
    assertEquals(relayed(`{"from":"p_b","type":"signal","to":"p_a","data":1}`), delivered);
    assertEquals(relayed(`{"from":"p_me","type":"signal","to":"p_a","data":1}`), delivered);
  });

  it("takes what carries session descriptions, whatever is in them", () => {
    const sdp = fc.oneof(fc.string(), fc.string({ unit: "binary" }));
    const peer = fc.oneof(fc.nat(), fc.string(), fc.constant(null));
    fc.assert(fc.property(sdp, peer, fc.jsonValue(), (sdp, peer, more) => {
      for (
        const data of [
          { type: "offer", sdp },
          { sdp, type: "offer" },
          { peer, sdp, more },
          { seq: 1, base: 1, items: [{ peer, type: "answer", sdp }] },
          { seq: 1, base: 1, items: [{ type: "answer", sdp, peer }] },
          { seq: 1, base: 1, items: [{ sdp }, more] },
          { sdp: { sdp: [sdp] } },
        ]
      ) assertAsBySchema(JSON.stringify({ type: "signal", to: "p_a", data }));
    }));
  });

  it("agrees with JSON.parse about pieces of descriptions in any order", () => {
    const piece = fc.constantFrom(
      ...String
        .raw`"sdp":" "sdp" "sdp":"x" "a":[{ "a":1, "b":01, ,"a":"b" " \ : , { } [ ] 1 x \n \u00e9`
        .split(" "),
      "\n",
    );
    const around = fc.constantFrom(
      ["", ""],
      ["{", "}"],
      [`{"seq":1,"items":[{"sdp":"`, `"}]}`],
      [`{"sdp":"`, `"}`],
      [`{"sdp":"x"`, "}"],
      ['{"a":"', '"}'],
    );
    const data = fc.tuple(around, fc.array(piece, { maxLength: 8 })).map(
      ([[begin, end], pieces]) => `${begin}${pieces.join("")}${end}`,
    );
    fc.assert(
      fc.property(data, (data) => {
        assertAsBySchema(`{"type":"signal","to":"p_a","data":${data}}`);
        assertAsBySchema(`{"type":"signal","from":"p_me","to":"p_a","data":${data}}`);
      }),
      { numRuns: 5_000 },
    );
  });

  const NOT_JSON = {
    "a description that never ends": `{"sdp":"v=0}`,
    "a description with a line end that is not escaped": `{"sdp":"v=0\n"}`,
    "a description with an escape that there is not": `{"sdp":"\\x"}`,
    "a list that ends as an object": `{"items":[{"sdp":"v=0"}}}`,
    "what is no JSON before a description": `{"peer":01,"sdp":"v=0"}`,
    "what is no JSON after it": `{"sdp":"v=0",oops}`,
    "the end of a list that has not begun": `{"sdp":"v=0"}]}`,
    "a list that does not end": `{"items":[{"sdp":"v=0"}}`,
  };
  for (const [title, data] of Object.entries(NOT_JSON)) {
    it(`is not asked for ${title}`, () => {
      assertEquals(readFrame(`{"type":"signal","to":"p_a","data":${data}}`).kind, "problem");
    });
  }

  it("delivers nothing but type, sender, addressee and data, however it is written", () => {
    const space = fc.constantFrom("", " ", "\n\t ");
    const value = fc.jsonValue().map((value) => JSON.stringify(value));
    const key = fc.constantFrom(
      "from",
      "fr\\u006fm",
      "type",
      "to",
      "t\\u006f",
      "data",
      "d\\u0061ta",
      "__proto__",
      "",
    );
    const extra = fc.oneof(
      fc.tuple(key, value),
      fc.tuple(fc.constantFrom("from", "fr\\u006fm", "x"), fc.constant(`"p_victim"`)),
      fc.tuple(fc.constantFrom("to", "t\\u006f"), fc.constant(`"p_a"`)),
      fc.tuple(fc.constant("type"), fc.constantFrom(`"signal"`, `"message"`, `"sign\\u0061l"`)),
    );
    const hostile = fc.record({
      before: fc.array(extra, { maxLength: 2 }),
      after: fc.array(extra, { maxLength: 3 }),
      type,
      data: value,
      space,
    });
    fc.assert(
      fc.property(hostile, ({ before, after, type, data, space }) => {
        const usual = [["type", `"${type}"`], ["to", `"p_a"`], ["data", data]];
        const members = [...before, ...usual, ...after].map(([k, v]) =>
          `${space}"${k}"${space}:${space}${v}`
        );
        const text = `${space}{${members.join(",")}${space}}`;
        assertAsBySchema(text);
      }),
      { numRuns: 2000 },
    );
  });
});
