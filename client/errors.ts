/**
 * Every error of the SDK: what it says and what it advises.
 *
 * @module
 */
import { CLOSE, type ErrorCode } from "../lib/codes.ts";
import { CallError, type CallErrorCode } from "./api.ts";
import { insecurity } from "./description.ts";

const ACTION: Record<CallErrorCode, string> = {
  permission_denied:
    "Ask the person to allow the microphone or camera for this site in the browser's settings, then try again; or join with media: false.",
  device_not_found:
    "Connect a microphone or camera, or ask only for what there is, e.g. media: { audio: true }.",
  device_in_use: "Close the other program or tab that uses the device, then try again.",
  device_lost: "Connect the device again, or choose another one and switch it on.",
  insecure_context: "Serve the page over https, or from localhost.",
  unsupported_browser: "Use a current Chrome, Edge, Firefox or Safari.",
  token_invalid: "Get a new token from your back end: POST /v1/rooms/{room}/tokens.",
  token_expired:
    "Get a new token from your back end; pass `token` as a function to have it fetched when needed.",
  room_not_found: "Make the room first: POST /v1/rooms.",
  room_full:
    "Try again when someone has left; to hold more, raise maxParticipants, or give the service an SFU.",
  room_ended: "Make a new room to go on.",
  removed: "A moderator ended this participation; do not join again without asking.",
  taken_over: "The same session goes on elsewhere; go on there, or join anew.",
  not_permitted: "Ask your back end for a token with this permission.",
  participant_left: "Turn to those in call.participants.",
  participant_not_found: "Use an id from call.participants.",
  message_too_large:
    "Send at most 48 KiB of JSON at once; put larger things where they can be fetched.",
  invalid_argument: "Correct the call; the message says what was expected.",
  unreachable:
    "Check the network and `url`; if the browser's console speaks of a refused origin, add this page's origin to ALLOWED_ORIGINS.",
  aborted: "Nothing to do: your AbortSignal ended it.",
  insecure_description:
    "Nothing came of it, and it is tried again. If this goes on, somebody or something between the two tampers with the call.",
  no_path:
    "Nothing to do in the page: it goes on trying. If this happens often, check that the service's TURN servers (TURN_URLS, also over TCP and TLS) or SFUs are there: people behind a strict firewall need one.",
  closed: "Call joinCall again.",
};

/** A {@linkcode CallError} with the advice that belongs to its code. */
export function callError(
  code: CallErrorCode,
  message: string,
  options: { retryAfterMs?: number; participant?: string; cause?: unknown } = {},
): CallError {
  return new CallError(code, message, ACTION[code], options);
}

/** Why a description of `whom` is not to be taken; `undefined`: it may be. */
export function refusal(whom: string, sdp: unknown): CallError | undefined {
  const reason = insecurity(sdp);
  if (reason === undefined) return undefined;
  const message = `Refused a description of "${whom}": ${reason}`;
  return callError("insecure_description", message, { participant: whom });
}

/** What a node's refusal means to a caller; `undefined`: nothing that ends the call. */
export function fromNode(
  error: { code: ErrorCode; message: string; retryAfterMs?: number },
): CallError | undefined {
  switch (error.code) {
    case "token_invalid":
    case "token_expired":
    case "room_not_found":
    case "room_full":
    case "room_ended":
    case "removed":
    case "taken_over":
    case "not_permitted":
      return callError(error.code, error.message, { retryAfterMs: error.retryAfterMs });
    case "session_invalid":
      return callError("token_invalid", error.message);
    default:
      return undefined;
  }
}

/** What a close code means that came without an error frame before it. */
export function fromClose(code: number): CallError {
  switch (code) {
    case CLOSE.refused:
      return callError("token_invalid", "The node refused the token (4401)");
    case CLOSE.removed:
      return callError("removed", "You were removed from the room (4403)");
    case CLOSE.noRoom:
      return callError("room_ended", "The room does not exist or has ended (4404)");
    case CLOSE.takenOver:
      return callError("taken_over", "A newer connection took this session over (4409)");
    default:
      return callError("unreachable", `The connection closed with code ${code}`);
  }
}

/** What a failed `getUserMedia` or `getDisplayMedia` means. `what`: e.g. `the camera`. */
export function fromDevice(cause: unknown, what: string): CallError {
  if (cause instanceof CallError) return cause;
  const { name, message } = cause instanceof Error ? cause : { name: "", message: String(cause) };
  const told = (reason: string) => `Cannot open ${what}: ${reason}`;
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return callError("permission_denied", told("permission was denied"), { cause });
    case "NotFoundError":
    case "OverconstrainedError":
      return callError("device_not_found", told("no device fits what was asked for"), { cause });
    case "NotReadableError":
    case "AbortError":
      return callError("device_in_use", told("the system would not hand it over"), { cause });
    case "TypeError":
      return callError("invalid_argument", told(message), { cause });
    default:
      return callError("device_not_found", told(message), { cause });
  }
}
