import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { chooseSfu, regionsByNearness, type Whereabouts } from "../../../lib/sfu/choose.ts";
import { sfu } from "../../helpers/topologies.ts";

const eu: Whereabouts = { region: "eu" };
const us: Whereabouts = { region: "us" };
const rooms = Array.from({ length: 1_000 }, (_, i) => `acme/room${i}`);

/** How many of the rooms, of four people each, go to each SFU; each brings its load. */
function spread(given: ReturnType<typeof sfu>[]): Map<string, number> {
  const sfus = given.map((one) => ({ ...one }));
  const counts = new Map<string, number>();
  for (const room of rooms) {
    const chosen = sfus.find(({ id }) => id === chooseSfu(room, [eu, eu, eu, eu], sfus)?.id)!;
    chosen.load += 4;
    counts.set(chosen.id, (counts.get(chosen.id) ?? 0) + 1);
  }
  return counts;
}

describe("the region of a room", () => {
  it("is where most of its people are", () => {
    assertEquals(regionsByNearness([us, eu, us], ["eu", "us"]), ["us", "eu"]);
  });

  it("is what they have measured, where they have", () => {
    const traveller = { region: "eu", roundTrips: { eu: 90, us: 20 } };
    assertEquals(regionsByNearness([traveller], ["eu", "us"]), ["us", "eu"]);
  });

  it("of two with as many people, is the nearer one in all", () => {
    const near = { region: "eu", roundTrips: { eu: 10, us: 80 } };
    const far = { region: "us", roundTrips: { eu: 200, us: 20 } };
    assertEquals(regionsByNearness([near, far], ["eu", "us"]), ["us", "eu"]);
  });

  it("is any other where there is none", () => {
    assertEquals(chooseSfu("r", [us], [sfu("a")])?.id, "a");
  });
});

describe("the SFU of a room", () => {
  it("is the same on every node, in whichever order they know them", () => {
    const sfus = ["a", "b", "c", "d"].map((id) => sfu(id));
    for (const room of rooms.slice(0, 50)) {
      const there = chooseSfu(room, [eu], sfus.toReversed())?.id;
      assertEquals(chooseSfu(room, [eu], sfus)?.id, there);
    }
  });

  it("is none where no capacity is left", () => {
    assertEquals(chooseSfu("r", [eu, eu], [sfu("a", { capacity: 10, load: 9 })]), undefined);
  });

  it("stays the same for nearly all rooms when another SFU comes", () => {
    const three = ["a", "b", "c"].map((id) => sfu(id));
    const moved = rooms.filter((room) =>
      chooseSfu(room, [eu], three)?.id !== chooseSfu(room, [eu], [...three, sfu("d")])?.id
    );
    assert(moved.length < 350, `${moved.length} of ${rooms.length} moved`);
  });

  it("gets its share of rooms, and at most a quarter more", () => {
    const counts = spread(["a", "b", "c"].map((id) => sfu(id, { capacity: 10_000 })));
    for (const [id, count] of counts) assert(count <= 1.25 * 334 + 1, `${id}: ${count}`);
  });

  it("gets twice as many with twice the capacity", () => {
    const counts = spread([sfu("a", { capacity: 5_000 }), sfu("b", { capacity: 10_000 })]);
    const ratio = counts.get("b")! / counts.get("a")!;
    assert(ratio > 1.4 && ratio < 2.8, `${ratio}`);
  });

  it("is never one without room for all of them, and there is one wherever there can be", () => {
    const some = fc.array(
      fc.record({
        id: fc.string({ minLength: 1, maxLength: 3 }),
        capacity: fc.integer({ min: 1, max: 50 }),
        load: fc.nat(60),
        region: fc.constantFrom("eu", "us"),
      }),
      { maxLength: 6 },
    );
    fc.assert(fc.property(some, fc.integer({ min: 1, max: 20 }), (given, count) => {
      const sfus = given.map((one) => sfu(one.id, one));
      const chosen = chooseSfu("r", Array(count).fill(eu), sfus);
      const free = sfus.filter(({ load, capacity }) => load + count <= capacity);
      assertEquals(chosen !== undefined, free.length > 0);
      assert(!chosen || chosen.load + count <= chosen.capacity);
    }));
  });
});
