/**
 * The numbers and words that both ends of the wire share. No dependency, so the browser can load it.
 *
 * @module
 */

/** WebSocket close codes of `/v1/signal` (private range of RFC 6455 §7.4.2, plus 1012 and 1013). */
export const CLOSE = {
  /** The node drains; come back after the `retryAfterMs` of the error frame before it. */
  draining: 1012,
  /** Not now: room full, too slow a reader, too silent, or the node cannot serve. */
  tryLater: 1013,
  /** Not a frame: no JSON object with a `type`, or binary. */
  malformed: 4400,
  /** Token or session refused. */
  refused: 4401,
  /** Removed by a moderator or over REST. */
  removed: 4403,
  /** No such room, or the room has ended. */
  noRoom: 4404,
  /** No `join` or `resume` within 5 s. */
  joinTimeout: 4408,
  /** A newer socket of the same session took over. */
  takenOver: 4409,
  /** Frame larger than the limit. */
  tooLarge: 4413,
  /** More frames than the limit. */
  tooFast: 4429,
} as const;

/** Close codes after which the same session may come back; after any other it may not. */
export function mayComeBack(code: number): boolean {
  switch (code) {
    case CLOSE.refused:
    case CLOSE.removed:
    case CLOSE.noRoom:
    case CLOSE.takenOver:
      return false;
    default:
      return true;
  }
}

/** Codes of `error` frames. Stable; the message beside them is for people. */
export type ErrorCode =
  | "malformed_frame" // not a JSON object with a type; the socket closes with 4400
  | "invalid_frame" // known type, wrong fields
  | "unknown_type"
  | "frame_too_large"
  | "too_fast"
  | "rate_limited" // too many joins, or requests for TURN credentials, of this address or tenant
  | "too_slow" // the client does not read what it is sent
  | "join_timeout"
  | "too_silent" // no answer to a ping
  | "not_joined"
  | "already_joined"
  | "token_invalid"
  | "token_expired"
  | "session_invalid"
  | "room_not_found"
  | "room_full"
  | "room_ended"
  | "removed"
  | "taken_over"
  | "participant_not_found"
  | "not_to_self"
  | "not_permitted"
  | "draining"
  | "unavailable";

/** The errors that end a socket, and the close code that follows each. */
export const CLOSE_AFTER = {
  malformed_frame: CLOSE.malformed,
  invalid_frame: CLOSE.malformed,
  unknown_type: CLOSE.malformed,
  not_joined: CLOSE.malformed,
  frame_too_large: CLOSE.tooLarge,
  too_fast: CLOSE.tooFast,
  rate_limited: CLOSE.tooFast,
  too_slow: CLOSE.tryLater,
  too_silent: CLOSE.tryLater,
  join_timeout: CLOSE.joinTimeout,
  token_invalid: CLOSE.refused,
  token_expired: CLOSE.refused,
  session_invalid: CLOSE.refused,
  not_permitted: CLOSE.refused,
  room_not_found: CLOSE.noRoom,
  room_ended: CLOSE.noRoom,
  room_full: CLOSE.tryLater,
  removed: CLOSE.removed,
  taken_over: CLOSE.takenOver,
  draining: CLOSE.draining,
  unavailable: CLOSE.tryLater,
} as const satisfies Partial<Record<ErrorCode, number>>;

/** A code with which a socket can end. */
export type EndCode = keyof typeof CLOSE_AFTER;

/** Whether a socket can end with this code. */
export function isEndCode(code: string): code is EndCode {
  return Object.hasOwn(CLOSE_AFTER, code);
}
