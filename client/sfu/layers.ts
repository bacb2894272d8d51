/**
 * Which layer of somebody's camera to ask for: by the size at which it is seen, and by what the downlink carries. Pure.
 *
 * @module
 */
import type { Layer } from "../../lib/protocol.ts";
import { looking, type Looks } from "../lasting.ts";
import { LAYERS } from "./policy.ts";

const ORDER = ["off", "low", "medium", "high"] as const satisfies Layer[];

/** What the downlink carries. */
export interface Downlink {
  /** The best layer that is asked for. */
  readonly cap: Exclude<Layer, "off">;
  /** Whether it looks bad; since then, or since `cap` became another. */
  readonly bad: Looks;
  /** How long it must be good for more. */
  readonly betterAfterMs: number;
}

export const GOOD_DOWNLINK: Downlink = {
  cap: "high",
  bad: { so: false, since: 0 },
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
  const so = lost / total > LAYERS.lossAbove || freezes > LAYERS.freezesAbove;
  const bad = looking(state.bad, so, now);
  const lasted = now - bad.since;
  const again = { so, since: now };
  if (so && lasted >= LAYERS.worseAfterMs && state.cap !== "low") {
    const betterAfterMs = Math.min(LAYERS.betterAtMostMs, state.betterAfterMs * 2);
    return { cap: step(state.cap, -1), bad: again, betterAfterMs };
  }
  if (!so && lasted >= state.betterAfterMs && state.cap !== "high") {
    return { ...state, cap: step(state.cap, 1), bad: again };
  }
  return { ...state, bad };
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
