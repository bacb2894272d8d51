/**
 * Who speaks, from a row of levels. Pure; quick to begin, slow to end.
 *
 * @module
 */
import { SPEAKING } from "./policy.ts";

export interface SpeakingState {
  readonly speaking: boolean;
  /** When it was last loud enough, ms. */
  readonly loudAt: number;
}

export const SILENT: SpeakingState = { speaking: false, loudAt: -Infinity };

/** Takes one more level (0 to 1) in. */
export function listen(state: SpeakingState, level: number, now: number): SpeakingState {
  const loud = level >= (state.speaking ? SPEAKING.offLevel : SPEAKING.onLevel);
  if (loud) return { speaking: true, loudAt: now };
  return { ...state, speaking: state.speaking && now - state.loudAt < SPEAKING.holdMs };
}
