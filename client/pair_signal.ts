/**
 * What the two ends of a pair say to each other. What a stranger sends is looked at here first. Pure.
 *
 * @module
 */

/** `number`: of the attempt; descriptions and candidates are for the browser to judge. */
export type PairSignal =
  | { readonly type: "offer" | "answer"; readonly number: number; readonly sdp: unknown }
  | { readonly type: "candidate"; readonly number: number; readonly candidate: unknown }
  /** The side that waits for offers wants another attempt, after the last that it knows. */
  | { readonly type: "again"; readonly after: number };

/** Reads what came; `undefined` if it is none of these. */
export function parsePairSignal(
  { peer, after, type, sdp, candidate }: Record<string, unknown>,
): PairSignal | undefined {
  if (peer === "again") return isCount(after) ? { type: peer, after } : undefined;
  if (!isCount(peer)) return undefined;
  switch (type) {
    case "offer":
    case "answer":
      return { type, number: peer, sdp };
    case "candidate":
      return { type, number: peer, candidate };
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value);
