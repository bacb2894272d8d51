/**
 * How calls go, as numbers that many of them share: what participants tell of their quality, without who they are.
 *
 * @module
 */
import type { Attributes, Meter } from "@opentelemetry/api";
import { CANDIDATE_TYPES, type QualitySummary, type TopologyMode } from "./protocol.ts";

/** Bounds of the buckets, from what nobody notices to what is no call any more. */
const BOUNDS = {
  /** s */
  roundTrip: [0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 2, 5],
  /** s */
  jitter: [0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5],
  loss: [0, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5],
  /** a minute */
  freezes: [0, 1, 2, 5, 10, 20, 60],
  /** bit/s */
  outgoingBitrate: [50e3, 100e3, 250e3, 500e3, 1e6, 2e6, 4e6, 8e6, 16e6, 32e6],
  share: [0, 0.25, 0.5, 0.75, 1],
};

/** What records a summary, by each of the meters. */
export function qualityRecorder(
  meters: readonly Meter[],
): (quality: QualitySummary, mode: TopologyMode) => void {
  const recorders = meters.map(recorderOf);
  return (quality, mode) => recorders.forEach((record) => record(quality, { mode }));
}

function recorderOf(meter: Meter): (quality: QualitySummary, attributes: Attributes) => void {
  const histogram = (
    name: string,
    { unit, bounds, description }: { unit: string; bounds: number[]; description: string },
  ) =>
    meter.createHistogram(`meshlift.quality.${name}`, {
      description,
      unit,
      advice: { explicitBucketBoundaries: bounds },
    });
  const roundTrip = histogram("round_trip", {
    unit: "s",
    bounds: BOUNDS.roundTrip,
    description: "Round trips of participants' connections",
  });
  const jitter = histogram("jitter", {
    unit: "s",
    bounds: BOUNDS.jitter,
    description: "Jitter of what participants receive",
  });
  const loss = histogram("loss", {
    unit: "1",
    bounds: BOUNDS.loss,
    description: "Part of what was sent to participants that was lost",
  });
  const freezes = histogram("freezes", {
    unit: "{freeze}/min",
    bounds: BOUNDS.freezes,
    description: "How often participants' pictures froze, a minute",
  });
  const outgoingBitrate = histogram("outgoing_bitrate", {
    unit: "bit/s",
    bounds: BOUNDS.outgoingBitrate,
    description: "What participants' uplinks can carry, estimated",
  });
  const relayed = histogram("relayed", {
    unit: "1",
    bounds: BOUNDS.share,
    description: "Part of a participant's connections that go through its TURN server",
  });
  const paths = meter.createCounter("meshlift.quality.paths", {
    description: "Participants' connections, once with each summary, by type of their candidate",
  });
  const sending = meter.createCounter("meshlift.quality.sending", {
    description: "Summaries, by how the participant sends",
  });
  return (quality, attributes) => {
    const { seconds, roundTripMs, jitterMs } = quality;
    if (roundTripMs !== undefined) roundTrip.record(roundTripMs / 1000, attributes);
    if (jitterMs !== undefined) jitter.record(jitterMs / 1000, attributes);
    if (quality.loss !== undefined) loss.record(quality.loss, attributes);
    if (quality.freezes !== undefined) {
      // Of less than a second nothing can be said a minute.
      freezes.record(quality.freezes * 60 / Math.max(1, seconds), attributes);
    }
    if (quality.outgoingBitrate !== undefined) {
      outgoingBitrate.record(quality.outgoingBitrate, attributes);
    }
    let all = 0;
    for (const type of CANDIDATE_TYPES) {
      const count = quality.paths[type] ?? 0;
      all += count;
      if (count > 0) paths.add(count, { ...attributes, candidate_type: type });
    }
    if (all > 0) relayed.record((quality.paths.relay ?? 0) / all, attributes);
    sending.add(1, { ...attributes, sending: quality.sending });
  };
}
