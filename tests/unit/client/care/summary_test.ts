import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { InboundStats, ParticipantStats } from "../../../../client/api.ts";
import { type Snapshot, summarize } from "../../../../client/care/summary.ts";
import { QualitySummary } from "../../../../lib/protocol.ts";

interface Arrived {
  received?: number;
  lost?: number;
  freezes?: number;
  roundTrip?: number;
  jitter?: number;
  bitrate?: number;
  type?: string;
}

/** What is measured of one participant: all that has come of its camera. */
function stats(
  {
    received = 0,
    lost = 0,
    freezes,
    roundTrip = 0.04,
    jitter = 0.01,
    bitrate = 1e6,
    type = "host",
  }: Arrived = {},
): ParticipantStats {
  const camera: InboundStats = {
    kind: "camera",
    bytesReceived: 0,
    packetsReceived: received,
    packetsLost: lost,
    freezeCount: freezes,
    jitter,
  };
  return {
    roundTripTime: roundTrip,
    localCandidateType: type,
    availableOutgoingBitrate: bitrate,
    inbound: [camera],
    outbound: [],
  };
}

/** One snapshot a second, of participants by id. */
const seconds = (...snapshots: Record<string, Arrived>[]): Snapshot[] =>
  snapshots.map((people, at) => ({
    at: at * 1_000,
    stats: Object.fromEntries(Object.entries(people).map(([id, one]) => [id, stats(one)])),
  }));

const MESH = { mode: "mesh", sending: "full" } as const;

describe("a summary", () => {
  it("is of all connections of a mesh together", () => {
    const summary = summarize(
      seconds(
        { ada: { received: 100, lost: 5, freezes: 1 }, bob: { received: 50 } },
        {
          ada: { received: 190, lost: 15, freezes: 3, roundTrip: 0.08 },
          bob: { received: 150, type: "relay", bitrate: 5e5, roundTrip: 0.08, jitter: 0.05 },
        },
      ),
      MESH,
    );
    assertEquals(summary, {
      seconds: 1,
      roundTripMs: 60,
      jitterMs: 20,
      loss: 0.05,
      freezes: 2,
      outgoingBitrate: 1_500_000,
      paths: { host: 1, relay: 1 },
      sending: "full",
    });
  });

  it("counts one connection by an SFU", () => {
    const summary = summarize(seconds({ ada: {}, bob: {} }, { ada: {}, bob: {} }), {
      mode: "sfu",
      sending: "reduced",
    });
    assertEquals(summary?.paths, { host: 1 });
    assertEquals(summary?.outgoingBitrate, 1e6);
    assertEquals(summary?.sending, "reduced");
  });

  it("counts a connection that was made anew from zero", () => {
    const summary = summarize(
      seconds({ ada: { received: 1_000, lost: 500 } }, { ada: { received: 90, lost: 10 } }),
      MESH,
    );
    assertEquals(summary?.loss, 0.1);
  });

  it("takes no packet that came twice for one that was lost less", () => {
    const summary = summarize(
      seconds({ ada: { received: 100, lost: 5 } }, { ada: { received: 200, lost: 3 } }),
      MESH,
    );
    assertEquals(summary?.loss, 0);
  });

  it("is none of nobody, or of no time", () => {
    assertEquals(summarize([], MESH), undefined);
    assertEquals(summarize(seconds({ ada: {} }), MESH), undefined);
    assertEquals(summarize(seconds({}, {}), MESH), undefined);
  });

  it("is one that a node takes, also of what is hardly known", () => {
    const bare = { inbound: [], outbound: [] };
    const window = [{ at: 0, stats: { ada: bare } }, { at: 4_987, stats: { ada: bare } }];
    const summary = summarize(window, MESH)!;
    assertEquals(QualitySummary.safeParse(JSON.parse(JSON.stringify(summary))).success, true);
  });
});
