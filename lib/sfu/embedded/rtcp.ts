/**
 * RTCP: of what comes, what an SFU acts on; of what it says, all of it.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { putU16, putU24, putU32, u16, u32 } from "./bytes.ts";

const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const TRANSPORT_FEEDBACK = 205;
const PAYLOAD_FEEDBACK = 206;
const NACK = 1;
const TRANSPORT_CC = 15;
const PLI = 1;
const FIR = 4;

/** When a sender says that `rtp` was captured: seconds since 1900, whole and in 2^-32 (RFC 3550 §6.4.1). */
export interface SenderClock {
  readonly seconds: number;
  readonly fraction: number;
  readonly rtp: number;
}

/** What a sender or receiver says. */
export type Rtcp =
  | { kind: "sender"; ssrc: number; clock: SenderClock }
  /** RFC 4585 §6.2.1. */
  | { kind: "missing"; ssrc: number; sequences: number[] }
  /** A picture loss or full intra request (RFC 4585 §6.3.1, RFC 5104 §4.3.1). */
  | { kind: "keyframe"; ssrc: number };

/** What is in a compound packet, without what nothing is done for. */
export function readRtcp(compound: Uint8Array): Rtcp[] {
  const said: Rtcp[] = [];
  for (let at = 0; at + 4 <= compound.length;) {
    const end = at + 4 + 4 * u16(compound, at + 2);
    if (compound[at]! >> 6 !== 2 || end > compound.length) break;
    const packet = compound.subarray(at, end);
    const format = packet[0]! & 0x1f;
    const type = packet[1];
    if (type === SENDER_REPORT && packet.length >= 28) {
      const clock = { seconds: u32(packet, 8), fraction: u32(packet, 12), rtp: u32(packet, 16) };
      said.push({ kind: "sender", ssrc: u32(packet, 4), clock });
    } else if (type === TRANSPORT_FEEDBACK && format === NACK && packet.length >= 16) {
      said.push({ kind: "missing", ssrc: u32(packet, 8), sequences: nacked(packet) });
    } else if (type === PAYLOAD_FEEDBACK && format === PLI && packet.length >= 12) {
      said.push({ kind: "keyframe", ssrc: u32(packet, 8) });
    } else if (type === PAYLOAD_FEEDBACK && format === FIR) {
      for (let i = 12; i + 8 <= packet.length; i += 8) {
        said.push({ kind: "keyframe", ssrc: u32(packet, i) });
      }
    }
    at = end;
  }
  return said;
}

function nacked(packet: Uint8Array): number[] {
  const sequences: number[] = [];
  for (let at = 12; at + 4 <= packet.length; at += 4) {
    const first = u16(packet, at);
    const mask = u16(packet, at + 2);
    sequences.push(first);
    for (let bit = 0; bit < 16; bit++) {
      if (mask & (1 << bit)) sequences.push((first + bit + 1) & 0xffff);
    }
  }
  return sequences;
}

function packet(type: number, format: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  bytes[0] = 0x80 | format;
  bytes[1] = type;
  putU16(bytes, 2, length / 4 - 1);
  return bytes;
}

/** Asks for packets again. `sequences` ascend. */
export function nack(from: number, of: number, sequences: readonly number[]): Uint8Array {
  const pairs: [first: number, mask: number][] = [];
  for (const sequence of sequences) {
    const last = pairs.at(-1);
    const bit = last === undefined ? -1 : ((sequence - last[0]) & 0xffff) - 1;
    if (last !== undefined && bit >= 0 && bit < 16) last[1] |= 1 << bit;
    else pairs.push([sequence, 0]);
  }
  const bytes = packet(TRANSPORT_FEEDBACK, NACK, 12 + 4 * pairs.length);
  putU32(bytes, 4, from);
  putU32(bytes, 8, of);
  pairs.forEach(([first, mask], i) => {
    putU16(bytes, 12 + 4 * i, first);
    putU16(bytes, 14 + 4 * i, mask);
  });
  return bytes;
}

/** Asks for a key frame. */
export function pli(from: number, of: number): Uint8Array {
  const bytes = packet(PAYLOAD_FEEDBACK, PLI, 12);
  putU32(bytes, 4, from);
  putU32(bytes, 8, of);
  return bytes;
}

