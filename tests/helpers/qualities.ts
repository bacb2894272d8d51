import type { QualitySummary } from "../../lib/protocol.ts";

/** What somebody may tell of its call, who goes through TURN to one of two. */
export const FAIR: QualitySummary = {
  seconds: 5,
  roundTripMs: 80,
  jitterMs: 4,
  loss: 0.02,
  freezes: 1,
  outgoingBitrate: 1_500_000,
  paths: { host: 1, relay: 1 },
  sending: "reduced",
};
