import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { POLICY } from "../../../lib/policy.ts";
import type { Measured } from "../../../lib/protocol.ts";
import { decide, type TopologyView } from "../../../lib/topology.ts";
import { after, inWords, mesh, onSfu, people, sfu, START, view } from "../../helpers/topologies.ts";

const { promoteAfterMs, demoteAfterMs, longestDwellMs, meshLimit } = POLICY.topology;
const LATER = START + longestDwellMs;
const AUTO = { mode: "auto", promoteAt: 5, demoteAt: 3 } as const;
const SFU = { ...AUTO, mode: "sfu" } as const;
const MESH = { ...AUTO, mode: "mesh" } as const;
const says = (
  state: "connected" | "unreachable" | "stalled",
  epoch = 2,
): { measured: Measured } => ({
  measured: { sfu: { epoch, state } },
});
const weak = { measured: { strain: "uplink" as const } };
/** The last of them says that it does not reach the first. */
const apart = (count: number) =>
  people(count).map((person, i) =>
    i < count - 1 ? person : { ...person, unreached: { p0: LATER } }
  );

const CASES: Record<string, [given: Partial<TopologyView>, decided: string]> = {
  "a small room stays a mesh": [{ people: people(4) }, "stay"],
  "so many people are lifted": [{ people: people(5) }, "a participants"],
  "nobody is lifted where there is no SFU": [{ people: people(9), sfus: [] }, "stay"],
  "nor to an SFU that is down": [
    { people: people(5), sfus: [sfu("a", { state: "down" })] },
    "stay",
  ],
  "nor to one that is being emptied": [
    { people: people(5), sfus: [sfu("a", { state: "draining" })] },
    "stay",
  ],
  "nor to one that is full": [{ people: people(5), sfus: [sfu("a", { load: 96 })] }, "stay"],
  "nor to one outside the room's regions": [{ people: people(5), regions: ["us"] }, "stay"],
  "nor to one that failed the room a short time ago": [
    { people: people(5), topology: mesh({ shunned: { a: LATER + 1 } }) },
    "stay",
  ],
  "but to another": [
    {
      people: people(5),
      topology: mesh({ shunned: { a: LATER + 1 } }),
      sfus: [sfu("a"), sfu("b")],
    },
    "b participants",
  ],
  "a weak uplink lifts three": [{ people: [...people(2), ...people(1, weak)] }, "a strain"],
  "a weak uplink does not lift two": [{ people: people(2, weak) }, "stay"],
  "a relayed mesh of three is lifted": [
    { people: people(3, { measured: { relayed: true } }) },
    "a strain",
  ],
  "nor does TURN lift two": [{ people: people(2, { measured: { relayed: true } }) }, "stay"],
  "somebody whose processor cannot carry a mesh of three has it lifted": [
    { people: [...people(2), ...people(1, { measured: { strain: "cpu" } })] },
    "a strain",
  ],
  "two who cannot reach each other are lifted": [{ people: apart(2) }, "a unconnected"],
  "so it is said also where there are many": [{ people: apart(5) }, "a unconnected"],
  "they stay where there is no SFU": [{ people: apart(2), sfus: [] }, "stay"],
  "or where their owner wants the mesh": [{ people: apart(2), wish: MESH }, "stay"],
  "who is gone is out of nobody's reach": [
    { people: people(2, { unreached: { p7: LATER } }) },
    "stay",
  ],
  "they stay on the SFU, however few": [{ people: apart(2), topology: onSfu("a") }, "stay"],
  "and go to another rather than to the mesh": [
    { people: apart(3), topology: onSfu("a"), sfus: [sfu("a", { state: "down" }), sfu("b")] },
    "b sfu_lost",
  ],
  "but to the mesh rather than nowhere": [
    { people: apart(3), topology: onSfu("a"), sfus: [sfu("a", { state: "down" })] },
    "mesh sfu_lost",
  ],
  "its owner may want an SFU for two": [{ wish: SFU }, "a forced"],
  "its owner may want the mesh for nine": [{ people: people(9), wish: MESH }, "stay"],
  "its owner may want it back in the mesh": [
    { people: people(9), wish: MESH, topology: onSfu("a") },
    "mesh forced",
  ],
  "a room between the thresholds stays where it is": [
    { people: people(4), topology: onSfu("a") },
    "stay",
  ],
  "a room that has shrunk comes down": [
    { people: people(3), topology: onSfu("a") },
    "mesh participants",
  ],
  "whoever was lifted for a weak uplink stays up with three": [
    { people: people(3), topology: onSfu("a", { reason: "strain" }) },
    "stay",
  ],
  "also on the SFU to which they had to move": [
    { people: people(3, weak), topology: onSfu("a", { reason: "sfu_draining" }) },
    "stay",
  ],
  "but come down with two": [
    { people: people(2, weak), topology: onSfu("a", { reason: "strain" }) },
    "mesh participants",
  ],
  "an SFU that is down is left for another": [
    { people: people(6), topology: onSfu("a"), sfus: [sfu("a", { state: "down" }), sfu("b")] },
    "b sfu_lost",
  ],
  "by a small room for the mesh, which is faster": [
    { people: people(4), topology: onSfu("a"), sfus: [sfu("a", { state: "down" }), sfu("b")] },
    "mesh sfu_lost",
  ],
  "also where its owner wants an SFU": [
    {
      people: people(4),
      wish: SFU,
      topology: onSfu("a"),
      sfus: [sfu("a", { state: "down" }), sfu("b")],
    },
    "mesh sfu_lost",
  ],
  "but not for the mesh by one that misses nothing yet": [
    { people: people(4), topology: onSfu("a"), sfus: [sfu("a", { state: "draining" }), sfu("b")] },
    "b sfu_draining",
  ],
  "by a larger one for the mesh too, where there is no other": [
    { people: people(2 * meshLimit), topology: onSfu("a"), sfus: [sfu("a", { state: "down" })] },
    "mesh sfu_lost",
  ],
  "but not by one for which a mesh would be no call at all": [
    {
      people: people(2 * meshLimit + 1),
      topology: onSfu("a"),
      sfus: [sfu("a", { state: "down" })],
    },
    "stay",
  ],
  "an SFU that nobody knows any more is lost": [
    { people: people(6), topology: onSfu("a"), sfus: [sfu("b")] },
    "b sfu_lost",
  ],
  "one of many who gets nothing has trouble of its own": [
    { people: [...people(5), ...people(1, says("stalled"))], topology: onSfu("a") },
    "stay",
  ],
  "so may the other one have, of two of whom one gets nothing": [
    { people: [...people(1), ...people(1, says("stalled"))], wish: SFU, topology: onSfu("a") },
    "stay",
  ],
  "two who both get nothing say that the SFU is dead": [
    { people: people(2, says("stalled")), wish: SFU, topology: onSfu("a") },
    "mesh sfu_lost",
  ],
  "half of them who get nothing say that the SFU is dead": [
    { people: [...people(2), ...people(2, says("stalled"))], topology: onSfu("a") },
    "mesh sfu_lost",
  ],
  "a lone viewer who gets nothing says so too": [
    {
      people: [...people(1), ...people(1, { sends: false, ...says("stalled") })],
      wish: SFU,
      topology: onSfu("a"),
    },
    "mesh sfu_lost",
  ],
  "so does one who is alone in being sent anything, since the other may not hear": [
    {
      people: [...people(1, { hears: false }), ...people(1, says("stalled"))],
      wish: SFU,
      topology: onSfu("a"),
    },
    "mesh sfu_lost",
  ],
  "what was said of an older epoch counts for nothing": [
    { people: people(6, says("stalled", 1)), topology: onSfu("a") },
    "stay",
  ],
  "somebody who cannot reach the SFU brings a room that is small enough back": [
    { people: [...people(5), ...people(1, says("unreachable"))], topology: onSfu("a") },
    "mesh sfu_unreachable",
  ],
  "or to another SFU": [
    {
      people: [...people(5), ...people(1, says("unreachable"))],
      topology: onSfu("a"),
      sfus: [sfu("a"), sfu("b")],
    },
    "b sfu_unreachable",
  ],
  "a room that is too large for the mesh stays for the others' sake": [
    { people: [...people(meshLimit), ...people(1, says("unreachable"))], topology: onSfu("a") },
    "stay",
  ],
  "an SFU that is being emptied is left for another": [
    { people: people(6), topology: onSfu("a"), sfus: [sfu("a", { state: "draining" }), sfu("b")] },
    "b sfu_draining",
  ],
  "but not by a room that has nowhere to go": [
    { people: people(20), topology: onSfu("a"), sfus: [sfu("a", { state: "draining" })] },
    "stay",
  ],
};

