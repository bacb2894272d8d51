import { assertEquals, assertStrictEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type Lasting, lasting, looking } from "../../../client/lasting.ts";

const AFTER_MS = 100;

describe("looking", () => {
  it("keeps since when something has looked so without a break", () => {
    const before = { so: "dark", since: 7 };
    assertStrictEquals(looking(before, "dark", 20), before);
    assertEquals(looking(before, "bright", 20), { so: "bright", since: 20 });
  });
});

describe("lasting", () => {
  /** What it is after each look, from how it looked and when. */
  function seen(...looks: [string, number][]): string[] {
    let state: Lasting<string> = { is: "dark", looks: { so: "dark", since: 0 } };
    return looks.map(([so, now]) => (state = lasting(state, so, { now, afterMs: AFTER_MS })).is);
  }

  it("is so once it has looked so for long enough", () => {
    assertEquals(seen(["bright", 10], ["bright", 109], ["bright", 110]), [
      "dark",
      "dark",
      "bright",
    ]);
  });

  it("begins to wait again at every break, whatever it looks like then", () => {
    assertEquals(
      seen(["bright", 10], ["dark", 60], ["bright", 80], ["bright", 110]).at(-1),
      "dark",
    );
    assertEquals(seen(["bright", 10], ["grey", 60], ["grey", 159], ["grey", 160]), [
      "dark",
      "dark",
      "dark",
      "grey",
    ]);
  });
});
