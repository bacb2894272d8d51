import { assertEquals } from "@std/assert";
import type { CallStats } from "../../../client/api.ts";
import { appended, type Sample, sampleOf, SAMPLES_SHOWN } from "../../../client/demo/series.ts";
import { pathOf } from "../../../client/demo/stats_panel.ts";

interface Counters {
  received: number;
  sent: number;
  packets: number;
  lost: number;
}

function snapshot(timestamp: number, counters?: Counters, roundTripTime?: number): CallStats {
  if (!counters) return { timestamp, participants: {} };
  const { received, sent, packets, lost } = counters;
  return {
    timestamp,
    participants: {
      ada: {
        roundTripTime,
        inbound: [{
          kind: "camera",
          bytesReceived: received,
          packetsReceived: packets,
          packetsLost: lost,
          jitter: 0,
        }],
        outbound: [{ kind: "camera", bytesSent: sent, packetsSent: packets }],
      },
    },
  };
}

const NOTHING: Sample = {
  roundTripMs: undefined,
  lossPercent: undefined,
  receivedBitrate: undefined,
  sentBitrate: undefined,
};

Deno.test("sampleOf: rates over the time that passed", () => {
  const before = snapshot(1_000, { received: 1_000, sent: 500, packets: 100, lost: 0 });
  const now = snapshot(3_000, { received: 251_000, sent: 50_500, packets: 190, lost: 10 }, 0.042);
  assertEquals(sampleOf("ada", before, now), {
    roundTripMs: 42,
    lossPercent: 10,
    receivedBitrate: 1_000_000,
    sentBitrate: 200_000,
  });
});

Deno.test("sampleOf: the first snapshot has a round trip only", () => {
  const now = snapshot(1_000, { received: 9, sent: 9, packets: 9, lost: 0 }, 0.01);
  assertEquals(sampleOf("ada", undefined, now), { ...NOTHING, roundTripMs: 10 });
  assertEquals(sampleOf("ada", snapshot(0), now), { ...NOTHING, roundTripMs: 10 });
});

Deno.test("sampleOf: counters that began again are a gap, not a negative rate", () => {
  const before = snapshot(1_000, { received: 9_000, sent: 9_000, packets: 900, lost: 5 });
  const now = snapshot(2_000, { received: 10, sent: 10, packets: 1, lost: 0 });
  assertEquals(sampleOf("ada", before, now), NOTHING);
});

Deno.test("sampleOf: a late packet makes no negative loss; silence has none", () => {
  const before = snapshot(1_000, { received: 0, sent: 0, packets: 10, lost: 3 });
  const late = snapshot(2_000, { received: 0, sent: 0, packets: 12, lost: 2 });
  assertEquals(sampleOf("ada", before, late).lossPercent, 0);
  const silent = snapshot(2_000, { received: 0, sent: 0, packets: 10, lost: 3 });
  assertEquals(sampleOf("ada", before, silent).lossPercent, undefined);
});

Deno.test("sampleOf: someone who is not measured, and snapshots of the same moment", () => {
  const some = snapshot(1_000, { received: 0, sent: 0, packets: 0, lost: 0 });
  assertEquals(sampleOf("grace", some, some), NOTHING);
  assertEquals(sampleOf("ada", some, some), NOTHING);
});

Deno.test("appended: keeps what a plot shows", () => {
  let samples: Sample[] = [];
  for (let index = 0; index < SAMPLES_SHOWN + 5; index++) {
    samples = appended(samples, { ...NOTHING, roundTripMs: index });
  }
  assertEquals(samples.length, SAMPLES_SHOWN);
  assertEquals(samples.at(-1)?.roundTripMs, SAMPLES_SHOWN + 4);
});

Deno.test("pathOf: how media travels", () => {
  assertEquals(pathOf(undefined), "No media path yet");
  assertEquals(pathOf({ inbound: [], outbound: [] }), "No media path yet");
  assertEquals(
    pathOf({
      localCandidateType: "host",
      remoteCandidateType: "relay",
      inbound: [{
        kind: "camera",
        bytesReceived: 0,
        packetsReceived: 0,
        packetsLost: 0,
        jitter: 0,
        frameWidth: 640,
        frameHeight: 360,
        framesPerSecond: 29.97,
        codec: "video/VP8",
      }],
      outbound: [],
    }),
    "Relayed · host to relay · 640×360 · 30 fps · VP8",
  );
});
