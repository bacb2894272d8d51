import { assert, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { report } from "../../bench/report/markdown.ts";
import type { Result } from "../../bench/report/results.ts";

const RESULT: Result = {
  date: "2026-11-23T01:02:03.000Z",
  seconds: 61,
  scale: "full",
  machine: { cores: 2, cpu: "a processor", memoryBytes: 8e9, os: "linux 6", deno: "2.9.6" },
  load: { before: 0.1, after: 1.5 },
  figures: [],
};

const relay = {
  kind: "measured",
  target: "T1",
  what: "relay, to a bare relay",
  value: 1.04,
  unit: "x",
  bound: { is: "at least", value: 1 },
  note: "5 rounds",
} as const;

describe("the report", () => {
  it("has each figure beside its target, with the verdict, in the summary", () => {
    const text = report({ results: { T1: { ...RESULT, figures: [relay] } }, pictures: [] });
    assertStringIncludes(text, "| T1 | relay, to a bare relay | 1.04 x | >= 1 x | **met** |");
  });

  it("says on what it was measured, and when", () => {
    const text = report({ results: { T1: RESULT }, pictures: [] });
    assertStringIncludes(text, "2026-11-23, on 2 cores (a processor), 8 GB, linux 6, Deno 2.9.6");
  });

  it("says of which code it is", () => {
    const text = report({ results: { T1: { ...RESULT, revision: "0123abc" } }, pictures: [] });
    assertStringIncludes(text, "commit 0123abc");
  });

  it("has no verdict on what was measured in a hurry", () => {
    const quick: Result = { ...RESULT, scale: "quick", figures: [relay] };
    const text = report({ results: { T1: quick }, pictures: [] });
    assertStringIncludes(text, "| met, in short |");
    assert(!text.includes("**met**"));
  });

  it("says below the summary which targets were not in the run", () => {
    const text = report({ results: { T1: RESULT }, pictures: [] });
    const [summary] = text.split("## T1");
    assertStringIncludes(summary!, "Not in this run: T2, T3, T4");
  });

  it("says why something was not measured", () => {
    const why = "there is no redis-server";
    const figure = { kind: "not measured", target: "T4", what: "join, p99", why } as const;
    const text = report({ results: { T4: { ...RESULT, figures: [figure] } }, pictures: [] });
    assertStringIncludes(text, "- T4, join, p99: there is no redis-server.");
  });

  it("has what was not measured in the summary, with the reason, also where its bound is not known", () => {
    const figure = { kind: "not measured", target: "T3", what: "all", why: "no /proc" } as const;
    const text = report({ results: { T3: { ...RESULT, figures: [figure] } }, pictures: [] });
    assertStringIncludes(text, "| T3 | all | - | - | not measured: no /proc |");
  });

  it("leaves out of the summary what would only have been to compare", () => {
    const why = "there is no redis-server";
    const figure = {
      kind: "not measured",
      target: "GROWTH",
      what: "nodes",
      why,
      compared: true,
    } as const;
    const text = report({ results: { GROWTH: { ...RESULT, figures: [figure] } }, pictures: [] });
    assert(!text.includes("| GROWTH | nodes"));
  });

  it("names the targets that were not part of the run", () =>
    assertStringIncludes(
      report({ results: { T1: RESULT }, pictures: [] }),
      "- T2, Against other signaling servers: not in this run.",
    ));

  it("tells a failed measurement from a missed target", () => {
    const results = { T1: { ...RESULT, failure: "Cannot start\nat once" } };
    const text = report({ results, pictures: [] });
    assertStringIncludes(text, "which says nothing about the target: Cannot start\n");
    assert(!text.includes("not met"));
  });

  it("shows a target's own pictures", () => {
    const results = { T1: { ...RESULT, figures: [relay] } };
    const text = report({ results, pictures: ["t1_relay.svg", "t10_x.svg", "t11_x.svg"] });
    assertStringIncludes(text, "![t1 relay](t1_relay.svg)");
    assert(!text.includes("t10_x.svg"));
  });

  it("shows what a figure has in a table of its own", () => {
    const table = { head: ["module", "bytes"], rows: [["client/mod.ts", "120"]] };
    const results = { CLIENT: { ...RESULT, figures: [{ ...relay, table }] } };
    assertStringIncludes(report({ results, pictures: [] }), "| client/mod.ts | 120 |");
  });

  it("marks what was measured in a hurry, and says what was less of it", () => {
    const text = report({ results: { T4: { ...RESULT, scale: "quick" } }, pictures: [] });
    assertStringIncludes(text, "**quick**");
    assertStringIncludes(text, "one round of 600 joins");
  });

  it("says nothing of less where all was measured", () => {
    const text = report({ results: { T4: RESULT }, pictures: [] });
    assert(!text.includes("600 joins"));
  });

  it("takes in the profile, a level lower", () => {
    const profile = "# Profile\n\nBy function.\n\n## Relay\n";
    const text = report({ results: {}, pictures: [], profile });
    assertStringIncludes(text, "## Where the CPU time goes\n\nBy function.\n\n### Relay");
  });
});
