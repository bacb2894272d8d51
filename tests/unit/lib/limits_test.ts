import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { countedLimits, LimitCounters } from "../../../lib/limits/counted.ts";
import { memoryLimits, SUBJECTS } from "../../../lib/limits/memory.ts";
import { DEFAULT_RULES, denialText, type Rules } from "../../../lib/limits/mod.ts";
import { Purse } from "../../../lib/limits/purse.ts";
import { Subjects } from "../../../lib/limits/subjects.ts";

const TERMS = { rate: 100, burst: 1000, batch: 10, credit: 0, validMs: 10_000, intervalMs: 1000 };

describe("Purse", () => {
  it("knows nothing at first, and asks for a batch of what may be a full bucket", () => {
    const purse = new Purse(TERMS);
    assertEquals([purse.take(0).kind, purse.remaining(0), purse.wanted(1, 0)], [
      "unknown",
      1000,
      10,
    ]);
  });

  it("hands out what was paid for and not one more", () => {
    const purse = new Purse(TERMS);
    purse.filled(2, 990, 0);
    assertEquals([1, 2, 3].map(() => purse.take(0).kind), ["allowed", "allowed", "unknown"]);
  });

  it("hands out what was paid for until it is no longer good", () => {
    const purse = new Purse(TERMS);
    purse.filled(10, 990, 0);
    assertEquals(purse.take(9_999).kind, "allowed");
    assertEquals(purse.take(10_000).kind, "unknown");
  });

  it("hands out a few before anything is asked, and tells of them when it asks", () => {
    const purse = new Purse({ ...TERMS, credit: 2 });
    const kinds = [1, 2, 3].map(() => purse.take(0).kind);
    assertEquals(kinds, ["allowed", "allowed", "unknown"]);
    assertEquals([purse.owed, purse.remaining(0), purse.wanted(1, 0)], [2, 998, 10]);
    purse.filled(10, 988, 0);
    assertEquals([purse.owed, purse.remaining(0)], [0, 998]);
  });

  it("hands out a few again when what it knew is no longer good, but not to whoever was denied", () => {
    const purse = new Purse({ ...TERMS, credit: 1 });
    assertEquals([purse.take(0).kind, purse.take(9_999).kind], ["allowed", "unknown"]);
    assertEquals([purse.take(10_000).kind, purse.take(10_000).kind], ["allowed", "unknown"]);
    purse.emptied(700, 10_000);
    assertEquals(purse.take(60_000).kind, "unknown");
  });

  it("is in nobody's debt for longer than the bucket takes to fill", () => {
    const purse = new Purse({ ...TERMS, rate: 1, credit: 20 });
    for (let i = 0; i < 20; i++) purse.take(0);
    assertEquals([purse.take(19_999).kind, purse.take(20_000).kind], ["unknown", "allowed"]);
  });

  it("counts what is in hand, in the bucket and earned since", () => {
    const purse = new Purse(TERMS);
    purse.filled(10, 500, 0);
    assertEquals(purse.remaining(0), 510);
    purse.take(0);
    assertEquals(purse.remaining(0), 509);
    assertEquals(purse.remaining(1000), 609);
    assertEquals(purse.remaining(60_000), 1000);
  });

  it("asks for as many as wait, and not for more than there may be", () => {
    const purse = new Purse(TERMS);
    assertEquals([purse.wanted(300, 0), purse.wanted(5000, 0)], [300, 1000]);
    purse.filled(10, 4, 0);
    assertEquals([purse.wanted(1, 0), purse.wanted(1, 30), purse.wanted(1, 1000)], [4, 7, 10]);
    purse.filled(1, 0, 0);
    assertEquals(purse.wanted(50, 0), 1);
  });

  it("remembers a denial until there is something again", () => {
    const purse = new Purse(TERMS);
    purse.emptied(700, 0);
    assertEquals(purse.take(0), { kind: "denied", retryAfterMs: 700 });
    assertEquals(purse.take(699), { kind: "denied", retryAfterMs: 1 });
    assertEquals(purse.take(700).kind, "unknown");
    assertEquals(purse.wanted(1, 700), 10);
  });

  it("believes no other node's clock that says to wait for longer than a refill", () => {
    const purse = new Purse(TERMS);
    purse.emptied(3_600_000, 0);
    assertEquals(purse.take(0), { kind: "denied", retryAfterMs: 1000 });
    purse.emptied(-3_600_000, 0);
    assertEquals(purse.take(0), { kind: "denied", retryAfterMs: 1 });
  });

  it("denies nobody for a clock that was set back", () => {
    const purse = new Purse(TERMS);
    purse.emptied(700, 3_600_000);
    assertEquals(purse.take(0).kind, "unknown");
  });
});

