import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { SentLook } from "../../../../client/care/adapt/look.ts";

type Entry = { id: string; type: string } & Record<string, unknown>;

const report = (...entries: Entry[]) =>
  new Map(entries.map((entry) => [entry.id, entry])) as unknown as RTCStatsReport;

const pair = (more: Record<string, unknown>): Entry => ({
  id: "P",
  type: "candidate-pair",
  availableOutgoingBitrate: 300_000,
  currentRoundTripTime: 0.05,
  ...more,
});
const TRANSPORT: Entry = { id: "T", type: "transport", selectedCandidatePairId: "P" };
/** What the far end has reported of one track. */
const reported = (id: string, fractionLost: number, timestamp: number): Entry => ({
  id,
  type: "remote-inbound-rtp",
  fractionLost,
  timestamp,
});

describe("a look at what a connection sends", () => {
  it("takes the path, the estimate and the round trip of the pair that is used", () => {
    const other = pair({ id: "Q", availableOutgoingBitrate: 1, currentRoundTripTime: 9 });
    const sent = new SentLook().take(report(TRANSPORT, other, pair({ responsesReceived: 1 })));
    assertEquals(sent, { path: "P", estimate: 300_000, roundTripMs: 50, loss: undefined });
  });

  it("finds the pair in Firefox, which has no transport and estimates nothing", () => {
    const other = pair({ id: "Q", selected: false, currentRoundTripTime: 9 });
    const used = pair({ selected: true, availableOutgoingBitrate: undefined });
    const sent = new SentLook().take(report(other, used));
    assertEquals(sent, { path: "P", estimate: undefined, roundTripMs: 50, loss: undefined });
  });

  it("knows nothing before a pair is used", () => {
    const nothing = {
      path: undefined,
      estimate: undefined,
      roundTripMs: undefined,
      loss: undefined,
    };
    assertEquals(new SentLook().take(report()), nothing);
    assertEquals(new SentLook().take(report({ id: "T", type: "transport" }, pair({}))), nothing);
  });

  it("takes a round trip once for each response, be it as long as the one before", () => {
    const look = new SentLook();
    const trips = [1, 1, 2, 2].map((responsesReceived) =>
      look.take(report(TRANSPORT, pair({ responsesReceived }))).roundTripMs
    );
    assertEquals(trips, [50, undefined, 50, undefined]);
  });

  it("takes a round trip for a new one where it differs, if responses are not counted", () => {
    const look = new SentLook();
    const trips = [0.05, 0.05, 0.06, 0.06].map((currentRoundTripTime) =>
      look.take(report(TRANSPORT, pair({ currentRoundTripTime }))).roundTripMs
    );
    assertEquals(trips, [50, undefined, 60, undefined]);
  });

  it("takes each report of loss once", () => {
    const look = new SentLook();
    const losses = [1_000, 1_000, 2_000].map((timestamp) =>
      look.take(report(reported("voice", 0.1, timestamp))).loss
    );
    assertEquals(losses, [0.1, undefined, 0.1]);
  });

  it("takes the worst of the reports that are new", () => {
    const look = new SentLook();
    const loss = (voice: Entry, camera: Entry) => look.take(report(voice, camera)).loss;
    assertEquals(loss(reported("voice", 0.1, 1_000), reported("camera", 0.3, 1_000)), 0.3);
    assertEquals(loss(reported("voice", 0.2, 2_000), reported("camera", 0.3, 1_000)), 0.2);
  });

  it("is not misled by reports without a share that was lost", () => {
    const entry: Entry = { id: "voice", type: "remote-inbound-rtp", timestamp: 1_000 };
    assertEquals(new SentLook().take(report(entry)).loss, undefined);
  });
});
