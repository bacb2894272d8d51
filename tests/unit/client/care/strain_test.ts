import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ADAPT } from "../../../../client/adapt/policy.ts";
import type { AdaptationInfo, ParticipantStats } from "../../../../client/api.ts";
import { REPORT } from "../../../../client/care/policy.ts";
import { feelStrain, isRelayed, NO_STRAIN, strainOf } from "../../../../client/care/strain.ts";

/** What one connection says. */
const stats = (qualityLimitationReason?: string, localCandidateType?: string) =>
  ({
    localCandidateType,
    inbound: [],
    outbound: [{ kind: "camera", bytesSent: 0, packetsSent: 0, qualityLimitationReason }],
  }) satisfies ParticipantStats;

describe("feelStrain", () => {
  it("follows only what lasts", () => {
    let state = NO_STRAIN;
    const feel = (seen: "none" | "uplink" | "cpu", now: number) =>
      (state = feelStrain(state, seen, now)).is;
    assertEquals(feel("cpu", 0), "none");
    assertEquals(feel("none", 1_000), "none");
    assertEquals(feel("uplink", 2_000), "none");
    assertEquals(feel("uplink", 2_000 + REPORT.strainAfterMs), "uplink");
    assertEquals(feel("none", 7_000), "uplink");
    assertEquals(feel("none", 7_000 + REPORT.strainGoneAfterMs - 1), "uplink");
    assertEquals(feel("none", 7_000 + REPORT.strainGoneAfterMs), "none");
  });
});

describe("strainOf", () => {
  it("takes the worst of all connections", () => {
    assertEquals(strainOf([stats(), stats("none")]), "none");
    assertEquals(strainOf([stats("none"), stats("bandwidth")]), "uplink");
    assertEquals(strainOf([stats("bandwidth"), stats("cpu")]), "cpu");
  });

  it("believes the adaptation of the uplink, where there is one", () => {
    const reduced = { sending: "reduced", reason: "uplink" } as const;
    assertEquals(strainOf([stats("bandwidth")], { sending: "full", reason: "none" }), "none");
    assertEquals(strainOf([stats("none")], reduced), "uplink");
    assertEquals(strainOf([stats("cpu")], reduced), "cpu");
  });

  const LEAST = ADAPT.voice.doubled + ADAPT.leastPicture.besideVoice;
  const CASES: Record<
    string,
    [sending: AdaptationInfo["sending"], estimates: (number | undefined)[], strain: string]
  > = {
    "an uplink that carries one picture is strained by several": ["reduced", [LEAST], "uplink"],
    "so it is with all that its connections carry": ["reduced", [LEAST / 2, LEAST / 2], "uplink"],
    "one without any picture in the mesh may have room for one by an SFU": [
      "audio_only",
      [LEAST / 3, LEAST / 3, LEAST / 3],
      "uplink",
    ],
    "one that does not carry a single picture gains nothing": [
      "audio_only",
      [LEAST / 2, LEAST / 2 - 1],
      "none",
    ],
    "nor does it while the smallest ones still go": ["reduced", [LEAST / 2 - 1], "none"],
    "a browser that estimates nothing is believed while it sends pictures": [
      "reduced",
      [undefined],
      "uplink",
    ],
    "but not without": ["audio_only", [undefined, undefined], "none"],
  };
  for (const [title, [sending, estimates, strain]] of Object.entries(CASES)) {
    it(title, () => {
      const all = estimates.map((availableOutgoingBitrate) => ({
        ...stats("none"),
        availableOutgoingBitrate,
      }));
      assertEquals(strainOf(all, { sending, reason: "uplink" }), strain);
    });
  }
});

describe("isRelayed", () => {
  it("is so when any connection goes through TURN", () => {
    assertEquals(isRelayed([stats(), stats("none", "srflx")]), false);
    assertEquals(isRelayed([stats(), stats("none", "relay")]), true);
  });
});
