/**
 * What the browser says of what is sent, and of what one connection makes of it.
 *
 * @module
 */
import type { Connection } from "../../adapt/evidence.ts";
import type { Camera } from "../../adapt/ladder.ts";
import { ADAPT } from "../../adapt/policy.ts";

/** Everything but what the far end says, and who that is. */
export type Sent = Omit<Connection, "id" | "identity" | "seen" | "isIdle" | "isStarved">;

type Entry = Record<string, unknown>;

/** Tells new figures from those that were there before: browsers repeat them until the next report. */
export class SentLook {
  #measured: unknown;
  readonly #reported = new Map<unknown, unknown>();

  take(report: RTCStatsReport): Sent {
    const entries: Entry[] = [...report.values()];
    const pair = selectedPair(entries);
    const { availableOutgoingBitrate, currentRoundTripTime, responsesReceived } = pair;
    const losses = entries.filter((entry) => this.#isNew(entry)).map(({ fractionLost }) =>
      Number(fractionLost)
    );
    // Browsers that do not count responses: a figure that is the same to the last digit is the same one.
    const measured = responsesReceived ?? currentRoundTripTime;
    const hasMeasured = measured !== this.#measured;
    this.#measured = measured;
    return {
      path: typeof pair.id === "string" ? pair.id : undefined,
      estimate: typeof availableOutgoingBitrate === "number" ? availableOutgoingBitrate : undefined,
      roundTripMs: hasMeasured && typeof currentRoundTripTime === "number"
        ? currentRoundTripTime * 1_000
        : undefined,
      loss: losses.length > 0 ? Math.max(...losses) : undefined,
    };
  }

  /** Whether an entry is a receiver's report that was not there before. */
  #isNew({ type, id, timestamp, fractionLost }: Entry): boolean {
    if (type !== "remote-inbound-rtp" || fractionLost === undefined) return false;
    const isNew = this.#reported.get(id) !== timestamp;
    this.#reported.set(id, timestamp);
    return isNew;
  }
}

/** The pair of candidates that is used. */
function selectedPair(entries: readonly Entry[]): Entry {
  const { selectedCandidatePairId } = entries.find(({ type }) => type === "transport") ?? {};
  return entries.find(({ type, id, selected }) =>
    // Firefox has no `transport` entry; it marks the pair itself.
    type === "candidate-pair" && (id === selectedCandidatePairId || selected === true)
  ) ?? {};
}

/** A camera or screen as it is; `undefined`: it is off. */
export function pictureOf(track: MediaStreamTrack | undefined): Camera | undefined {
  if (track === undefined) return undefined;
  // Some say nothing, and canvases that they are of no width at all.
  const { width, frameRate } = track.getSettings();
  const { middling } = ADAPT;
  return { width: width || middling.width, frameRate: frameRate || middling.frameRate };
}
