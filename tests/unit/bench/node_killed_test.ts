import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { verdict } from "../../bench/report/figure.ts";
import { concealed, report, type Round } from "../../bench/targets/t10_node_killed.ts";

const CALM: Round = {
  node: 0,
  resumedMs: 900,
  calmGapMs: 110,
  gapMs: 125,
  calmConcealedMs: 2,
  concealedMs: 5,
};
const MESSAGES = { sent: 9_000, lost: 0, doubled: 0, disordered: 0 };

/** What is not met in a run of ten kills. */
function missed({ rounds = [] as Round[], made = 0, lost = 0 }): string[] {
  const all = [...rounds, ...Array.from({ length: 10 - rounds.length }, () => CALM)];
  return report(all, { ...MESSAGES, lost }, { made, left: 0 })
    .filter((figure) => verdict(figure) !== "met").map(({ what }) => what.trim());
}

describe("sound that was made up", () => {
  it("is that of the worst voice, however many went on", () => {
    const voices = (concealed: number, all: number) =>
      new Map(
        Array.from({ length: 12 }, (_, i) => [`${i}`, { concealed: i > 0 ? 0 : concealed, all }]),
      );
    assertEquals(concealed(voices(0, 0), voices(4_800, 192_000)), 100);
  });
});

describe("a voice that does not play", () => {
  it("is missing for as long as that is looked at", () => {
    const voice = new Map([["ada", { concealed: 480, all: 48_000 }]]);
    assertEquals(concealed(voice, voice), 4_000);
  });
});

describe("what a killed node costs", () => {
  it("is nothing where no more was missed than calm windows differ by", () =>
    assertEquals(missed({}), []));

  it("shows where one kill of ten stopped a picture, however long one stood still in calm", () => {
    const stopped = { ...CALM, gapMs: 400 };
    const [first, ...others] = [stopped, ...Array.from({ length: 9 }, () => CALM)];
    const what = ["longest gap between frames shown, beyond calm, p95"];
    assertEquals(missed({ rounds: [first!, ...others] }), what);
  });

  it("shows where each kill took one frame, though a calm window was as bad", () => {
    const each = { ...CALM, gapMs: 180 };
    const rounds = [{ ...each, calmGapMs: 500 }, ...Array.from({ length: 9 }, () => each)];
    assertEquals(missed({ rounds }), ["longest gap between frames shown, beyond calm, median"]);
  });

  it("shows in sound that was made up", () => {
    const rounds = Array.from({ length: 10 }, () => ({ ...CALM, concealedMs: 30 }));
    assertEquals(missed({ rounds }), [
      "sound made up for want of packets, beyond calm, median",
      "sound made up for want of packets, beyond calm, p95",
    ]);
  });

  it("shows in a connection made anew, and in a message lost", () =>
    assertEquals(missed({ made: 1, lost: 1 }), [
      "connections between people made anew",
      "messages by `send` lost, doubled or out of order",
    ]));
});
