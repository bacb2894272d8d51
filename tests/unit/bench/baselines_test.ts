import { assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { report as relay } from "../../bench/targets/t1_relay.ts";
import { report as memory } from "../../bench/targets/t3_memory.ts";
import { type Figure, type Measured, verdict } from "../../bench/report/figure.ts";
import { round } from "./round.ts";

/** Signals per second of CPU. */
const READ = { service: 66_000, forward: 60_000, pinging: 55_000, named: 50_000 };

function settled(perSocket: number) {
  return { started: 1e8, provisioned: 1e8, connected: 2e8, perSocket };
}

const values = (figures: readonly Figure[]) => figures.map((figure) => (figure as Measured).value);

describe("the cost of a relay", () => {
  const rounds = new Map(Object.entries(READ).map(([name, read]) => [name, [round(read)]]));
  const figures = relay("sdp", { rounds, counted: "5 rounds" }, 5_000);

  it("is held to the bare relay that the runtime does not ping, with the others beside it", () => {
    assertEquals(values(figures), [1.1, 1.2, 1.32]);
    assertEquals(figures.map(verdict), ["met", "to compare", "to compare"]);
  });
});

describe("the memory of a participant", () => {
  const figures = memory(settled(24_000), settled(17_000), settled(21_000));

  it("is held to a bare socket that the runtime does not ping", () => {
    assertEquals(figures.map(verdict), ["not met", "to compare", "to compare"]);
    assertEquals(figures[0]!.bound!.value, 23);
  });

  it("says to what it would be held else", () =>
    assertStringIncludes((figures[0] as Measured).note!, "the bound would be 27 KB"));
});
