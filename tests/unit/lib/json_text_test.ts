import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { memberText } from "../../../lib/json_text.ts";

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
