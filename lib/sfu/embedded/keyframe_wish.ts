import { EMBEDDED } from "./policy.ts";

/** Whether a key frame is wanted of one layer. Times in ms. */
export type KeyframeWish =
  | { readonly state: "none"; readonly asked: number }
  | { readonly state: "wanted"; readonly asked: number; readonly tries: number };

export const NO_WISH: KeyframeWish = { state: "none", asked: -Infinity };

export function wish(before: KeyframeWish): KeyframeWish {
  return before.state === "wanted" ? before : { state: "wanted", asked: before.asked, tries: 0 };
}

/** Whether to ask for it now, and the wish after that. */
export function askKeyframe(
  before: KeyframeWish,
  now: number,
): { ask: boolean; wish: KeyframeWish } {
  if (before.state === "none") return { ask: false, wish: before };
  // The first request only keeps its distance to the one before it; who does not answer is asked less often.
  const pause = before.tries === 0
    ? EMBEDDED.keyframeEveryMs
    : EMBEDDED.keyframeRetryMs * Math.min(before.tries, 4);
  if (now - before.asked < pause) return { ask: false, wish: before };
  return { ask: true, wish: { state: "wanted", asked: now, tries: before.tries + 1 } };
}

export function keyframeCame(before: KeyframeWish): KeyframeWish {
  return { state: "none", asked: before.asked };
}
