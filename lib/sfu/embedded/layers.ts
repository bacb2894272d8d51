import type { Layer } from "../../protocol.ts";

/**
 * Which layer to send: the one that is wanted, or what comes nearest to it of those that flow, smaller ones first.
 * `flowing`: of each layer, best first, whether anything comes of it. Undefined: none.
 */
export function chooseLayer(wanted: Layer, flowing: readonly boolean[]): number | undefined {
  if (wanted === "off") return undefined;
  const last = flowing.length - 1;
  const target = { high: 0, medium: Math.min(1, last), low: last }[wanted];
  for (let i = target; i <= last; i++) if (flowing[i]) return i;
  for (let i = target - 1; i >= 0; i--) if (flowing[i]) return i;
  // Nothing flows: what is wanted is asked for.
  return last < 0 ? undefined : target;
}
