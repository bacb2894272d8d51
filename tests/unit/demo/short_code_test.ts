import { assertEquals, assertStringIncludes } from "@std/assert";
import { explain } from "../../../client/demo/short_code.ts";

Deno.test("explain: what to do with the words, by name", () => {
  const text = explain({ tag: "made", words: "violin otter lemon window" }, "Bob", "mesh");
  assertEquals(
    text,
    "Read them out to each other. If Bob sees the same four words, nobody sits between you.",
  );
});

Deno.test("explain: why there are no words", () => {
  assertStringIncludes(explain({ tag: "none" }, "Bob", "sfu"), "server");
  assertStringIncludes(explain({ tag: "none" }, "Bob", "mesh"), "Try again");
});
