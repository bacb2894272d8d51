/** Reads and writes big-endian numbers, and counts modulo 2^16 and 2^32 as RTP does. */

export function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

export function u32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>>
    0;
}

export function u48(bytes: Uint8Array, at: number): number {
  return u16(bytes, at) * 2 ** 32 + u32(bytes, at + 2);
}

export function putU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

export function putU24(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 16;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value;
}

export function putU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** How far the sequence number `a` is after `b`: -32768 to 32767. */
export function after16(a: number, b: number): number {
  return ((a - b) << 16) >> 16;
}

/** How far the timestamp `a` is after `b`: -2^31 to 2^31 - 1. */
export function after32(a: number, b: number): number {
  return (a - b) | 0;
}

/** A random number of 32 bits, not 0. */
export function random32(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]! || 1;
}
