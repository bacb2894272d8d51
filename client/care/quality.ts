/**
 * How well one hears and sees a participant, from a row of snapshots. Pure.
 *
 * @module
 */
import type { ParticipantStats, Quality } from "../api.ts";
import { QUALITY } from "./policy.ts";

/** What arrived from a participant until `at` (ms); the counters only rise while a connection lasts. */
export interface QualitySample {
  at: number;
  /** Whether there is a path for media at all. */
  connected: boolean;
  /** Whether it says that it sends anything. */
  sending: boolean;
  received: number;
  lost: number;
  freezes: number;
  roundTripMs: number | undefined;
}

export interface QualityState {
  readonly quality: Quality;
  readonly last?: QualitySample;
  /** When something last arrived, ms. */
  readonly heardAt?: number;
  /** What the last verdicts said, if not `quality`, and how many in a row. */
  readonly verdict?: { readonly quality: Quality; readonly times: number };
}

export const UNKNOWN: QualityState = { quality: "unknown" };

const ORDER: readonly Quality[] = ["lost", "poor", "good", "excellent"];

/** Takes one more sample in. The quality follows only when several verdicts agree, save for `lost`. */
export function judge(state: QualityState, sample: QualitySample): QualityState {
  // A new connection counts from zero.
  const last = state.last !== undefined && sample.received >= state.last.received
    ? state.last
    : undefined;
  const heard = last === undefined || sample.received > last.received || !sample.sending;
  const heardAt = heard ? sample.at : state.heardAt ?? sample.at;
  const next = { last: sample, heardAt };
  const quality = verdict(sample, last, sample.at - heardAt);
  if (quality === undefined || quality === state.quality) {
    return { ...next, quality: state.quality };
  }
  const times = state.verdict?.quality === quality ? state.verdict.times + 1 : 1;
  const worse = ORDER.indexOf(quality) < ORDER.indexOf(state.quality);
  const needed = quality === "lost" || state.quality === "unknown" || state.quality === "lost"
    ? 1
    : worse
    ? QUALITY.worseAfter
    : QUALITY.betterAfter;
  if (times >= needed) return { ...next, quality };
  return { ...next, quality: state.quality, verdict: { quality, times } };
}

/** What two samples in a row say; `undefined`: nothing. */
function verdict(
  now: QualitySample,
  last: QualitySample | undefined,
  silentMs: number,
): Quality | undefined {
  if (!now.connected || silentMs >= QUALITY.silentMs) return "lost";
  if (last === undefined || now.at <= last.at) return undefined;
  const received = now.received - last.received;
  // Nothing came and nothing was measured: somebody who sends no media.
  if (received === 0 && now.roundTripMs === undefined) return undefined;
  const lost = Math.max(0, now.lost - last.lost);
  const measured = {
    loss: received + lost === 0 ? 0 : lost / (received + lost),
    freezes: Math.max(0, now.freezes - last.freezes) / ((now.at - last.at) / 1000),
    roundTripMs: now.roundTripMs ?? 0,
  };
  const within = (limit: typeof measured) =>
    measured.loss <= limit.loss && measured.freezes <= limit.freezes &&
    measured.roundTripMs <= limit.roundTripMs;
  if (within(QUALITY.excellent)) return "excellent";
  return within(QUALITY.good) ? "good" : "poor";
}

/** Adds up what arrives from one participant. */
export function qualitySample(
  stats: ParticipantStats | undefined,
  path: Pick<QualitySample, "at" | "connected" | "sending">,
): QualitySample {
  const sample = { ...path, received: 0, lost: 0, freezes: 0 };
  for (const { packetsReceived, packetsLost, freezeCount } of stats?.inbound ?? []) {
    sample.received += packetsReceived;
    sample.lost += packetsLost;
    sample.freezes += freezeCount ?? 0;
  }
  const { roundTripTime } = stats ?? {};
  return { ...sample, roundTripMs: roundTripTime === undefined ? undefined : roundTripTime * 1000 };
}
