/**
 * Loads what moves media between the mesh and others, which most calls never need.
 *
 * @module
 */
import { retryDelay } from "./backoff.ts";
import { monotonic } from "./clock.ts";
import { report } from "./emitter.ts";
import { LIFT } from "./policy.ts";
import { decode } from "./prime.ts";
import { qualitySample } from "./quality.ts";
import type { Switch, Tools } from "./sfu/switch.ts";

/** What it would have to load again. */
export const TOOLS: Tools = { decode, retryDelay, now: monotonic, qualitySample };

export interface LoadEvents {
  /** It could not be loaded, and will be tried again. */
  failed(): void;
  /** Whether nobody waits for it any more. */
  isOver(): boolean;
}

/** Tries until it is there; `undefined`: nobody waits any more. */
export async function loadSwitch(
  { failed, isOver }: LoadEvents,
): Promise<typeof Switch | undefined> {
  for (let tries = 0; !isOver(); tries++) {
    const loaded = await import("./sfu/switch.ts").catch(report);
    if (isOver()) return undefined;
    if (loaded !== undefined) return loaded.Switch;
    failed();
    await new Promise((resolve) => setTimeout(resolve, retryDelay(tries, LIFT.retry)));
  }
}
