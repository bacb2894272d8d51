/**
 * As much of STUN (RFC 8489) as an ICE lite agent (RFC 8445 §2.5) needs: connectivity checks come in and are answered.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";
import { putU16, putU32, u16, u32 } from "./bytes.ts";

const COOKIE = 0x2112_a442;
const REQUEST = 0x0001;
const RESPONSE = 0x0101;
const USERNAME = 0x0006;
const INTEGRITY = 0x0008;
const XOR_MAPPED_ADDRESS = 0x0020;
const USE_CANDIDATE = 0x0025;
const FINGERPRINT = 0x8028;

/** A connectivity check; not yet known to be authentic. */
export interface Check {
  readonly transaction: Uint8Array;
  /** Of the one that is checked. */
  readonly username: string;
  /** The other side wants to use this pair of addresses. */
  readonly nominates: boolean;
  readonly raw: Uint8Array;
  /** Where MESSAGE-INTEGRITY begins. */
  readonly integrityAt: number;
}

/** A binding request with a user name and an integrity check, else undefined. */
export function readCheck(raw: Uint8Array): Check | undefined {
  if (raw.length < 20 || u16(raw, 0) !== REQUEST || u32(raw, 4) !== COOKIE) return undefined;
  if (u16(raw, 2) !== raw.length - 20) return undefined;
  let username: string | undefined;
  let nominates = false;
  for (let at = 20; at + 4 <= raw.length;) {
    const length = u16(raw, at + 2);
    const value = raw.subarray(at + 4, at + 4 + length);
    if (value.length < length) return undefined;
    switch (u16(raw, at)) {
      case USERNAME:
        username = Buffer.from(value).toString("latin1").split(":", 1)[0];
        break;
      case USE_CANDIDATE:
        nominates = true;
        break;
      case INTEGRITY:
        // What follows it is not protected by it (RFC 8489 §14.5).
        if (username === undefined || length !== 20) return undefined;
        return { transaction: raw.subarray(8, 20), username, nominates, raw, integrityAt: at };
    }
    at += 4 + length + (-length & 3);
  }
  return undefined;
}

/** HMAC over the message up to `end`, with the length that it has with MESSAGE-INTEGRITY. */
function integrity(message: Uint8Array, end: number, password: string): Buffer {
  const head = Buffer.from(message.subarray(0, end));
  putU16(head, 2, end + 24 - 20);
  return createHmac("sha1", password).update(head).digest();
}

/** Whether the one who sent it knows our password. */
export function isAuthentic(check: Check, password: string): boolean {
  const given = check.raw.subarray(check.integrityAt + 4, check.integrityAt + 24);
  return timingSafeEqual(integrity(check.raw, check.integrityAt, password), given);
}

/** The answer to a check that came from `address` and `port`. */
export function checkAnswer(
  check: Check,
  { address, port, password }: { address: string; port: number; password: string },
): Uint8Array {
  const ip = addressBytes(address);
  const mapped = 4 + 4 + ip.length;
  const message = Buffer.alloc(20 + mapped + 24 + 8);
  putU16(message, 0, RESPONSE);
  putU32(message, 4, COOKIE);
  message.set(check.transaction, 8);
  putU16(message, 20, XOR_MAPPED_ADDRESS);
  putU16(message, 22, 4 + ip.length);
  message[25] = ip.length === 4 ? 1 : 2;
  putU16(message, 26, port ^ (COOKIE >>> 16));
  // Cookie and transaction id lie one after the other: together the mask (RFC 8489 §14.2).
  for (let i = 0; i < ip.length; i++) message[28 + i] = ip[i]! ^ message[4 + i]!;
  const integrityAt = 20 + mapped;
  putU16(message, integrityAt, INTEGRITY);
  putU16(message, integrityAt + 2, 20);
  message.set(integrity(message, integrityAt, password), integrityAt + 4);
  putU16(message, 2, message.length - 20);
  const fingerprintAt = integrityAt + 24;
  putU16(message, fingerprintAt, FINGERPRINT);
  putU16(message, fingerprintAt + 2, 4);
  const crc = crc32(message.subarray(0, fingerprintAt)) ^ 0x5354_554e;
  putU32(message, fingerprintAt + 4, crc >>> 0);
  return message;
}

/** The 4 or 16 bytes of an IP address as a socket names it. */
export function addressBytes(address: string): Uint8Array {
  if (!address.includes(":")) return Uint8Array.from(address.split(".", 4), Number);
  const [head = "", tail] = address.split("%", 1)[0]!.split("::");
  const words = (text: string | undefined) =>
    (text ? text.split(":") : []).flatMap((part) => {
      if (!part.includes(".")) return [parseInt(part, 16)];
      const [a = 0, b = 0, c = 0, d = 0] = part.split(".").map(Number);
      return [(a << 8) | b, (c << 8) | d];
    });
  const before = words(head);
  const behind = words(tail);
  const bytes = new Uint8Array(16);
  before.forEach((word, i) => putU16(bytes, 2 * i, word));
  behind.forEach((word, i) => putU16(bytes, 16 - 2 * (behind.length - i), word));
  return bytes;
}

const CRC = Uint32Array.from({ length: 256 }, (_, value) => {
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb8_8320 : value >>> 1;
  return value;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) crc = CRC[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffff_ffff) >>> 0;
}
