import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { Numbering, open, seal, Sightings } from "../../../../lib/bus/envelope.ts";

function numbering(receivers?: number): Numbering {
  let names = 0;
  return new Numbering(() => `s${names++}`, receivers);
}

describe("envelopes", () => {
  it("come out as they went in, whatever is in them", () => {
    fc.assert(fc.property(fc.json(), fc.integer({ min: 1 }), (body, n) => {
      const envelope = { from: "abc123", n, body };
      assertEquals(open(seal(envelope)), envelope);
    }));
  });

  it("are never JSON as a whole", () => {
    fc.assert(fc.property(fc.json(), (body) => {
      assertThrows(() => JSON.parse(seal({ from: "1", n: 1, body })), SyntaxError);
    }));
  });

  it("are not found in other texts", () => {
    for (const text of ["", "m", "m a 1", "m a 0 {}", "m a 1.5 {}", "m A 1 {}", "x a 1 {}", "{}"]) {
      assertEquals(open(text), undefined, text);
    }
  });
});

describe("numbering", () => {
  it("counts for each receiver", () => {
    const numbers = numbering();
    assertEquals(numbers.next("a"), { from: "s0", n: 1 });
    assertEquals(numbers.next("b"), { from: "s0", n: 1 });
    assertEquals(numbers.next("a"), { from: "s0", n: 2 });
  });

  it("never gives a number twice under one name, however many receivers there are", () => {
    const given = new Set<string>();
    const numbers = numbering(2);
    for (const receiver of ["a", "b", "a", "c", "a", "d", "b", "a"]) {
      const { from, n } = numbers.next(receiver);
      const key = `${receiver} ${from} ${n}`;
      assertEquals(given.has(key), false, key);
      given.add(key);
    }
    assertNotEquals(numbers.next("a").from, "s0");
  });
});

describe("sightings", () => {
  it("begin at 1: whatever comes first with another number came after a gap", () => {
    assertEquals(new Sightings().see({ from: "a", n: 1 }), "next");
    assertEquals(new Sightings().see({ from: "a", n: 2 }), "after_gap");
  });

  it("are kept for each sender", () => {
    const sightings = new Sightings();
    assertEquals(sightings.see({ from: "a", n: 1 }), "next");
    assertEquals(sightings.see({ from: "b", n: 1 }), "next");
    assertEquals(sightings.see({ from: "a", n: 1 }), "seen");
    assertEquals(sightings.see({ from: "b", n: 2 }), "next");
  });

  it("forget whoever was silent longest, when there are too many", () => {
    const sightings = new Sightings(2);
    for (const from of ["a", "b"]) sightings.see({ from, n: 1 });
    sightings.see({ from: "a", n: 2 });
    sightings.see({ from: "c", n: 1 });
    assertEquals(sightings.see({ from: "a", n: 2 }), "seen");
    assertEquals(sightings.see({ from: "b", n: 2 }), "after_gap");
  });

  it("take each number once and in order, and tell of every loss before something that comes", () => {
    // A carrier that loses and doubles what it likes, and hands it over late.
    const fates = fc.array(fc.record({
      to: fc.constantFrom("a", "b", "c"),
      copies: fc.nat(2),
      late: fc.nat(5),
    }));
    fc.assert(fc.property(fates, (fates) => {
      const numbers = numbering();
      const arrivals = fates
        .flatMap(({ to, copies, late }, i) => {
          const arrival = { to, at: i + late, ...numbers.next(to) };
          return Array.from({ length: copies }, () => arrival);
        })
        .sort((one, other) => one.at - other.at);
      for (const to of ["a", "b", "c"]) {
        const sightings = new Sightings();
        let last = 0;
        for (const arrival of arrivals.filter((it) => it.to === to)) {
          const sighting = sightings.see(arrival);
          const expected = arrival.n <= last
            ? "seen"
            : arrival.n === last + 1
            ? "next"
            : "after_gap";
          assertEquals(sighting, expected);
          last = Math.max(last, arrival.n);
        }
      }
    }));
  });
});
