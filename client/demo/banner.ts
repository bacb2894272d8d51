/** What the banner says while the service is away, and nothing that is not known. Pure. @module */
import type { CallState, Participant } from "../api.ts";

/** By whom media still comes from and goes to; `undefined`: there is no banner. */
export function bannerOf(
  state: CallState,
  others: readonly Pick<Participant, "connection">[],
): string | undefined {
  if (state !== "reconnecting") return undefined;
  const lost = "The connection to the service is lost. Trying again…";
  if (others.length === 0) return lost;
  const reached = others.filter(({ connection }) => connection === "connected").length;
  if (reached === 0) return "Nobody can be reached: perhaps your network is gone. Trying again…";
  return `${lost} You are still connected to ${whom(reached, others.length)}.`;
}

function whom(reached: number, all: number): string {
  if (reached < all) return `${reached} of ${all} people`;
  return all === 1 ? "the other person" : "everyone here";
}
