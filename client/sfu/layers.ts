/**
 * Which layer of somebody's camera to ask for: by the size at which it is seen, and by what the downlink carries. Pure.
 *
 * @module
 */
import type { Layer } from "../../lib/protocol.ts";
import { LAYERS } from "./policy.ts";

const ORDER = ["off", "low", "medium", "high"] as const satisfies Layer[];

/** What the downlink carries. */
export interface Downlink {
  /** The best layer that is asked for. */
  readonly cap: Exclude<Layer, "off">;
  /** Since when it has been as it is now. */
  readonly since: number;
  readonly bad: boolean;
  /** How long it must be good for more. */
  readonly betterAfterMs: number;
}

export const GOOD_DOWNLINK: Downlink = {
  cap: "high",
  since: 0,
  bad: false,
  betterAfterMs: LAYERS.betterAfterMs,
};

/** What arrived from all since the last look. */
export interface DownlinkSample {
  received: number;
  lost: number;
  freezes: number;
}

/** Takes one more sample in. Who asks for more too soon has to wait longer the next time. */
export function feelDownlink(
  state: Downlink,
  { received, lost, freezes }: DownlinkSample,
  now: number,
): Downlink {
  const total = received + lost;
  if (total === 0) return state;
  const bad = lost / total > LAYERS.lossAbove || freezes > LAYERS.freezesAbove;
  const next = { ...state, bad, since: bad === state.bad ? state.since : now };
  const lasted = now - next.since;
  if (bad && lasted >= LAYERS.worseAfterMs && state.cap !== "low") {
    const betterAfterMs = Math.min(LAYERS.betterAtMostMs, state.betterAfterMs * 2);
    return { ...next, cap: step(state.cap, -1), since: now, betterAfterMs };
  }
  if (!bad && lasted >= state.betterAfterMs && state.cap !== "high") {
    return { ...next, cap: step(state.cap, 1), since: now };
  }
  return next;
}

function step(cap: Downlink["cap"], by: 1 | -1): Downlink["cap"] {
  return ORDER[ORDER.indexOf(cap) + by] as Downlink["cap"];
}

/**
 * The layer for a picture that is seen `width` device pixels wide, when `last` was asked for before. Of one that is
 * not seen (0) the smallest, so that there is something when it is.
 */
export function layerFor(width: number, cap: Downlink["cap"], last: Layer | undefined): Layer {
  const bySize = sized(width);
  const lower = last !== undefined && ORDER.indexOf(bySize) < ORDER.indexOf(last);
  const steady = lower && width > 0 ? sized(width * (1 + LAYERS.slack)) : bySize;
  return ORDER[Math.min(ORDER.indexOf(steady), ORDER.indexOf(cap))]!;
}

function sized(width: number): Layer {
  if (width <= LAYERS.lowUpTo) return "low";
  return width <= LAYERS.mediumUpTo ? "medium" : "high";
}
