import { assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Missing } from "../../bench/call/gaps.ts";
import type { Measured } from "../../bench/report/figure.ts";
import { report, type Switch } from "../../bench/targets/t8_promotion.ts";

function missing(by: string, silenceMs: number): Missing {
  return { by, of: "eve", silenceMs, frameGapMs: 40 };
}

function promotion(calm: Missing[], during: Missing[]): Switch {
  return { to: "sfu", calm, during, shownMs: 100, busyShare: 0.5, restless: 0 };
}

function silence(switches: readonly Switch[]): Measured {
  const [figure] = report("promotion", "sfu", switches, { held: true, error: [1] });
  return figure as Measured;
}

describe("what a promotion costs", () => {
  it("is taken pair by pair: what one misses in calm does not excuse what another misses", () => {
    const calm = [missing("ada", 18), missing("bob", 0)];
    const during = [missing("ada", 18), missing("bob", 15)];
    assertEquals(silence([promotion(calm, during)]).value, 15);
  });

  it("leaves a switch out before which it was not calm, and says so", () => {
    const restless = promotion([missing("ada", 300)], [missing("ada", 290)]);
    const calm = promotion([missing("ada", 0)], [missing("ada", 8)]);
    const { value, note } = silence([restless, calm]);
    assertEquals(value, 8);
    assertStringIncludes(note!, "left out, since their own calm was none: 1");
  });
});
