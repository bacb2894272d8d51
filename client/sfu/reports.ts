/**
 * The statistics of the two connections to an SFU, told apart by participant, as if each had a connection of its own. Pure.
 *
 * @module
 */
import type { SfuSlot } from "../../lib/protocol.ts";
import type { TrackKind } from "../api.ts";
import type { TransportStats } from "../transport.ts";

type Entry = Record<string, unknown>;

export interface Reports {
  slots: readonly SfuSlot[];
  /** The SFU's, of what it sends. */
  description?: string;
  inbound: RTCStatsReport | undefined;
  outbound: RTCStatsReport | undefined;
  /** Which section of the sending connection carries what. */
  sent: ReadonlyMap<string, TrackKind>;
}

/** So that the entries of one connection are not taken for those of the other. */
const OUT = "out ";

export function participantReports(
  { slots, description, inbound, outbound, sent }: Reports,
): Map<string, TransportStats> {
  const arriving = [...inbound?.values() ?? []];
  const sending = sentEntries([...outbound?.values() ?? []]);
  const stats = new Map<string, TransportStats>();
  for (const id of new Set(slots.map(({ participant }) => participant))) {
    const theirs = slots.filter(({ participant }) => participant === id);
    const mids = new Set(theirs.map(({ mid }) => mid));
    const heard = arriving.filter(({ type, mid }) => type !== "inbound-rtp" || mids.has(mid));
    const entries = [...heard, ...sending];
    stats.set(id, {
      description,
      report: new Map(entries.map((entry) => [entry.id, entry])),
      kinds: new Map([
        ...theirs.map(({ mid, kind }) => [mid, kind] as const),
        ...[...sent].map(([mid, kind]) => [OUT + mid, kind] as const),
      ]),
    });
  }
  return stats;
}

/** What is sent, one entry per section: the layers of a camera count together. */
function sentEntries(entries: Entry[]): Entry[] {
  const wanted = /^(outbound-rtp|remote-inbound-rtp|codec|candidate-pair)$/;
  const marked = entries.filter(({ type }) => wanted.test(type as string)).map(mark);
  const sections = new Map<unknown, Entry>();
  const rest: Entry[] = [];
  for (const entry of marked) {
    if (entry.type !== "outbound-rtp") rest.push(entry);
    else sections.set(entry.mid, together(sections.get(entry.mid), entry));
  }
  return [...rest, ...sections.values()];
}

function mark(entry: Entry): Entry {
  const marked = { ...entry };
  for (const name of ["id", "mid", "localId", "codecId"]) {
    if (marked[name] !== undefined) marked[name] = OUT + marked[name];
  }
  return marked;
}

/** The larger layer, with what both have sent. */
function together(one: Entry | undefined, other: Entry): Entry {
  if (one === undefined) return other;
  const size = (entry: Entry) => Number(entry.frameWidth ?? 0);
  const sum = (name: string) => Number(one[name] ?? 0) + Number(other[name] ?? 0);
  return {
    ...(size(other) > size(one) ? other : one),
    bytesSent: sum("bytesSent"),
    packetsSent: sum("packetsSent"),
  };
}
