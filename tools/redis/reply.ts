/**
 * Replies of Redis as the REST protocol writes them. Pure.
 *
 * @module
 */
import { Buffer } from "node:buffer";

/** What comes from Redis: strings as their bytes, arrays as they are. */
export type Reply = Buffer | number | bigint | string | null | Error | readonly Reply[];

/** How strings are written: as base64 of their bytes, or as UTF-8 in which other bytes are lost. */
export type Encoding = "base64" | "utf8";

export type Json = string | number | null | Json[];

/** How one command ended. */
export type Outcome =
  | { readonly result: Reply }
  | { readonly error: string };

/** `{"result": ...}` or `{"error": "..."}`. */
export function outcomeJson(outcome: Outcome, encoding: Encoding): { [name: string]: Json } {
  if ("error" in outcome) return { error: outcome.error };
  const { result } = outcome;
  // The protocol leaves this one word as it is, so that clients need not decode what most writes answer.
  if (Buffer.isBuffer(result) && result.equals(OK)) return { result: "OK" };
  return { result: replyJson(result, encoding) };
}

const OK = Buffer.from("OK");

function replyJson(reply: Reply, encoding: Encoding): Json {
  if (reply === null || typeof reply === "number") return reply;
  if (typeof reply === "bigint") return Number(reply);
  if (typeof reply === "string") return Buffer.from(reply).toString(encoding);
  if (Buffer.isBuffer(reply)) return reply.toString(encoding);
  if (reply instanceof Error) return Buffer.from(reply.message).toString(encoding);
  return reply.map((item) => replyJson(item, encoding));
}
