/**
 * A receiver sees one stream, whichever layer it is made of: sequence numbers without a gap, timestamps that go on.
 * What went out is counted by its index: the sequence number as it would be if it never began again (RFC 3711 §3.3.1).
 * Pure: the state is given and returned. Times in ms.
 *
 * @module
 */
import { after16, after32 } from "./bytes.ts";
import { seenOf, shiftTo, type Vp8Descriptor, type Vp8Seen, type Vp8Shift } from "./vp8.ts";

/** A stretch of the outgoing stream that comes of one layer. */
export interface Stretch {
  /** The index of the first packet. */
  readonly start: number;
  /** Is added to sequence numbers and timestamps. */
  readonly sequence: number;
  readonly timestamp: number;
  readonly vp8: Vp8Shift;
}

/** The newest that went out, over all stretches. */
export interface Sent {
  readonly index: number;
  readonly timestamp: number;
  readonly at: number;
  /** When it was captured, in ms of the sender's clock, where that is known. */
  readonly captured?: number;
  readonly vp8?: Vp8Seen;
}

/** What is to be sent, as it came. */
export interface Incoming {
  readonly sequence: number;
  readonly timestamp: number;
  readonly captured?: number;
  readonly vp8?: Vp8Descriptor;
}

/** Begins a stretch with `packet`, right after what was `sent` last. */
export function beginStretch(
  packet: Incoming,
  sent: Sent | undefined,
  { now, clockRate }: { now: number; clockRate: number },
): Stretch {
  // In the lower half, so that a receiver that has missed the first packets knows the index (RFC 3711 §3.3.1).
  const start = sent === undefined ? packet.sequence & 0x7fff : sent.index + 1;
  let timestamp = 0;
  if (sent !== undefined) {
    const passed = packet.captured !== undefined && sent.captured !== undefined
      ? packet.captured - sent.captured
      : now - sent.at;
    // At least one tick: two pictures of the same time are one picture.
    const ticks = Math.max(1, Math.round(passed * clockRate / 1_000));
    timestamp = (sent.timestamp + ticks - packet.timestamp) >>> 0;
  }
  return {
    start,
    sequence: (start - packet.sequence) & 0xffff,
    timestamp,
    vp8: packet.vp8 === undefined ? { pictureId: 0, tl0: 0 } : shiftTo(packet.vp8, sent?.vp8),
  };
}

/** Where a packet lies in the outgoing stream. */
export interface Placed {
  readonly index: number;
  /** As it is written: the lower 16 bits of the index. */
  readonly sequence: number;
  readonly timestamp: number;
}

/** The index with the lower 16 bits `sequence` that is nearest to `index`. */
export function nearestIndex(sequence: number, index: number): number {
  return index + after16(sequence, index & 0xffff);
}

/** Where `packet` lies, after what was `sent` last; undefined where it was before the stretch, which is the newest. */
export function place(
  stretch: Stretch,
  packet: Incoming,
  sent: Sent | undefined,
): Placed | undefined {
  const sequence = (packet.sequence + stretch.sequence) & 0xffff;
  const index = nearestIndex(sequence, sent?.index ?? stretch.start);
  if (index < stretch.start) return undefined;
  return {
    index,
    sequence,
    timestamp: (packet.timestamp + stretch.timestamp) >>> 0,
  };
}

/** The newest that went out, after `packet` has gone out at `placed`. */
export function noteSent(
  sent: Sent | undefined,
  { packet, placed, stretch, now }: {
    packet: Incoming;
    placed: Placed;
    stretch: Stretch;
    now: number;
  },
): Sent {
  if (sent !== undefined && placed.index < sent.index) return sent;
  const newer = sent === undefined || after32(placed.timestamp, sent.timestamp) > 0;
  return {
    index: placed.index,
    timestamp: newer ? placed.timestamp : sent.timestamp,
    at: newer ? now : sent.at,
    captured: newer ? packet.captured : sent.captured,
    vp8: packet.vp8 === undefined ? sent?.vp8 : seenOf(packet.vp8, stretch.vp8),
  };
}
