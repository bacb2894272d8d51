/**
 * Asks for no more of each picture than is seen of it, or than the downlink carries.
 *
 * @module
 */
import type { Layer } from "../../lib/protocol.ts";
import type { Participant, ParticipantStats } from "../api.ts";
import {
  type Downlink,
  type DownlinkSample,
  feelDownlink,
  GOOD_DOWNLINK,
  layerFor,
} from "./layers.ts";

/** How wide a participant's camera is seen, in device pixels; 0: not at all. */
export type Seen = (participant: Participant) => number;

export class Demand {
  #downlink: Downlink = GOOD_DOWNLINK;
  #totals: DownlinkSample | undefined;
  #asked: Record<string, Layer> = {};

  /** Takes in what all connections have measured. */
  measured(stats: Iterable<ParticipantStats>, now: number): void {
    const totals = { received: 0, lost: 0, freezes: 0 };
    for (const { packetsReceived, packetsLost, freezeCount } of inboundOf(stats)) {
      totals.received += packetsReceived;
      totals.lost += packetsLost;
      totals.freezes += freezeCount ?? 0;
    }
    const last = this.#totals;
    this.#totals = totals;
    // Somebody left, or a connection is new: then the sums say nothing.
    if (last === undefined || totals.received < last.received || totals.lost < last.lost) return;
    this.#downlink = feelDownlink(this.#downlink, {
      received: totals.received - last.received,
      lost: totals.lost - last.lost,
      freezes: totals.freezes - last.freezes,
    }, now);
  }

  /** What is to be asked for now and was not asked for before. */
  next(participants: Iterable<Participant>, seen: Seen): Record<string, Layer> {
    const wanted: Record<string, Layer> = {};
    const changed: Record<string, Layer> = {};
    for (const participant of participants) {
      const { id } = participant;
      const last = this.#asked[id];
      const layer = layerFor(seen(participant), this.#downlink.cap, last);
      wanted[id] = layer;
      if (layer !== last) changed[id] = layer;
    }
    this.#asked = wanted;
    return changed;
  }

  /** The path is another, which has been asked for nothing. */
  reset(): void {
    this.#asked = {};
    this.#totals = undefined;
  }
}

const inboundOf = (stats: Iterable<ParticipantStats>) =>
  [...stats].flatMap(({ inbound }) => inbound);
