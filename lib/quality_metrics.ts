/**
 * How calls go, as numbers that many of them share: what participants tell of their quality, without who they are.
 *
 * @module
 */
import type { Attributes, Meter } from "@opentelemetry/api";
import { CANDIDATE_TYPES, type QualitySummary, type TopologyMode } from "./protocol.ts";

/** One number of a summary, as a histogram of many. */
interface Figure {
  name: string;
  description: string;
  unit: string;
  /** Of the buckets, from what nobody notices to what is no call any more. */
  bounds: number[];
  /** `undefined`: the summary does not tell. */
  of(quality: QualitySummary): number | undefined;
}

const FIGURES: readonly Figure[] = [
  {
    name: "round_trip",
    description: "Round trips of participants' connections",
    unit: "s",
    bounds: [0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 2, 5],
    of: ({ roundTripMs }) => seconds(roundTripMs),
  },
  {
    name: "jitter",
    description: "Jitter of what participants receive",
    unit: "s",
    bounds: [0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5],
    of: ({ jitterMs }) => seconds(jitterMs),
  },
  {
    name: "loss",
    description: "Part of what was sent to participants that was lost",
    unit: "1",
    bounds: [0, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5],
    of: ({ loss }) => loss,
  },
  {
    name: "freezes",
    description: "How often participants' pictures froze, a minute",
    unit: "{freeze}/min",
    bounds: [0, 1, 2, 5, 10, 20, 60],
    // Of less than a second nothing can be said a minute.
    of: ({ freezes, seconds }) =>
      freezes === undefined ? undefined : freezes * 60 / Math.max(1, seconds),
  },
  {
    name: "outgoing_bitrate",
    description: "What participants' uplinks can carry, estimated",
    unit: "bit/s",
    bounds: [50e3, 100e3, 250e3, 500e3, 1e6, 2e6, 4e6, 8e6, 16e6, 32e6],
    of: ({ outgoingBitrate }) => outgoingBitrate,
  },
  {
    name: "relayed",
    description: "Part of a participant's connections that go through its TURN server",
    unit: "1",
    bounds: [0, 0.25, 0.5, 0.75, 1],
    of: ({ paths }) => {
      const all = CANDIDATE_TYPES.reduce((sum, type) => sum + (paths[type] ?? 0), 0);
      return all > 0 ? (paths.relay ?? 0) / all : undefined;
    },
  },
];

/** What records a summary, by each of the meters. */
export function qualityRecorder(
  meters: readonly Meter[],
): (quality: QualitySummary, mode: TopologyMode) => void {
  const recorders = meters.map(recorderOf);
  return (quality, mode) => recorders.forEach((record) => record(quality, { mode }));
}

function recorderOf(meter: Meter): (quality: QualitySummary, attributes: Attributes) => void {
  const histograms = FIGURES.map(({ name, description, unit, bounds, of }) => {
    const advice = { explicitBucketBoundaries: bounds };
    const options = { description, unit, advice };
    return { of, histogram: meter.createHistogram(`meshlift.quality.${name}`, options) };
  });
  const paths = meter.createCounter("meshlift.quality.paths", {
    description: "Participants' connections, once with each summary, by type of their candidate",
  });
  const sending = meter.createCounter("meshlift.quality.sending", {
    description: "Summaries, by how the participant sends",
  });
  return (quality, attributes) => {
    for (const { of, histogram } of histograms) {
      const value = of(quality);
      if (value !== undefined) histogram.record(value, attributes);
    }
    for (const type of CANDIDATE_TYPES) {
      const count = quality.paths[type] ?? 0;
      if (count > 0) paths.add(count, { ...attributes, candidate_type: type });
    }
    sending.add(1, { ...attributes, sending: quality.sending });
  };
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}