describe("Subjects", () => {
  const make = () => {
    let made = 0;
    return new Subjects({ max: 3, idleMs: 100, make: () => ++made });
  };

  it("keeps what is known of a subject for as long as it is seen", () => {
    const subjects = make();
    assertEquals([0, 99, 198, 297].map((now) => subjects.see("a", now)), [1, 1, 1, 1]);
  });

  it("forgets whoever has nothing left to remember when another comes", () => {
    const subjects = make();
    subjects.see("a", 0);
    subjects.see("b", 50);
    subjects.see("c", 120);
    assertEquals([subjects.size, subjects.see("a", 120)], [2, 4]);
  });

  it("forgets whoever has nothing left to remember, though it came later than another", () => {
    const subjects = make();
    subjects.see("a", 0);
    subjects.see("b", 0);
    subjects.see("a", 60);
    subjects.see("c", 120);
    assertEquals([subjects.size, subjects.see("a", 120)], [2, 1]);
  });

  it("forgets whoever was not seen for longest when it is full", () => {
    const subjects = make();
    for (const key of ["a", "b", "c", "a", "d"]) subjects.see(key, 0);
    assertEquals([subjects.size, subjects.see("a", 0), subjects.see("b", 0)], [3, 1, 5]);
  });

  it("takes any name", () => {
    const subjects = make();
    assertEquals(["__proto__", "constructor"].map((key) => subjects.see(key, 0)), [1, 2]);
  });
});

const RULES: Rules = { ...DEFAULT_RULES, rest: { rate: 1, burst: 1 } };

describe("limits in memory", () => {
  it("say that they are this node's alone", async () => {
    const { decidedBy } = await memoryLimits(RULES).take("join", { tenant: "acme" }, 0);
    assertEquals(decidedBy, "local");
  });

  it("forget whoever was not seen for longest when too many come", async () => {
    const limits = memoryLimits({ ...RULES, rest: { rate: 1, burst: 10 } });
    const take = (address: string) => limits.take("rest", { address }, 0);
    await take("first");
    for (let i = 1; i < SUBJECTS; i++) await take(`a${i}`);
    assertEquals((await take("first")).remaining, 8);
    assertEquals((await take("one more")).remaining, 9);
    assertEquals((await take("a1")).remaining, 9);
  });
});

describe("countedLimits", () => {
  it("counts each verdict by rule, outcome and who decided", async () => {
    const counters = new LimitCounters();
    const limits = countedLimits(memoryLimits(RULES), counters);
    const acme = { tenant: "acme", address: "192.0.2.1" };
    for (let i = 0; i < 3; i++) await limits.take("rest", acme, 0);
    await limits.take("join", acme, 0);
    assertEquals(counters.readings(), [
      { value: 1, attributes: { rule: "rest", outcome: "allowed", decidedBy: "local" } },
      { value: 2, attributes: { rule: "rest", outcome: "denied", decidedBy: "local" } },
      { value: 1, attributes: { rule: "join", outcome: "allowed", decidedBy: "local" } },
    ]);
  });
});

it("a denial tells of what, of whom, and what is allowed", async () => {
  const limits = memoryLimits({ ...RULES, turn: { rate: 2, burst: 1 } });
  await limits.take("turn", { address: "192.0.2.1" }, 0);
  const verdict = await limits.take("turn", { address: "192.0.2.1" }, 0);
  assertEquals(
    verdict.kind === "denied" && denialText(verdict),
    "Cannot take more requests for TURN credentials of this address now; expected at most 2 a second and 1 at once",
  );
});
