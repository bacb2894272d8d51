import { u16 } from "./bytes.ts";

/**
 * The newest block of a redundant audio payload (RFC 2198), by itself; undefined where the payload is malformed.
 * For receivers that do not take redundancy.
 */
export function primaryOf(payload: Uint8Array): Uint8Array | undefined {
  let at = 0;
  let redundant = 0;
  while (at < payload.length && payload[at]! & 0x80) {
    if (at + 4 > payload.length) return undefined;
    redundant += u16(payload, at + 2) & 0x3ff;
    at += 4;
  }
  const from = at + 1 + redundant;
  return at < payload.length && from <= payload.length ? payload.subarray(from) : undefined;
}

/** The payload with `payloadType` in the header of each of its blocks. */
export function relabel(payload: Uint8Array, payloadType: number): Uint8Array {
  if (payload.length === 0 || (payload[0]! & 0x7f) === payloadType) return payload;
  const relabelled = payload.slice();
  for (let at = 0; at < relabelled.length; at += 4) {
    const more = relabelled[at]! & 0x80;
    relabelled[at] = more | payloadType;
    if (more === 0) break;
  }
  return relabelled;
}
