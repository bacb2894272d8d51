import { assertEquals } from "@std/assert";
import { it } from "@std/testing/bdd";
import { judge } from "../../../../lib/bus/silence.ts";

const times = { quietMs: 7_500, echoMs: 2_000 };

it("a connection that was heard of lately is let be, a silent one asked, one that does not answer dead", () => {
  const heard = { heardAtMs: 1_000, askedAtMs: undefined };
  const asked = { heardAtMs: 1_000, askedAtMs: 9_000 };
  const table = [
    [heard, 1_000, { kind: "wait", untilMs: 8_500 }],
    [heard, 8_499, { kind: "wait", untilMs: 8_500 }],
    [heard, 8_500, { kind: "ask" }],
    [asked, 9_000, { kind: "wait", untilMs: 11_000 }],
    [asked, 10_999, { kind: "wait", untilMs: 11_000 }],
    [asked, 11_000, { kind: "dead" }],
  ] as const;
  for (const [silence, nowMs, verdict] of table) {
    assertEquals(judge(silence, { nowMs, lateMs: 0 }, times), verdict);
  }
});

it("a connection is not dead because this process stood still", () => {
  const asked = { heardAtMs: 1_000, askedAtMs: 9_000 };
  const late = judge(asked, { nowMs: 71_000, lateMs: 60_000 }, times);
  assertEquals(late, { kind: "wait", untilMs: 73_000 });
  assertEquals(judge(asked, { nowMs: 73_000, lateMs: 0 }, times), { kind: "dead" });
  assertEquals(judge(asked, { nowMs: 11_400, lateMs: 400 }, times), { kind: "dead" });
});
