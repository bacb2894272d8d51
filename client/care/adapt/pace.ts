/**
 * At what pace packets of a voice have been sent. In silence a browser sends next to none (DTX, RFC 7587 §3.1.3): then
 * there is nothing that could be missed.
 *
 * @module
 */
import type { Voice } from "../../adapt/ladder.ts";
import { VOICE } from "../../adapt/policy.ts";

/** Longest time that is asked about, in ms. */
const KEPT_MS = 3_000;
/** A usual packet of Opus, in ms. */
const PACKET_MS = 20;
/** Of the packets of a voice that goes on, so many are sent in time. */
const ON_TIME = 0.8;

export class Pace {
  #looks: { readonly at: number; readonly packets: number }[] = [];

  /** Takes in what the browser has counted. */
  take(report: RTCStatsReport, at: number): void {
    const sent = [...report.values()].find(({ type, kind }) =>
      type === "outbound-rtp" && kind === "audio"
    );
    if (sent === undefined) return;
    this.#looks = this.#looks.filter((look) => at - look.at < KEPT_MS);
    this.#looks.push({ at, packets: sent.packetsSent });
  }

  /** Whether a voice that is sent like this has gone on without a pause for at least so long. */
  isFull(voice: Voice, ms: number): boolean {
    const last = this.#looks.at(-1);
    const first = last && this.#looks.findLast(({ at }) => last.at - at >= ms);
    if (last === undefined || first === undefined) return false;
    const packetMs = voice === "lean" ? VOICE.lean.packetMs : PACKET_MS;
    return (last.packets - first.packets) * packetMs >= (last.at - first.at) * ON_TIME;
  }
}
