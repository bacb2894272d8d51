import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { QUALITY, SPEAKING } from "../../../../client/care/policy.ts";
import {
  judge,
  type QualitySample,
  qualitySample,
  type QualityState,
  UNKNOWN,
} from "../../../../client/care/quality.ts";
import { listen, SILENT } from "../../../../client/care/speaking.ts";
import { participantStats } from "../../../../client/care/stats.ts";

const WINDOW_MS = 2_000;

interface Second {
  received?: number;
  lost?: number;
  freezes?: number;
  roundTripMs?: number;
  connected?: boolean;
  sending?: boolean;
}

/** The quality after each window, from what each one brought. */
function qualities(windows: Second[]) {
  let state: QualityState = UNKNOWN;
  let sample: QualitySample = {
    at: 0,
    connected: true,
    sending: true,
    received: 0,
    lost: 0,
    freezes: 0,
    roundTripMs: 0,
  };
  return windows.map(({ received = 100, lost = 0, freezes = 0, ...rest }) => {
    sample = {
      ...sample,
      connected: true,
      sending: true,
      roundTripMs: 20,
      ...rest,
      at: sample.at + WINDOW_MS,
      received: sample.received + received,
      lost: sample.lost + lost,
      freezes: sample.freezes + freezes,
    };
    state = judge(state, sample);
    return state.quality;
  });
}

describe("judge", () => {
  it("knows nothing until there are two samples", () => {
    assertEquals(qualities([{}, {}]), ["unknown", "excellent"]);
  });

  it("tells loss, round trip and freezes by the table", () => {
    const cases: [Second, string][] = [
      [{ lost: 1 }, "excellent"],
      [{ lost: 3 }, "good"],
      [{ lost: 10 }, "poor"],
      [{ roundTripMs: 300 }, "good"],
      [{ roundTripMs: 900 }, "poor"],
      [{ freezes: 1 }, "good"],
      [{ freezes: 4 }, "poor"],
    ];
    for (const [second, expected] of cases) assertEquals(qualities([{}, second])[1], expected);
  });

  it("follows only when verdicts agree, sooner down than up", () => {
    const bad = { lost: 50 };
    assertEquals(qualities([{}, {}, bad, {}, bad, bad, {}, {}, {}]), [
      "unknown",
      "excellent",
      "excellent",
      "excellent",
      "excellent",
      "poor",
      "poor",
      "poor",
      "excellent",
    ]);
  });

  it("is lost at once without a path, and back at once with one", () => {
    assertEquals(qualities([{}, {}, { connected: false }, {}]).slice(1), [
      "excellent",
      "lost",
      "excellent",
    ]);
  });

  it("is lost when nothing arrives that should, not when nothing is sent", () => {
    const silent = { received: 0 };
    const windows = Math.ceil(QUALITY.silentMs / WINDOW_MS);
    assertEquals(qualities([{}, {}, ...Array(windows).fill(silent)]).at(-1), "lost");
    const off = { received: 0, sending: false };
    assertEquals(qualities([{}, {}, ...Array(windows).fill(off)]).at(-1), "excellent");
  });

  it("begins anew with a new connection, whose counters are lower", () => {
    assertEquals(
      qualities([{ received: 5_000, lost: 9 }, {}, { received: -4_900 }, {}]).at(-1),
      "excellent",
    );
  });

  it("never throws and never says unknown again", () => {
    const window = fc.record({
      received: fc.integer({ min: -500, max: 500 }),
      lost: fc.integer({ min: -10, max: 500 }),
      connected: fc.boolean(),
      sending: fc.boolean(),
    });
    fc.assert(fc.property(fc.array(window), (windows) => {
      const all = qualities([{}, {}, ...windows]).slice(1);
      assert(!all.includes("unknown"));
    }));
  });
});

