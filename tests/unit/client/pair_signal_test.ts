import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type PairSignal, parsePairSignal } from "../../../client/pair_signal.ts";

describe("parsePairSignal", () => {
  it("reads what the two ends of a pair say to each other", () => {
    const cases: [Record<string, unknown>, PairSignal][] = [
      [{ peer: "again", after: 0 }, { type: "again", after: 0 }],
      [{ peer: 1, type: "offer", sdp: "x" }, { type: "offer", number: 1, sdp: "x" }],
      [{ peer: 2, type: "answer", sdp: "y" }, { type: "answer", number: 2, sdp: "y" }],
      [{ peer: 2, type: "candidate", candidate: { candidate: "c" } }, {
        type: "candidate",
        number: 2,
        candidate: { candidate: "c" },
      }],
    ];
    for (const [data, signal] of cases) assertEquals(parsePairSignal(data), signal);
  });

  it("is told nothing by anything else", () => {
    const strange = [
      {},
      { peer: "again" },
      { peer: "again", after: "1" },
      { peer: "1", type: "offer", sdp: "x" },
      { peer: 0.5, type: "offer", sdp: "x" },
      { peer: 1, type: "renegotiate" },
      { peer: 1 },
      { shows: 1 },
    ];
    for (const data of strange) assertEquals(parsePairSignal(data), undefined);
  });
});
