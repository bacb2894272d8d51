import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { isJson, memberText } from "../../../lib/json_text.ts";

/** Strings of what JSON is particular about. */
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

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe("isJson", () => {
  it("takes what carries session descriptions, whatever is in them", () => {
    fc.assert(fc.property(oddString, json, oddString, (sdp, other, end) => {
      const text = `{"sdp":${JSON.stringify(sdp)},"other":${other},"sdp":${JSON.stringify(end)}}`;
      assert(isJson(text));
    }));
  });

  it("agrees with JSON.parse about pieces in any order", () => {
    const piece = fc.constantFrom(
      ...String.raw`"sdp":" "sdp" " \ : , { } [ ] 1 x \n \u00e9`.split(" "),
      "\n",
    );
    const around = fc.constantFrom(["", ""], ["{", "}"], ['{"a":"', '"}'], ['["', '"]']);
    const text = fc.tuple(around, fc.array(piece, { maxLength: 12 })).map(
      ([[begin, end], pieces]) => `${begin}${pieces.join("")}${end}`,
    );
    fc.assert(fc.property(text, (text) => assertEquals(isJson(text), parses(text))), {
      numRuns: 5_000,
    });
  });

  const REFUSED = {
    "a description that never ends": `{"sdp":"v=0}`,
    "a description with a line end that is not escaped": `{"sdp":"v=0\n"}`,
    "a description with an escape that there is not": `{"sdp":"\\x"}`,
    "a name within a string, where a description ends the string": `["a"sdp":"b"]`,
    "what follows a description": `{"sdp":"v=0"},"from":"p_other"`,
    "what is no JSON before it": `{oops,"sdp":"v=0"}`,
    "what is no JSON after it": `{"sdp":"v=0",oops}`,
  };
  for (const [title, text] of Object.entries(REFUSED)) {
    it(`refuses ${title}`, () => assertEquals(isJson(text), false));
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
