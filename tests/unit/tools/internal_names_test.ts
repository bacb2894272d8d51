import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { INTERNAL_NAMES, SHORT_NAMES } from "../../../tools/build/internal_names.ts";
import { declaredNames, foreignNames } from "./names_of.ts";

describe("the names that are shortened in the SDK", () => {
  const foreign = foreignNames();

  it("mean nothing to anyone else (else take them out of tools/build/internal_names.ts)", () => {
    assertEquals(INTERNAL_NAMES.filter((name) => foreign.has(name)), []);
  });

  it("become names that nothing else has", () => {
    const short = Object.values(SHORT_NAMES);
    assertEquals(new Set(short).size, INTERNAL_NAMES.length);
    const declared = declaredNames();
    assertEquals(short.filter((name) => foreign.has(name) || declared.has(name)), []);
  });
});
