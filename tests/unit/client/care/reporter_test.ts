import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { REPORT } from "../../../../client/care/policy.ts";
import { Reporter } from "../../../../client/care/reporter.ts";
import type { Measured, QualitySummary } from "../../../../lib/protocol.ts";

const SUMMARY: QualitySummary = { seconds: 5, paths: { host: 1 }, sending: "full" };
const SFU = { epoch: 2, state: "stalled" } as const;

function begin(summary?: QualitySummary) {
  const sent: { measured?: Measured; quality?: QualitySummary }[] = [];
  const line = { isOpen: true };
  const reporter = new Reporter({
    send: ({ measured, quality }) => {
      if (line.isOpen) sent.push({ ...measured && { measured }, ...quality && { quality } });
      return line.isOpen;
    },
    summary: () => summary,
  });
  return { reporter, sent, line };
}

describe("the reporter", () => {
  it("tells what has changed, whole, and once in a while", () => {
    const { reporter, sent } = begin();
    reporter.set({ strain: "none" });
    reporter.set({ strain: "cpu", relayed: true });
    assertEquals(sent, []);
    reporter.tend(0);
    reporter.set({ relayed: true });
    reporter.tend(REPORT.intervalMs);
    assertEquals(sent, [{ measured: { strain: "cpu", relayed: true } }]);
  });

  it("sends one report for what has changed and how it goes, and no more than one in 5 s", () => {
    const { reporter, sent } = begin(SUMMARY);
    for (let now = 0; now <= 20_000; now += 1_000) {
      reporter.set({ relayed: now % 2_000 === 0 });
      reporter.tend(now);
    }
    assertEquals(sent.map((report) => Object.keys(report)), [
      ["measured", "quality"],
      ["measured", "quality"],
      ["measured", "quality"],
      ["measured", "quality"],
      ["measured", "quality"],
    ]);
  });

  it("tells how it goes though nothing has changed", () => {
    const { reporter, sent } = begin(SUMMARY);
    reporter.tend(0);
    reporter.tend(REPORT.intervalMs);
    assertEquals(sent, [{ quality: SUMMARY }, { quality: SUMMARY }]);
  });

  for (const urgent of [{ sfu: SFU }, { unreachable: ["p_1"] }]) {
    it(`tells ${Object.keys(urgent)} at once`, () => {
      const { reporter, sent } = begin(SUMMARY);
      reporter.tend(0);
      reporter.set({ strain: "cpu" });
      reporter.set(urgent);
      assertEquals(sent.slice(1), [{ measured: { strain: "cpu", ...urgent } }]);
    });
  }

  it("tells it again to a node that may not know it, and later what it could not tell", () => {
    const { reporter, sent, line } = begin();
    line.isOpen = false;
    reporter.set({ sfu: SFU });
    line.isOpen = true;
    reporter.tend(0);
    reporter.repeat();
    assertEquals(sent, [{ measured: { sfu: SFU } }, { measured: { sfu: SFU } }]);
  });
});
