/** What the chaos program takes for wrong. */
import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { longGhosts } from "../../chaos/report.ts";
import { Ledger } from "../../chaos/ledger.ts";
import { DEFAULTS, readOptions, usage } from "../../chaos/options.ts";
import { seeded } from "../../chaos/random.ts";
import { differences, Roster, type Truth } from "../../chaos/roster.ts";
import { type Fault, faultText, schedule, TRACKS } from "../../chaos/schedule.ts";

describe("ledger", () => {
  function sent(count: number): Ledger {
    const ledger = new Ledger();
    for (let i = 0; i < count; i++) ledger.send("a", "b", 0);
    return ledger;
  }
  const stayed = () => true;

  it("is content with what comes once and in order", () => {
    const ledger = sent(3);
    for (const number of [1, 2, 3]) assertEquals(ledger.receive("a", "b", number), 0);
    assertEquals([ledger.violations, ledger.missing(stayed)], [[], []]);
    assertEquals([ledger.sent, ledger.came], [3, 3]);
  });

  it("finds what is lost, between people who stayed", () => {
    const ledger = sent(3);
    ledger.receive("a", "b", 1);
    assertEquals(ledger.missing(stayed), [{ from: "a", to: "b", first: 2, last: 3 }]);
    assertEquals(ledger.missing((id) => id !== "b"), []);
  });

  for (
    const [what, numbers] of [
      ["comes twice", [1, 1]],
      ["is overtaken", [2]],
      ["was never sent", [1, 2, 3, 4]],
      ["has no number", [undefined]],
    ] as const
  ) {
    it(`finds what ${what}`, () => {
      const ledger = sent(3);
      for (const number of numbers) ledger.receive("a", "b", number);
      assertEquals(ledger.violations.length, 1);
    });
  }

  it("finds what comes to somebody else", () => {
    const ledger = sent(1);
    ledger.receive("a", "c", 1);
    assertMatch(ledger.violations[0]!, /signal 1 came from a to c; expected none/);
  });
});

describe("roster", () => {
  it("follows welcome, participant and left, and passes over what is old", () => {
    const roster = new Roster();
    roster.welcome({ participants: [], version: 5 });
    assertEquals(roster.participant({ id: "a", state: "active" }, 6), true);
    assertEquals(roster.participant({ id: "b", state: "away" }, 6), true);
    assertEquals(roster.left("a", 5), false);
    assertEquals(roster.left("b", 7), true);
    assertEquals([...roster.people], [["a", "active"]]);
  });
});

describe("differences of a roster", () => {
  const CASES: [Truth | undefined, "active" | "away" | undefined, boolean][] = [
    ["here", "active", true],
    ["here", "away", false],
    ["here", undefined, false],
    ["coming", "active", true],
    ["coming", "away", true],
    ["coming", undefined, true],
    ["fading", "active", true],
    ["fading", undefined, true],
    ["gone", "away", false],
    ["gone", undefined, true],
    [undefined, "active", false],
  ];
  for (const [real, seen, right] of CASES) {
    it(`${right ? "passes" : "finds"} someone who is ${real ?? "a stranger"}, seen ${seen ?? "not"}`, () => {
      const roster = new Map(seen ? [["a", seen]] : []);
      const truth = new Map(real ? [["a", real]] : []);
      assertEquals(differences(roster, truth).length, right ? 0 : 1);
    });
  }

  it("does not expect anyone in the own roster", () => {
    const truth = new Map<string, Truth>([["a", "here"]]);
    assertEquals(differences(new Map(), truth, "a"), []);
    assertEquals(differences(new Map([["a", "active"]]), truth, "a"), [
      { id: "a", real: "self", seen: "active" },
    ]);
  });
});

describe("ghosts", () => {
  const ghost = { id: "a", goneAt: 100_000, seenMs: 10_001 };
  const during = (fault: Fault) => [{ fault, from: 101_000, to: 102_000 }];

  it("are found after 10 s, also where nodes die", () => {
    assertEquals(longGhosts([ghost], []).length, 1);
    assertEquals(longGhosts([ghost], during({ kind: "kill", node: 0, downMs: 1 })).length, 1);
    assertEquals(longGhosts([{ ...ghost, seenMs: 10_000 }], []), []);
  });

  it("are excused while the store cannot judge", () => {
    assertEquals(longGhosts([ghost], during({ kind: "flush" })), []);
    assertEquals(
      longGhosts([{ ...ghost, goneAt: 200_000 }], during({ kind: "flush" })).length,
      1,
    );
  });
});

describe("schedule", () => {
  const first = (seed: number, kinds = DEFAULTS.faults) =>
    schedule("carriers", { nodes: 3, kinds }, seeded(seed)).take(50).toArray();

  it("is the same for the same seed, and another for another", () => {
    assertEquals(first(1), first(1));
    assertEquals(JSON.stringify(first(1)) === JSON.stringify(first(2)), false);
  });

  it("draws all faults that are wanted, and no others", () => {
    assertEquals(new Set(first(1).map(({ fault }) => fault.kind)), new Set(TRACKS.carriers));
    assertEquals(
      new Set(first(1, ["flush", "kill"]).map(({ fault }) => faultText(fault))),
      new Set(["flush"]),
    );
    assertEquals(first(1, ["kill"]), []);
  });
});

describe("options", () => {
  it("are those of the judgement where nothing is said", () => {
    assertEquals(readOptions([], 7), { ...DEFAULTS, seed: 7 });
  });

  it("are read", () => {
    const given = "--rooms 20 --seconds=5 --seed 3 --bus nats --faults kill,flush --logs /tmp/x";
    const { rooms, seconds, seed, bus, faults, logs } = readOptions(given.split(" "), 7);
    assertEquals([rooms, seconds, seed, bus, faults, logs], [
      20,
      5,
      3,
      "nats",
      ["kill", "flush"],
      "/tmp/x",
    ]);
  });

  for (const bad of ["--rooms none", "--bus kafka", "--faults fire", "--seed x", "--what"]) {
    it(`refuses ${bad}`, () => void assertThrows(() => readOptions(bad.split(" "), 7), Error));
  }

  it("are all explained", () => {
    for (const name of Object.keys(DEFAULTS)) assertMatch(usage(), new RegExp(`--${name}`));
  });
});
