/**
 * RTP packets (RFC 3550 §5.1) and their header extensions (RFC 8285), read where they lie.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { putU16, putU32, u16, u32 } from "./bytes.ts";

/** The header of a packet that has come. */
export interface RtpHeader {
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  /** Where the payload begins. */
  readonly length: number;
  readonly padded: boolean;
  /** Where its extensions lie, and whether they have one-byte or two-byte headers. */
  readonly extensions?: { readonly at: number; readonly end: number; readonly wide: boolean };
}

/** The header of `packet`, undefined where it is none. */
export function readRtp(packet: Uint8Array): RtpHeader | undefined {
  if (packet.length < 12 || packet[0]! >> 6 !== 2) return undefined;
  let length = 12 + 4 * (packet[0]! & 0x0f);
  let extensions: RtpHeader["extensions"];
  if (packet[0]! & 0x10) {
    if (packet.length < length + 4) return undefined;
    const profile = u16(packet, length);
    const at = length + 4;
    const end = at + 4 * u16(packet, length + 2);
    if (profile === 0xbede) extensions = { at, end, wide: false };
    else if (profile >> 4 === 0x100) extensions = { at, end, wide: true };
    length = end;
  }
  if (packet.length < length) return undefined;
  return {
    payloadType: packet[1]! & 0x7f,
    marker: packet[1]! >= 0x80,
    sequence: u16(packet, 2),
    timestamp: u32(packet, 4),
    ssrc: u32(packet, 8),
    length,
    padded: (packet[0]! & 0x20) !== 0,
    extensions,
  };
}

/** The value of extension `id`, undefined where the packet has none. */
export function extensionOf(
  packet: Uint8Array,
  header: RtpHeader,
  id: number | undefined,
): Uint8Array | undefined {
  if (header.extensions === undefined || id === undefined) return undefined;
  const { end, wide } = header.extensions;
  for (let at = header.extensions.at; at < end;) {
    const first = packet[at]!;
    if (first === 0) {
      at++;
      continue;
    }
    const found = wide ? first : first >> 4;
    if (!wide && found === 15) return undefined;
    const length = wide ? packet[at + 1]! : (first & 0x0f) + 1;
    const from = at + (wide ? 2 : 1);
    if (from + length > end) return undefined;
    if (found === id) return packet.subarray(from, from + length);
    at = from + length;
  }
  return undefined;
}

/** An extension that holds text, such as mid and rid. */
export function textOf(value: Uint8Array | undefined): string | undefined {
  return value === undefined ? undefined : Buffer.from(value).toString("latin1");
}

/** The payload without its padding; undefined where the padding is longer than the payload. */
export function withoutPadding(payload: Uint8Array): Uint8Array | undefined {
  const padding = payload[payload.length - 1] ?? 0;
  if (padding === 0 || padding > payload.length) return undefined;
  return payload.subarray(0, payload.length - padding);
}

/** A header without extensions. */
export function writeHeader(
  { payloadType, marker, sequence, timestamp, ssrc }: Pick<
    RtpHeader,
    "payloadType" | "marker" | "sequence" | "timestamp" | "ssrc"
  >,
): Uint8Array {
  const header = Buffer.allocUnsafe(12);
  header[0] = 0x80;
  header[1] = (marker ? 0x80 : 0) | payloadType;
  putU16(header, 2, sequence);
  putU32(header, 4, timestamp);
  putU32(header, 8, ssrc);
  return header;
}
