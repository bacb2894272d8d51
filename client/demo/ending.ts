/** What the last screen says and offers. Pure. @module */
import type { CallError, CallErrorCode } from "../api.ts";
import { knownWordsOf } from "./errors.ts";
import type { Invitation } from "./link.ts";
import { sentence } from "./format.ts";

export interface Ending {
  title: string;
  action: string;
  /** Whether joining again can work. */
  rejoin: boolean;
}

/** By why the call closed, or could not be joined; without an error, the person left. */
export function endingOf(error: CallError | undefined, invitation: Invitation["kind"]): Ending {
  if (!error) {
    return { title: "You left the call", action: "You can come back at any time.", rejoin: true };
  }
  const { what, advice } = knownWordsOf(error) ??
    { what: "The call was closed", advice: "Rejoin to go on." };
  return { title: what, action: sentence(advice), rejoin: !isFinal(error, invitation) };
}

const FINAL: readonly unknown[] = ["removed", "room_ended"] satisfies CallErrorCode[];
/** An open room is made again, with a new token; a token from elsewhere is all there is. */
const FINAL_BY_TOKEN: readonly unknown[] = [
  "token_invalid",
  "token_expired",
  "room_not_found",
] satisfies CallErrorCode[];

/** Whether this error is the end of it: joining again by the same link cannot work. */
export function isFinal(error: unknown, invitation: Invitation["kind"]): error is CallError {
  if (!(error instanceof Error && "code" in error)) return false;
  return FINAL.includes(error.code) ||
    (invitation === "token" && FINAL_BY_TOKEN.includes(error.code));
}