/** What a receiver has seen of one stream (RFC 3550 §6.4.2). */
export interface ReportBlock {
  readonly ssrc: number;
  /** Lost since the last report, of 256. */
  readonly fractionLost: number;
  readonly lost: number;
  readonly highest: number;
  readonly jitter: number;
  /** Of the last sender report: the middle of its time, and how long ago it came, in 1/65536 s. */
  readonly lastReport: number;
  readonly sinceLastReport: number;
}

/** Tells a sender what has come of its streams, at most 31 of them. */
export function receiverReport(from: number, blocks: readonly ReportBlock[]): Uint8Array {
  const bytes = packet(RECEIVER_REPORT, blocks.length, 8 + 24 * blocks.length);
  putU32(bytes, 4, from);
  blocks.forEach((block, i) => {
    const at = 8 + 24 * i;
    putU32(bytes, at, block.ssrc);
    bytes[at + 4] = block.fractionLost;
    putU24(bytes, at + 5, Math.min(block.lost, 0x7f_ffff));
    putU32(bytes, at + 8, block.highest);
    putU32(bytes, at + 12, block.jitter);
    putU32(bytes, at + 16, block.lastReport);
    putU32(bytes, at + 20, block.sinceLastReport);
  });
  return bytes;
}

/** Tells a receiver how the timestamps of a stream relate to the clock of the one who sends it. */
export function senderReport(
  ssrc: number,
  clock: SenderClock,
  sent: { packets: number; bytes: number },
): Uint8Array {
  const bytes = packet(SENDER_REPORT, 0, 28);
  putU32(bytes, 4, ssrc);
  putU32(bytes, 8, clock.seconds);
  putU32(bytes, 12, clock.fraction);
  putU32(bytes, 16, clock.rtp);
  putU32(bytes, 20, sent.packets);
  putU32(bytes, 24, sent.bytes);
  return bytes;
}

/** What of a transport's packets has come, and when (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1). */
export interface Arrivals {
  readonly base: number;
  /** From `base` on: in units of 250 µs, undefined for what has not come. */
  readonly ticks: readonly (number | undefined)[];
  readonly count: number;
}

/** The feedback for `arrivals`. Each tick is within 2^15 of the one before. */
export function transportFeedback(from: number, of: number, arrivals: Arrivals): Uint8Array {
  const { base, ticks, count } = arrivals;
  const first = ticks.find((tick) => tick !== undefined) ?? 0;
  // The reference is in units of 64 ms, that is 256 ticks.
  const reference = Math.floor(first / 256);
  let last = reference * 256;
  const symbols: number[] = [];
  const deltas: number[] = [];
  for (const tick of ticks) {
    if (tick === undefined) {
      symbols.push(0);
      continue;
    }
    const delta = tick - last;
    last = tick;
    if (delta >= 0 && delta <= 255) {
      symbols.push(1);
      deltas.push(delta);
    } else {
      symbols.push(2);
      deltas.push((delta >> 8) & 0xff, delta & 0xff);
    }
  }
  // Always vectors of 7 symbols of 2 bits: simple, and small enough for a feedback each tick.
  const chunks = Math.ceil(symbols.length / 7);
  const length = 20 + 2 * chunks + deltas.length;
  const bytes = packet(TRANSPORT_FEEDBACK, TRANSPORT_CC, length + (-length & 3));
  putU32(bytes, 4, from);
  putU32(bytes, 8, of);
  putU16(bytes, 12, base);
  putU16(bytes, 14, symbols.length);
  putU24(bytes, 16, reference & 0xff_ffff);
  bytes[19] = count;
  for (let chunk = 0; chunk < chunks; chunk++) {
    let word = 0xc000;
    for (let i = 0; i < 7; i++) word |= (symbols[chunk * 7 + i] ?? 0) << (12 - 2 * i);
    putU16(bytes, 20 + 2 * chunk, word);
  }
  bytes.set(deltas, 20 + 2 * chunks);
  if (length & 3) {
    bytes[0]! |= 0x20;
    bytes[bytes.length - 1] = -length & 3;
  }
  return bytes;
}
