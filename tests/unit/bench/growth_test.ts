import { assertAlmostEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Round } from "../../bench/load/rounds.ts";
import type { Figure } from "../../bench/report/figure.ts";
import { signalFigures } from "../../bench/targets/t5_growth.ts";

const LEVELS = [{ name: "few", rooms: 100 }, { name: "many", rooms: 10_000 }];
/** Shares of a core. */
const IDLE = new Map([["few", 0], ["many", 0.1]]);

function round(utilization: number): Round {
  const none = { p50: 0, p99: 0 };
  const perSecond = 4_000;
  return {
    perCpuSecond: perSecond / utilization,
    utilization,
    loadUtilization: 0.5,
    perSecond,
    delayMs: none,
    lagMs: none,
  };
}

const valueOf = (figure: Figure | undefined) => figure?.kind === "measured" ? figure.value : NaN;

describe("the growth of a signal's cost", () => {
  // What is more at 10,000 rooms is what the node takes when idle.
  const rounds = new Map([["few", [round(0.1)]], ["many", [round(0.2)]]]);
  const figures = signalFigures(LEVELS, { rounds, counted: "1 round" }, IDLE);

  it("is held to its bound with what a node takes when idle", () => {
    const held = figures.find(({ bound }) => bound !== undefined);
    assertAlmostEquals(valueOf(held), Math.log(2) / Math.log(100));
  });

  it("is beside it without that, to compare", () => {
    const compared = figures.find(({ bound }) => bound === undefined);
    assertAlmostEquals(valueOf(compared), 0);
  });
});
