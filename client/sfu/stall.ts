/**
 * Whether anything still comes from an SFU. Pure.
 *
 * @module
 */
import { SFU } from "./policy.ts";

/** `idle`: nobody sends. */
export type Stall =
  | { readonly tag: "idle" }
  | { readonly tag: "flowing"; readonly at: number; readonly first: boolean }
  | { readonly tag: "stalled"; readonly at: number };

/** What one look has shown. */
export interface StallLook {
  /** How long nothing may come of what is said to be sent and forwarded, ms; `undefined`: nothing is. */
  limitMs: number | undefined;
  /** Whether anything has come since the last look. */
  moved: boolean;
  now: number;
}

export function watchStall(state: Stall, { limitMs, moved, now }: StallLook): Stall {
  if (limitMs === undefined) return { tag: "idle" };
  if (moved) return { tag: "flowing", at: now, first: false };
  if (state.tag === "idle") return { tag: "flowing", at: now, first: true };
  if (state.tag === "stalled") return state;
  const limit = state.first ? Math.max(limitMs, SFU.firstPacketMs) : limitMs;
  return now - state.at >= limit ? { tag: "stalled", at: now } : state;
}

/** How long nothing has come though it should, ms. */
export function silence(state: Stall, now: number): number {
  return state.tag === "idle" ? 0 : now - state.at;
}