describe("decide", () => {
  for (const [title, [given, decided]] of Object.entries(CASES)) {
    it(title, () => {
      assertEquals(inWords(decide(view(given), POLICY.topology, LATER)), decided);
    });
  }

  it("says until when it stays where only time is missing", () => {
    const young = view({ people: people(5) });
    assertEquals(decide(young, POLICY.topology, START), {
      kind: "stay",
      until: START + promoteAfterMs,
    });
    const lifted = view({ people: people(1), topology: onSfu("a") });
    assertEquals(decide(lifted, POLICY.topology, START), {
      kind: "stay",
      until: START + demoteAfterMs,
    });
  });

  it("gives the others time to tell of an SFU that only they know yet", () => {
    const unknown = view({ people: people(6), topology: onSfu("a"), sfus: [sfu("b")] });
    const until = START + POLICY.topology.heardOfMs;
    assertEquals(decide(unknown, POLICY.topology, until - 1), { kind: "stay", until });
    assertEquals(inWords(decide(unknown, POLICY.topology, until)), "b sfu_lost");
  });

  it("waits for twice as long after each change that came soon", () => {
    for (const flaps of [0, 1, 2, 3]) {
      const lifted = view({ people: people(1), topology: onSfu("a", { flaps }) });
      const until = START + demoteAfterMs * 2 ** flaps;
      assertEquals(inWords(decide(lifted, POLICY.topology, until - 1)), "stay");
      assertEquals(inWords(decide(lifted, POLICY.topology, until)), "mesh participants");
    }
  });
});

