/**
 * A receiver sees one stream, whichever layer it is made of: sequence numbers without a gap, timestamps that go on.
 * Pure: the state is given and returned. Times in ms.
 *
 * @module
 */
import { after16, after32 } from "./bytes.ts";
import { seenOf, shiftTo, type Vp8Descriptor, type Vp8Seen, type Vp8Shift } from "./vp8.ts";

/** A stretch of the outgoing stream that comes of one layer. */
export interface Stretch {
  /** The first packet, as it came and as it went. */
  readonly from: number;
  readonly start: number;
  /** Is added to sequence numbers and timestamps. */
  readonly sequence: number;
  readonly timestamp: number;
  readonly vp8: Vp8Shift;
}

/** The newest that went out, over all stretches. */
export interface Sent {
  readonly sequence: number;
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
  const start = sent === undefined ? packet.sequence : (sent.sequence + 1) & 0xffff;
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
    from: packet.sequence,
    start,
    sequence: (start - packet.sequence) & 0xffff,
    timestamp,
    vp8: packet.vp8 === undefined ? { pictureId: 0, tl0: 0 } : shiftTo(packet.vp8, sent?.vp8),
  };
}

/** Where `packet` lies in the outgoing stream; undefined where it was before the stretch. */
export function place(
  stretch: Stretch,
  packet: Incoming,
): { sequence: number; timestamp: number } | undefined {
  if (after16(packet.sequence, stretch.from) < 0) return undefined;
  return {
    sequence: (packet.sequence + stretch.sequence) & 0xffff,
    timestamp: (packet.timestamp + stretch.timestamp) >>> 0,
  };
}

/** The newest that went out, after `packet` has gone out at `placed`. */
export function noteSent(
  sent: Sent | undefined,
  { packet, placed, stretch, now }: {
    packet: Incoming;
    placed: { sequence: number; timestamp: number };
    stretch: Stretch;
    now: number;
  },
): Sent {
  if (sent !== undefined && after16(placed.sequence, sent.sequence) < 0) return sent;
  const newer = sent === undefined || after32(placed.timestamp, sent.timestamp) > 0;
  return {
    sequence: placed.sequence,
    timestamp: newer ? placed.timestamp : sent.timestamp,
    at: newer ? now : sent.at,
    captured: newer ? packet.captured : sent.captured,
    vp8: packet.vp8 === undefined ? sent?.vp8 : seenOf(packet.vp8, stretch.vp8),
  };
}
