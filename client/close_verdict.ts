/**
 * What is to be done when the socket to the service has closed. Pure.
 *
 * @module
 */
import { CLOSE, mayComeBack } from "../lib/codes.ts";
import type { ServerFrame } from "../lib/protocol.ts";
import type { CallError } from "./api.ts";
import { fromClose, fromNode } from "./errors.ts";

export interface Closing {
  /** 0: it was given up from here. */
  readonly code: number;
  /** What the node said last on this socket: it explains the close. */
  readonly refusal: Extract<ServerFrame, { type: "error" }> | undefined;
  /** Whether a session was to be resumed that the node had not let in yet. */
  readonly isResuming: boolean;
  /** Whether there has ever been a welcome. */
  readonly hasJoined: boolean;
}

/** `back`: to try again; `anew`: without the session; an error: it is over for good. */
export function judgeClose(
  { code, refusal, isResuming, hasJoined }: Closing,
): "back" | "anew" | CallError {
  // A session that the node no longer knows is no reason to give up while there is a token.
  const isUnknown = code === CLOSE.refused || refusal?.code === "session_invalid" ||
    refusal?.code === "token_expired";
  if (isResuming && isUnknown) return "anew";
  const told = refusal && fromNode(refusal);
  // Before the first welcome a refusal is an answer; later, a full room is an obstacle that may pass.
  const isFinal = !hasJoined && told !== undefined;
  return mayComeBack(code) && !isFinal ? "back" : told ?? fromClose(code);
}
