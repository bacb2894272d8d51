import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { ParticipantStats } from "../../../../client/api.ts";
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
    assertEquals(strainOf([stats("bandwidth")], { reason: "none" }), "none");
    assertEquals(strainOf([stats("none")], { reason: "uplink" }), "uplink");
    assertEquals(strainOf([stats("cpu")], { reason: "uplink" }), "cpu");
  });
});

describe("isRelayed", () => {
  it("is so when any connection goes through TURN", () => {
    assertEquals(isRelayed([stats(), stats("none", "srflx")]), false);
    assertEquals(isRelayed([stats(), stats("none", "relay")]), true);
  });
});
