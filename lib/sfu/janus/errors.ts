/**
 * What a Janus refuses, by what follows from it.
 *
 * @module
 */
import { SfuError } from "../mod.ts";

/** Codes of the Janus core (apierror.h) and of its VideoRoom (janus_videoroom.c). */
export const JANUS_CODES = {
  unauthorized: 403,
  noSuchSession: 458,
  noSuchHandle: 459,
  noSuchPlugin: 460,
  sdpType: 464,
  sdp: 465,
  trickleStream: 466,
  trickle: 467,
  unexpectedAnswer: 469,
  joinFirst: 424,
  roomNone: 426,
  roomExists: 427,
  noSuchFeed: 428,
  roomElement: 430,
  roomSdpType: 431,
  roomUnauthorized: 433,
  participantExists: 436,
  roomSdp: 437,
} as const;

const GONE: ReadonlySet<number> = new Set([
  JANUS_CODES.noSuchSession,
  JANUS_CODES.noSuchHandle,
]);
const INVALID: ReadonlySet<number> = new Set([
  JANUS_CODES.sdpType,
  JANUS_CODES.sdp,
  JANUS_CODES.trickleStream,
  JANUS_CODES.trickle,
  JANUS_CODES.unexpectedAnswer,
  JANUS_CODES.roomSdpType,
  JANUS_CODES.roomSdp,
]);

/** A Janus answered that it will not. `code`: one of `JANUS_CODES`, or another of its own. */
export class JanusRefusedError extends Error {
  override readonly name = "JanusRefusedError";
  constructor(doing: string, readonly code: number, reason: string) {
    super(`Cannot ${doing}: Janus answered ${code} (${reason}); expected success`);
  }
}

/** There is no connection to it, or it does not answer. */
export class JanusAwayError extends Error {
  override readonly name = "JanusAwayError";
}

export function isRefusal(error: unknown, code: number): boolean {
  return error instanceof JanusRefusedError && error.code === code;
}

export function gone(why: string): SfuError {
  return new SfuError("session_gone", `Cannot go on with the session at Janus: ${why}`);
}

/** What the port says of it. */
export function sfuErrorOf(error: unknown): SfuError {
  if (error instanceof SfuError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof JanusRefusedError)) {
    return new SfuError("unavailable", message, { cause: error });
  }
  const code = GONE.has(error.code)
    ? "session_gone"
    : INVALID.has(error.code)
    ? "invalid"
    : "unavailable";
  return new SfuError(code, message, { cause: error });
}
