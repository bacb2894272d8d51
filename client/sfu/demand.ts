/**
 * Asks for no more of each picture than is seen of it, or than the downlink carries.
 *
 * @module
 */
import type { Layer } from "../../lib/protocol.ts";
import type { Participant } from "../api.ts";
import {
  type Downlink,
  type DownlinkSample,
  feelDownlink,
  GOOD_DOWNLINK,
  layerFor,
} from "./layers.ts";
import type { SfuPath } from "./path.ts";
import { LAYERS } from "./policy.ts";
import type { Seat } from "./seat.ts";

/** How wide a participant's camera is seen, in device pixels; 0: not at all. */
export type Seen = (participant: Participant) => number;

export class Demand {
  #downlink: Downlink = GOOD_DOWNLINK;
  #totals: DownlinkSample | undefined;
  #asked: Record<string, Layer> = {};
  /** When it is looked again what is wanted. */
  #at = 0;
  /** When all was asked for again. */
  #since = 0;

  /** Takes in what has come from each participant until now. */
  measured(samples: readonly DownlinkSample[], now: number): void {
    const totals = samples.reduce((one, other) => combine(one, other, 1), NOTHING);
    const last = this.#totals;
    this.#totals = totals;
    // Somebody left, or a connection is new: then the sums say nothing.
    if (last === undefined || totals.received < last.received || totals.lost < last.lost) return;
    this.#downlink = feelDownlink(this.#downlink, combine(totals, last, -1), now);
  }

  /** Asks `sfu`, if it is time, for as much of each as is seen of it. */
  ask(sfu: SfuPath | undefined, seats: Iterable<Seat>, seen: Seen, now: number): void {
    if (sfu?.state !== "connected" || now < this.#at) return;
    this.#at = now + LAYERS.intervalMs;
    const remotes = [...seats].map(({ remote }) => remote).filter(({ id }) => sfu.arrivals.has(id));
    const changed = this.next(remotes, seen, now);
    if (Object.keys(changed).length > 0) sfu.layers(changed);
  }

  /** What is wanted, or from whom something comes, may be another: it is looked at once. */
  hasten(): void {
    this.#at = 0;
  }

  /** What is to be asked for now and was not asked for before, or long ago: the SFU may have missed it. */
  next(participants: Iterable<Participant>, seen: Seen, now: number): Record<string, Layer> {
    const isOld = now - this.#since >= LAYERS.againMs;
    if (isOld) this.#since = now;
    const wanted: Record<string, Layer> = {};
    const changed: Record<string, Layer> = {};
    for (const participant of participants) {
      const { id } = participant;
      const last = this.#asked[id];
      const layer = layerFor(seen(participant), this.#downlink.cap, last);
      wanted[id] = layer;
      if (isOld || layer !== last) changed[id] = layer;
    }
    this.#asked = wanted;
    return changed;
  }

  /** The path is another, or the node: it has been asked for nothing. */
  reset(): void {
    this.#asked = {};
    this.#totals = undefined;
  }
}

const NOTHING: DownlinkSample = { received: 0, lost: 0, freezes: 0 };

function combine(one: DownlinkSample, other: DownlinkSample, sign: 1 | -1): DownlinkSample {
  return {
    received: one.received + sign * other.received,
    lost: one.lost + sign * other.lost,
    freezes: one.freezes + sign * other.freezes,
  };
}
