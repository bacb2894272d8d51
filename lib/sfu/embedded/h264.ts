import { u16 } from "./bytes.ts";

const IDR = 5;
const SPS = 7;
const STAP_A = 24;
const FU_A = 28;

/** Whether an H.264 payload (RFC 6184 §5) begins a picture that needs no other: parameter sets, or the picture itself. */
export function startsH264(payload: Uint8Array): boolean {
  const type = (payload[0] ?? 0) & 0x1f;
  if (type === SPS || type === IDR) return true;
  // Only the first fragment begins anything.
  if (type === FU_A) {
    return ((payload[1] ?? 0) & 0x80) !== 0 && [IDR, SPS].includes(payload[1]! & 0x1f);
  }
  if (type !== STAP_A) return false;
  for (let at = 1; at + 2 < payload.length; at += 2 + u16(payload, at)) {
    if ([IDR, SPS].includes(payload[at + 2]! & 0x1f)) return true;
  }
  return false;
}
