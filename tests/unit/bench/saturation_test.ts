import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { verdict } from "../../bench/report/figure.ts";
import { report, type Step } from "../../bench/targets/saturation.ts";

const CALM: Step = step({ rate: 100, p99: 10 });

/** All accepted, by a node and a load program that have time left, but for what is given. */
function step(given: Partial<Step> & Pick<Step, "rate">): Step {
  const { rate } = given;
  return {
    accepted: rate,
    p50: 2,
    p99: 10,
    joinP99: 5,
    others: {},
    count: 5 * rate,
    cpu: 0.5,
    loadCpu: 0.3,
    loadBusy: 0.4,
    ...given,
  };
}

const find = (steps: Step[], part: string) =>
  report(CALM, steps).find(({ what }) => what.includes(part));

// Made-up readings: what a node really does is for the bench to say.
describe("what is read of joins beyond saturation", () => {
  const shedding = step({
    rate: 2_000,
    accepted: 1_200,
    p99: 18,
    others: { "1013 with retryAfterMs": 4_000 },
  });

  it("is their p99 over the calm one, at most 2", () => {
    const at = (p99: number) =>
      find([step({ rate: 1_000 }), { ...shedding, p99 }], "p99 of accepted")!;
    const figure = at(18);
    assertEquals(figure.kind === "measured" && figure.value, 1.8);
    assertEquals([18, 20, 21].map((p99) => verdict(at(p99))), ["met", "met", "not met"]);
  });

  it("is the share of all others that was told when to come back, at least all", () => {
    assertEquals(verdict(find([shedding], "when to come back")!), "met");
    const silent = { ...shedding, others: { "1013 with retryAfterMs": 3_999, "1006": 1 } };
    assertEquals(verdict(find([silent], "when to come back")!), "not met");
  });

  it("is their p99 from the open socket on too, over the calm one", () => {
    const figure = find([{ ...shedding, joinP99: 15 }], "from the open socket")!;
    assertEquals(figure.kind === "measured" && figure.value, 3);
  });

  it("is nothing where the load program was the limit", () => {
    const figure = find([step({ rate: 2_000, accepted: 900, loadBusy: 0.96 })], "p99 of accepted")!;
    assertEquals(verdict(figure), "not measured");
  });

  it("is nothing where the joins were not too many", () =>
    assertEquals(verdict(find([step({ rate: 2_000 })], "p99 of accepted")!), "not measured"));

  it("is the most that were accepted at any rate", () => {
    const figure = find([step({ rate: 1_000 }), shedding], "at most")!;
    assertEquals(figure.kind === "measured" && figure.value, 1_200);
  });
});
