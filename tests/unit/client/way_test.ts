import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { isOther, meshEpochOf, type Way } from "../../../client/way.ts";

const mesh = (epoch: number): Way => ({ mode: "mesh", epoch, reason: "new" });
const sfu = (epoch: number, id = "one"): Way => ({
  mode: "sfu",
  epoch,
  reason: "forced",
  grant: { kind: "offer_answer", sfu: id, region: "eu" },
});

describe("isOther", () => {
  const cases: [string, Way, Way, boolean][] = [
    ["a newer epoch", mesh(2), mesh(1), true],
    ["an older epoch", sfu(1), mesh(2), false],
    ["the same again", sfu(2), sfu(2), false],
    ["another SFU in the same epoch", sfu(2, "two"), sfu(2), true],
    ["another mode in the same epoch", mesh(2), sfu(2), true],
  ];
  for (const [title, way, old, expected] of cases) {
    it(`takes ${title} ${expected ? "for a change" : "for none"}`, () => {
      assertEquals(isOther(way, old, old.epoch), expected);
    });
  }

  it("takes an older epoch of a node that counts anew for a change", () => {
    assertEquals(isOther(mesh(1), mesh(5), 0), true);
  });
});

describe("meshEpochOf", () => {
  it("remembers the last mesh through SFUs, and none where there was none", () => {
    assertEquals(meshEpochOf(sfu(3), meshEpochOf(sfu(2), meshEpochOf(mesh(1)))), 1);
    assertEquals(meshEpochOf(sfu(3)), undefined);
  });
});
