/** Errors in the words of a person in a call; the SDK's own are for the developer of a page. Pure. @module */
import type { CallErrorCode } from "../api.ts";
import { deviceProblem, type InputKind } from "./devices.ts";
import { sentence } from "./format.ts";
import { TokenRefused } from "./tokens.ts";

export interface Words {
  /** What happened. */
  what: string;
  /** What to do about it. */
  advice: string;
}

const WORDS: Partial<Record<CallErrorCode, Words>> = {
  token_invalid: {
    what: "This link is not valid",
    advice: "Ask whoever sent it for a new one.",
  },
  token_expired: {
    what: "This link has expired",
    advice: "Ask whoever sent it for a new one.",
  },
  room_not_found: {
    what: "There is no such room",
    advice: "Check the link, or ask whoever sent it for a new one.",
  },
  room_full: { what: "The call is full", advice: "Try again when someone has left." },
  room_ended: {
    what: "The call has ended",
    advice: "Ask whoever sent the link for a new one to go on.",
  },
  removed: {
    what: "You were removed from the call",
    advice: "Ask whoever leads the call before you join again.",
  },
  taken_over: {
    what: "You are in this call somewhere else",
    advice: "Go on there, or rejoin here.",
  },
  not_permitted: {
    what: "Your link does not allow this",
    advice: "Ask whoever sent it for one that does.",
  },
  unreachable: {
    what: "The service cannot be reached",
    advice: "Check your connection, then try again.",
  },
  insecure_description: {
    what: "A connection that would not be encrypted was refused",
    advice: "It is tried again. If this goes on, use another network.",
  },
  no_path: {
    what: "Somebody in the call cannot be reached from here",
    advice: "It is tried again. If this goes on, use another network.",
  },
  device_lost: {
    what: "A device was unplugged",
    advice: "Plug it in again, or choose another one under Devices.",
  },
  message_too_large: { what: "The message is too long", advice: "Send it in parts." },
  unsupported_browser: {
    what: "This browser cannot make calls",
    advice: "Use a current Chrome, Edge, Firefox or Safari.",
  },
};

/** The name of the browser's error behind each of the SDK's, see {@linkcode deviceProblem}. */
const DEVICE_ERRORS: Partial<Record<CallErrorCode, string>> = {
  permission_denied: "NotAllowedError",
  device_not_found: "NotFoundError",
  device_in_use: "NotReadableError",
  insecure_context: "InsecureContext",
};

/** What happened and what to do, for an error of the SDK that a person can make sense of. */
export function knownWordsOf(error: Error): Words | undefined {
  return WORDS[codeOf(error)];
}

/** The same in one line; the error's own words where there are no others. `device` is what was asked for when it failed. */
export function textOfError(error: unknown, device?: InputKind): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof TokenRefused) return error.message;
  // The SDK wraps what its token function throws.
  if (error.cause instanceof TokenRefused) return error.cause.message;
  const name = DEVICE_ERRORS[codeOf(error)];
  if (name && device) return deviceProblem(name, device);
  const { what, advice } = knownWordsOf(error) ??
    { what: error.message, advice: "action" in error ? String(error.action) : "" };
  return [what, advice].filter(Boolean).map(sentence).join(" ");
}

function codeOf(error: Error): CallErrorCode {
  return (error as { code?: unknown }).code as CallErrorCode;
}
