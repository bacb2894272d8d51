/** From snapshots of counters to what a plot shows: rates and ratios over time. Pure. @module */
import type { CallStats, ParticipantStats } from "../api.ts";

/** One point in time of the connection to one participant; `undefined` where it was not measured. */
export interface Sample {
  /** Round trip, in ms. */
  roundTripMs: number | undefined;
  /** Packets lost on the way to here since the last snapshot, 0 to 100. */
  lossPercent: number | undefined;
  /** Received and sent since the last snapshot, in bit/s. */
  receivedBitrate: number | undefined;
  sentBitrate: number | undefined;
}

/** How many samples a plot shows; at one a second, a minute. */
export const SAMPLES_SHOWN = 60;

/** What happened with one participant between two snapshots. */
export function sampleOf(
  id: string,
  before: CallStats | undefined,
  now: CallStats,
): Sample {
  const current = now.participants[id];
  const previous = before?.participants[id];
  const seconds = before ? (now.timestamp - before.timestamp) / 1000 : 0;
  const roundTrip = current?.roundTripTime;
  const sample: Sample = {
    roundTripMs: roundTrip === undefined ? undefined : roundTrip * 1000,
    lossPercent: undefined,
    receivedBitrate: undefined,
    sentBitrate: undefined,
  };
  if (!current || !previous || seconds <= 0) return sample;
  const received = grown(previous, current, (stats) => sum(stats.inbound, "bytesReceived"));
  const sent = grown(previous, current, (stats) => sum(stats.outbound, "bytesSent"));
  sample.receivedBitrate = received === undefined ? undefined : received * 8 / seconds;
  sample.sentBitrate = sent === undefined ? undefined : sent * 8 / seconds;
  sample.lossPercent = lossBetween(previous, current);
  return sample;
}

/** Adds a sample at the end, and drops what a plot no longer shows. */
export function appended(samples: readonly Sample[], sample: Sample): Sample[] {
  return [...samples, sample].slice(-SAMPLES_SHOWN);
}

function lossBetween(before: ParticipantStats, now: ParticipantStats): number | undefined {
  const arrived = grown(before, now, (stats) => sum(stats.inbound, "packetsReceived"));
  if (arrived === undefined) return undefined;
  const missing = sum(now.inbound, "packetsLost") - sum(before.inbound, "packetsLost");
  // packetsLost goes down when a late packet arrives after all (RFC 3550 A.3).
  const lost = Math.max(0, missing);
  return arrived + lost === 0 ? undefined : 100 * lost / (arrived + lost);
}

/** How much a counter grew; `undefined` where it began again, as it does on a new connection. */
function grown(
  before: ParticipantStats,
  now: ParticipantStats,
  counter: (stats: ParticipantStats) => number,
): number | undefined {
  const growth = counter(now) - counter(before);
  return growth < 0 ? undefined : growth;
}

function sum<Key extends string>(rows: readonly Record<Key, number>[], key: Key): number {
  return rows.reduce((total, row) => total + row[key], 0);
}
