import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { isJson, memberText } from "../../../lib/json_text.ts";

/** What `JSON.parse` says. */
function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Strings of the length from which they are gone round, and of what JSON is particular about. */
const oddString = fc.array(
  fc.constantFrom(
    '"',
    "\\",
    "\n",
    "\0",
    "/",
    "u",
    "00e9",
    "é",
    "😀",
    "{",
    "]",
    ":",
    ",",
    "x".repeat(20),
  ),
  { maxLength: 24 },
).map((parts) => parts.join(""));
const value = fc.jsonValue({ maxDepth: 4 });
const json = fc.oneof(
  value.map((value) => JSON.stringify(value)),
  fc.tuple(value, oddString).map(([value, odd]) => JSON.stringify({ [odd]: [odd, value, odd] })),
);

describe("isJson", () => {
  it("takes all that is JSON", () => {
    fc.assert(fc.property(json, (text) => assert(isJson(text))));
  });

  it("says what JSON.parse says of JSON in which one character is another, missing or too many", () => {
    const change = fc.record({
      text: json,
      at: fc.nat(400),
      gone: fc.nat(2),
      put: fc.constantFrom("", '"', "\\", "\\u12", "\\x", "\t", "\0", "{", "}", ",", ":", "1", " "),
    });
    fc.assert(
      fc.property(change, ({ text, at, gone, put }) => {
        const from = at % (text.length + 1);
        const changed = text.slice(0, from) + put + text.slice(from + gone);
        assertEquals(isJson(changed), parses(changed), changed);
      }),
      { numRuns: 5_000 },
    );
  });

  it("says what JSON.parse says of any text", () => {
    const tokens = fc.constantFrom(
      '"',
      '"a"',
      "\\",
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      "1",
      "null",
      " ",
    );
    const long = fc.constant(`"${"x".repeat(100)}"`);
    fc.assert(
      fc.property(fc.array(fc.oneof(tokens, long, oddString)), (parts) => {
        const text = parts.join("");
        assertEquals(isJson(text), parses(text), text);
      }),
      { numRuns: 5_000 },
    );
  });

  const SLOW: Record<string, string> = {
    "quotes": '"'.repeat(65_536),
    "backslashes": `"${"\\".repeat(65_534)}"`,
    "short strings": `[${'"",'.repeat(21_844)}""]`,
    "strings that end in a backslash": `[${'"\\\\",'.repeat(13_000)}""]`,
  };
  for (const [title, text] of Object.entries(SLOW)) {
    it(`has no trouble with a frame of ${title}`, () => {
      assertEquals(isJson(text), parses(text));
    });
  }
});

describe("memberText", () => {
  it("finds what JSON.parse finds, to the letter", () => {
    const space = fc.constantFrom("", " ", "\n\t");
    const name = fc.constantFrom("data", "d\\u0061ta", "to", "", "dat", '\\"data');
    const member = fc.tuple(name, space, json);
    fc.assert(fc.property(fc.array(member), space, (members, end) => {
      const text = `${end}{${end}${
        members.map(([name, space, json]) => `"${name}"${space}:${space}${json}${space}`).join(
          `,${end}`,
        )
      }}${end}`;
      const found = memberText(text, "data");
      assertEquals(found === undefined ? undefined : JSON.parse(found), JSON.parse(text).data);
      if (found !== undefined) assert(text.includes(`:${found}`));
    }));
  });
});
