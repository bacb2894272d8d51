import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  boundText,
  type Figure,
  type Measured,
  unlessLoadWasTheLimit,
  verdict,
} from "../../bench/report/figure.ts";

const RELAY: Measured = {
  kind: "measured",
  target: "T1",
  what: "relay",
  value: 0.9,
  unit: "x",
  bound: { is: "at least", value: 1 },
};

describe("a figure", () => {
  it("is held to its bound", () => {
    assertEquals(verdict(RELAY), "not met");
    assertEquals(verdict({ ...RELAY, value: 1 }), "met");
    assertEquals(verdict({ ...RELAY, bound: { is: "at most", value: 1 } }), "met");
  });

  it("is to compare where it has none", () => {
    const figure: Figure = { ...RELAY, bound: undefined };
    assertEquals(verdict(figure), "to compare");
    assertEquals(boundText(figure), "-");
  });

  it("says its bound with its unit", () => assertEquals(boundText(RELAY), ">= 1 x"));

  it("says how busy the load program was that it was taken by", () =>
    assertEquals(
      unlessLoadWasTheLimit(0.5, { ...RELAY, note: "5 rounds" }),
      { ...RELAY, note: "5 rounds; load program at 50 % of a core" },
    ));

  it("is not measured where the load program was the limit", () => {
    const figure = unlessLoadWasTheLimit(0.95, RELAY);
    assertEquals(verdict(figure), "not measured");
    assertEquals(boundText(figure), boundText(RELAY));
  });

  it("remembers that it was only to compare", () => {
    const figure = unlessLoadWasTheLimit(0.95, { ...RELAY, bound: undefined });
    assertEquals(figure.kind === "not measured" && figure.compared, true);
  });
});
