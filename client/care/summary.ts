/**
 * How a call was of late, in a few figures for those who look after the service. Pure.
 *
 * @module
 */
import type { QualitySummary } from "../../lib/protocol.ts";
import type { InboundStats, ParticipantStats } from "../api.ts";

/** What was measured at one time. */
export interface Snapshot {
  /** ms */
  readonly at: number;
  /** By participant id. */
  readonly stats: Readonly<Record<string, ParticipantStats>>;
}

export interface SummaryOptions {
  mode: "mesh" | "sfu";
  sending: QualitySummary["sending"];
}

/** Sums up `window`, from the oldest snapshot to the newest; `undefined`: there is nothing to tell. */
export function summarize(
  window: readonly Snapshot[],
  { mode, sending }: SummaryOptions,
): QualitySummary | undefined {
  const [first, last] = [window[0], window.at(-1)];
  if (first === undefined || last === undefined || last.at <= first.at) return undefined;
  const connections = Object.values(last.stats);
  if (connections.length === 0) return undefined;
  const all = window.flatMap(({ stats }) => Object.values(stats));
  const jitters = all.flatMap(({ inbound }) => inbound.map(({ jitter }) => jitter));
  const { received, lost, freezes } = arrived(window);
  // By an SFU there is one connection for all.
  const own = mode === "mesh" ? connections : connections.slice(0, 1);
  const bitrates = known(own.map((one) => one.availableOutgoingBitrate));
  const roundTrip = mean(known(all.map(({ roundTripTime }) => roundTripTime)));
  const jitter = mean(jitters);
  const paths: Record<string, number> = {};
  for (const { localCandidateType: type } of own) if (type) paths[type] = (paths[type] ?? 0) + 1;
  return {
    seconds: rounded((last.at - first.at) / 1000, 1),
    roundTripMs: roundTrip && rounded(roundTrip * 1000, 1),
    jitterMs: jitter && rounded(jitter * 1000, 1),
    loss: received + lost > 0 ? rounded(lost / (received + lost), 4) : undefined,
    freezes,
    outgoingBitrate: bitrates.length > 0
      ? Math.round(bitrates.reduce((one, other) => one + other))
      : undefined,
    paths,
    sending,
  };
}

/** What has come in the window, from all. */
function arrived(window: readonly Snapshot[]) {
  const sum = { received: 0, lost: 0, freezes: 0 };
  for (const [at, { stats }] of window.entries()) {
    const before = window[at - 1];
    if (before === undefined) continue;
    for (const [id, { inbound }] of Object.entries(stats)) {
      for (const track of inbound) {
        const last = since(
          track,
          before.stats[id]?.inbound.find(({ kind }) => kind === track.kind),
        );
        sum.received += track.packetsReceived - (last?.packetsReceived ?? 0);
        // Packets that come twice are counted as found again.
        sum.lost += Math.max(0, track.packetsLost - (last?.packetsLost ?? 0));
        sum.freezes += Math.max(0, (track.freezeCount ?? 0) - (last?.freezeCount ?? 0));
      }
    }
  }
  return sum;
}

/** What to count from: a new connection counts from zero. */
function since(now: InboundStats, before: InboundStats | undefined): InboundStats | undefined {
  return before !== undefined && before.packetsReceived <= now.packetsReceived ? before : undefined;
}

const known = (values: (number | undefined)[]) => values.filter((value) => value !== undefined);

function mean(values: number[]): number | undefined {
  return values.length > 0 ? values.reduce((one, other) => one + other) / values.length : undefined;
}

const rounded = (value: number, digits: number) => Number(value.toFixed(digits));
