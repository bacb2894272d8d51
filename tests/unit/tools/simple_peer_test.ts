import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { leanSource } from "../../../tools/build/simple_peer.ts";

const PACKAGE = new URL("../../../node_modules/simple-peer/index.js", import.meta.url);

describe("simple-peer without what calls have no use for", () => {
  const source = Deno.readTextFileSync(PACKAGE);

  it("has lost whole methods, and is still a program", () => {
    const lean = leanSource(source);
    assertEquals(lean.includes("findCandidatePair"), false);
    assert(lean.includes("_createOffer () {"));
    new Function("require", "module", lean);
  });

  it("is not made of another version, whose methods may be others", () => {
    const other = source.replace("  _maybeReady () {", "  _perhapsReady () {");
    assertThrows(() => leanSource(other), Error, "_maybeReady");
  });
});
