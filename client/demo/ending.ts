/** What the last screen says. Pure. @module */
import type { CallError } from "../api.ts";
import { wordsOf } from "./errors.ts";
import { sentence } from "./format.ts";

export interface Ending {
  title: string;
  message: string;
  action: string;
}

/** By why the call closed; without an error, the person left. */
export function endingOf(error: CallError | undefined): Ending {
  if (!error) {
    return { title: "You left the call", message: "", action: "You can come back at any time." };
  }
  const { what, advice } = wordsOf(error);
  return {
    title: what === error.message ? "The call was closed" : what,
    message: sentence(error.message),
    action: sentence(advice),
  };
}
