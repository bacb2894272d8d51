/**
 * `RTCStatsReport` -> what the application and the quality verdict need. Names and units as in W3C webrtc-stats.
 *
 * @module
 */
import type { InboundStats, OutboundStats, ParticipantStats, TrackKind } from "../api.ts";
import type { TransportStats } from "../transport.ts";

/** One entry of a report: which fields there are depends on its type, see webrtc-stats §8. */
type Entry = Record<string, number | string | boolean | undefined>;

const number = (value: Entry[string]) => typeof value === "number" ? value : undefined;
const count = (value: Entry[string]) => number(value) ?? 0;
const text = (value: Entry[string]) => typeof value === "string" ? value : undefined;

/** By a slot that nobody uses goes padding that tries the path out: packets, but not a byte of a payload. */
const hasCarried = ({ bytesSent, bytesReceived }: Entry) => count(bytesSent ?? bytesReceived) > 0;

export function participantStats({ report, kinds }: TransportStats): ParticipantStats {
  const entries = new Map<string, Entry>();
  report.forEach((entry: Entry, id) => entries.set(id, entry));
  const get = (id: Entry[string]) => entries.get(String(id)) ?? {};
  const all = (type: string) => [...entries.values()].filter((entry) => entry.type === type);

  const pair = selectedPair(all, get);
  const reports = new Map(all("remote-inbound-rtp").map((entry) => [entry.localId, entry]));
  const codec = (entry: Entry) => text(get(entry.codecId).mimeType);
  const withKind = (type: string) =>
    all(type).flatMap((entry): [Entry, TrackKind][] => {
      const kind = kinds.get(String(entry.mid));
      return kind === undefined || !hasCarried(entry) ? [] : [[entry, kind]];
    });
  return {
    roundTripTime: number(pair.currentRoundTripTime),
    localCandidateType: text(get(pair.localCandidateId).candidateType),
    remoteCandidateType: text(get(pair.remoteCandidateId).candidateType),
    availableOutgoingBitrate: outgoingBitrate(all("candidate-pair")),
    inbound: withKind("inbound-rtp").map(([entry, kind]) => inbound(entry, kind, codec(entry))),
    outbound: withKind("outbound-rtp").map(([entry, kind]) =>
      outbound(entry, kind, codec(entry), reports.get(entry.id) ?? {})
    ),
  };
}

function selectedPair(all: (type: string) => Entry[], get: (id: Entry[string]) => Entry): Entry {
  const transport = all("transport").find((entry) => entry.selectedCandidatePairId !== undefined);
  if (transport !== undefined) return get(transport.selectedCandidatePairId);
  // Firefox has no `transport` entry; it marks the pair itself.
  return all("candidate-pair").find((entry) => entry.selected === true) ?? {};
}

/** To an SFU there are two connections; the estimate of the one that only receives is what it began with. */
function outgoingBitrate(pairs: Entry[]): number | undefined {
  const [sender] = pairs.filter((pair) => pair.availableOutgoingBitrate !== undefined)
    .toSorted((a, b) => count(b.bytesSent) - count(a.bytesSent));
  return number(sender?.availableOutgoingBitrate);
}

function inbound(entry: Entry, kind: TrackKind, codec: string | undefined): InboundStats {
  return {
    kind,
    bytesReceived: count(entry.bytesReceived),
    packetsReceived: count(entry.packetsReceived),
    packetsLost: count(entry.packetsLost),
    jitter: count(entry.jitter),
    framesDecoded: number(entry.framesDecoded),
    framesPerSecond: number(entry.framesPerSecond),
    frameWidth: number(entry.frameWidth),
    frameHeight: number(entry.frameHeight),
    freezeCount: number(entry.freezeCount),
    audioLevel: number(entry.audioLevel),
    codec,
  };
}

function outbound(
  entry: Entry,
  kind: TrackKind,
  codec: string | undefined,
  farEnd: Entry,
): OutboundStats {
  return {
    kind,
    bytesSent: count(entry.bytesSent),
    packetsSent: count(entry.packetsSent),
    framesEncoded: number(entry.framesEncoded),
    framesPerSecond: number(entry.framesPerSecond),
    frameWidth: number(entry.frameWidth),
    frameHeight: number(entry.frameHeight),
    qualityLimitationReason: text(entry.qualityLimitationReason),
    fractionLost: number(farEnd.fractionLost),
    codec,
  };
}
