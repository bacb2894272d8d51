import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { measuredBy } from "../../../client/measured.ts";

const REPORT = new Map() as unknown as RTCStatsReport;

/** Whether a connection in such a state is asked. */
async function isAsked(connectionState: RTCPeerConnectionState): Promise<boolean> {
  const pc = { connectionState, getStats: () => Promise.resolve(REPORT) };
  return await measuredBy(pc as unknown as RTCPeerConnection) === REPORT;
}

describe("what a connection has measured", () => {
  it("is not asked for before its handshake is over", async () => {
    assertEquals([await isAsked("new"), await isAsked("connecting")], [false, false]);
  });

  it("is asked for then, also where it has failed since", async () => {
    assertEquals([await isAsked("connected"), await isAsked("failed")], [true, true]);
  });
});
