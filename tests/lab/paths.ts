import type { Page } from "playwright-core";
import "../e2e/call_page.ts";

/** How one connection of a page reaches the other end, by the candidates of W3C webrtc-stats. */
export interface Path {
  /** `mesh`: to another participant; `sfu`: to an SFU. */
  readonly way: "mesh" | "sfu";
  /** Type of this end's candidate and of the other end's, as this end knows it. */
  readonly local: CandidateType;
  readonly remote: CandidateType;
  /** How this end talks to its TURN server; there where `local` is `relay`. */
  readonly relayProtocol?: "udp" | "tcp" | "tls";
  /** Address of this end's candidate. */
  readonly address: string;
  readonly roundTripMs?: number;
}

export type CandidateType = "host" | "srflx" | "prflx" | "relay";

/** The paths in use of all connections of a page that stand now. The page is that of tests/e2e/call_page.ts. */
export async function pathsOf(page: Page): Promise<Path[]> {
  return await page.evaluate(async () => {
    const paths: Path[] = [];
    for (const pc of globalThis.connections) {
      if (pc.connectionState !== "connected") continue;
      const stats = await pc.getStats();
      const all = [...stats.values()];
      const selected = all.find(({ type }) => type === "transport")?.selectedCandidatePairId;
      const pair = stats.get(selected);
      if (pair === undefined) continue;
      const local = stats.get(pair.localCandidateId);
      const remote = stats.get(pair.remoteCandidateId);
      const { currentRoundTripTime: roundTrip } = pair;
      paths.push({
        way: pc.sctp === null ? "sfu" : "mesh",
        local: local.candidateType,
        remote: remote.candidateType,
        ...local.relayProtocol && { relayProtocol: local.relayProtocol },
        address: local.address,
        ...roundTrip !== undefined && { roundTripMs: roundTrip * 1_000 },
      });
    }
    return paths;
  });
}

/** Whether a path goes by a TURN server, at either end. */
export function isRelayed({ local, remote }: Path): boolean {
  return local === "relay" || remote === "relay";
}
