import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { countedText } from "../../bench/load/rounds.ts";

describe("the rounds that count", () => {
  it("are all that were tried, where the machine held the rate", () =>
    assertEquals(countedText(5, 5), "5 rounds"));

  it("are so many of the tries, where it did not in some", () =>
    assertMatch(countedText(5, 9), /^5 of 9 tries/));
});
