/**
 * Loads parts of the SDK that a call does not need to stand.
 *
 * @module
 */
import { retryDelay } from "./backoff.ts";
import type { Care, CareTools } from "./care/care.ts";
import { monotonic } from "./clock.ts";
import { report } from "./emitter.ts";
import { PARTS } from "./policy.ts";
import { decode } from "./prime.ts";
import type { Switch, Tools } from "./sfu/switch.ts";

/** What they would have to load again. */
export const TOOLS: Tools & CareTools = { decode, retryDelay, now: monotonic };

/** What looks after a running call. */
export const loadCare = (events: LoadEvents): Promise<typeof Care | undefined> =>
  load(async () => (await import("./care/care.ts")).Care, events);

/** What moves media between the mesh and others; most calls never need it. */
export const loadSwitch = (events: LoadEvents): Promise<typeof Switch | undefined> =>
  load(async () => (await import("./sfu/switch.ts")).Switch, events);

export interface LoadEvents {
  /** It could not be loaded, and will be tried again. */
  failed?(): void;
  /** Whether nobody waits for it any more. */
  isOver(): boolean;
}

/** Tries until it is there; `undefined`: nobody waits any more. */
async function load<Part>(
  loader: () => Promise<Part>,
  { failed, isOver }: LoadEvents,
): Promise<Part | undefined> {
  for (let tries = 0; !isOver(); tries++) {
    const loaded = await loader().catch(report);
    if (isOver()) return undefined;
    if (loaded !== undefined) return loaded;
    failed?.();
    await new Promise((resolve) => setTimeout(resolve, retryDelay(tries, PARTS.retry)));
  }
}