describe("listen", () => {
  it("hears the first loud level, and holds through short pauses", () => {
    let state = listen(SILENT, SPEAKING.onLevel, 0);
    assert(state.speaking);
    state = listen(state, 0, SPEAKING.holdMs - 1);
    assert(state.speaking);
    state = listen(state, SPEAKING.offLevel, SPEAKING.holdMs);
    state = listen(state, 0, 2 * SPEAKING.holdMs - 1);
    assert(state.speaking, "a level between the two keeps on who speaks");
    state = listen(state, 0, 2 * SPEAKING.holdMs);
    assert(!state.speaking);
  });

  it("does not begin at a level between the two", () => {
    assert(!listen(SILENT, (SPEAKING.onLevel + SPEAKING.offLevel) / 2, 0).speaking);
  });
});

/** A report as a browser gives it. */
function report(...entries: { id: string; type: string; [field: string]: unknown }[]) {
  return new Map(entries.map((entry) => [entry.id, entry])) as unknown as RTCStatsReport;
}

describe("participantStats", () => {
  const kinds = new Map([["0", "microphone"], ["1", "camera"], ["2", "screen"]] as const);
  const stats = participantStats({
    kinds,
    report: report(
      { id: "T", type: "transport", selectedCandidatePairId: "P" },
      {
        id: "P",
        type: "candidate-pair",
        currentRoundTripTime: 0.05,
        localCandidateId: "L",
        remoteCandidateId: "R",
        availableOutgoingBitrate: 1e6,
      },
      { id: "L", type: "local-candidate", candidateType: "host" },
      { id: "R", type: "remote-candidate", candidateType: "relay" },
      { id: "C", type: "codec", mimeType: "audio/opus" },
      {
        id: "I0",
        type: "inbound-rtp",
        mid: "0",
        codecId: "C",
        bytesReceived: 50,
        packetsReceived: 5,
        packetsLost: 1,
      },
      {
        id: "I1",
        type: "inbound-rtp",
        mid: "1",
        bytesReceived: 70,
        packetsReceived: 7,
        freezeCount: 2,
      },
      { id: "I2", type: "inbound-rtp", mid: "2", bytesReceived: 0, packetsReceived: 8 },
      { id: "I9", type: "inbound-rtp", mid: "9", bytesReceived: 10_000, packetsReceived: 1_000 },
      { id: "O1", type: "outbound-rtp", mid: "1", bytesSent: 9, framesEncoded: 3 },
      { id: "O2", type: "outbound-rtp", mid: "2", bytesSent: 0, packetsSent: 1 },
      { id: "F1", type: "remote-inbound-rtp", localId: "O1", fractionLost: 0.25 },
    ),
  });

  it("reads the selected path", () => {
    assertEquals(stats.roundTripTime, 0.05);
    assertEquals([stats.localCandidateType, stats.remoteCandidateType], ["host", "relay"]);
    assertEquals(stats.availableOutgoingBitrate, 1e6);
  });

  it("names tracks by their slot, and leaves out what is none of ours and what carries padding only", () => {
    assertEquals(stats.inbound.map(({ kind, codec }) => [kind, codec]), [
      ["microphone", "audio/opus"],
      ["camera", undefined],
    ]);
  });

  it("joins what the far end says of what is sent", () => {
    assertEquals(stats.outbound.map(({ kind, fractionLost }) => [kind, fractionLost]), [[
      "camera",
      0.25,
    ]]);
  });

  it("finds the path where there is no transport entry", () => {
    const pair = { id: "P", type: "candidate-pair", selected: true, currentRoundTripTime: 0.1 };
    assertEquals(participantStats({ kinds, report: report(pair) }).roundTripTime, 0.1);
  });

  it("adds up for the verdict on quality", () => {
    const sample = qualitySample(stats, { at: 1, connected: true, sending: true });
    assertEquals([sample.received, sample.lost, sample.freezes, sample.roundTripMs], [
      12,
      1,
      2,
      50,
    ]);
  });
});