/** What may happen round a room, at most once in 100 ms. */
const happening = fc.record({
  afterMs: fc.integer({ min: 100, max: 20_000 }),
  count: fc.integer({ min: 0, max: 12 }),
  said: fc.constantFrom(undefined, "connected", "unreachable", "stalled"),
  sayers: fc.integer({ min: 0, max: 12 }),
  strained: fc.boolean(),
  apart: fc.constantFrom("not", "now", "still"),
  a: fc.constantFrom("ok", "down", "draining"),
  b: fc.constantFrom("ok", "down", "draining"),
});
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;
const history = fc.array(happening, { minLength: 50, maxLength: 300 });

/** When the topology changed, and why, while all that happened. */
function changes(history: Happening[]) {
  let state = view();
  let now = START;
  const at: { at: number; reason: string }[] = [];
  for (const { afterMs, count, said, sayers, strained, apart, a, b } of history) {
    for (const end = now + afterMs; now < end; now += 100) {
      const { epoch } = state.topology;
      const of = (i: number): Measured => ({
        ...(strained && { strain: "cpu" as const }),
        ...(apart === "still" && { unreachable: ["p0"] }),
        ...(said && i < sayers && { sfu: { epoch, state: said } }),
      });
      const sfus = [sfu("a", { state: a }), sfu("b", { state: b })];
      state = {
        ...state,
        sfus,
        people: people(count).map((person, i) => ({
          ...person,
          measured: of(i),
          ...(apart !== "not" && { unreached: { p0: apart === "now" ? now : START } }),
        })),
      };
      const decision = decide(state, POLICY.topology, now);
      if (decision.kind === "change") at.push({ at: now, reason: decision.reason });
      state = after(state, decision, now);
    }
  }
  return at;
}

describe("decide, whatever happens", () => {
  it("does not flap: no minute has more than ten changes", () => {
    fc.assert(fc.property(history, (history) => {
      const at = changes(history);
      for (const [i, first] of at.entries()) {
        const within = at.slice(i).filter((one) => one.at < first.at + 60_000).length;
        assert(within <= 10, `${within} changes from ${first.at} on: ${JSON.stringify(at)}`);
      }
    }));
  });

  it("always has an answer for the epoch that it was asked about, and none that changes nothing", () => {
    fc.assert(fc.property(happening, fc.boolean(), ({ count, a, b }, lifted) => {
      const sfus = [sfu("a", { state: a }), sfu("b", { state: b })];
      const before = view({ people: people(count), sfus, topology: lifted ? onSfu("a") : mesh() });
      const decision = decide(before, POLICY.topology, LATER);
      if (decision.kind === "stay") return;
      const next = after(before, decision, LATER);
      assertEquals(next.topology.epoch, before.topology.epoch + 1);
    }));
  });
});
