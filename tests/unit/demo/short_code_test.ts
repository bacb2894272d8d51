import { assertEquals, assertMatch } from "@std/assert";
import { explain } from "../../../client/demo/short_code.ts";

const WORDS = { tag: "made", words: "violin otter lemon window" } as const;

Deno.test("explain: both read the words aloud, and what the same words and other words mean", () => {
  const [how, same, other] = explain(WORDS, "Bob", "mesh");
  assertMatch(how!, /Both of you .* each reads .* aloud/);
  assertEquals(same, "The same words: nobody sits between you and Bob.");
  assertMatch(other!, /Do not trust .* leave, .* new one/);
});

Deno.test("explain: why there are no words", () => {
  assertMatch(explain({ tag: "none" }, "Bob", "sfu").join(" "), /server,? .* direct calls/);
  assertMatch(explain({ tag: "none" }, "Bob", "mesh").join(" "), /Bob .* Try again/);
});
