/**
 * What of a datagram the DTLS library gets to see: it believes every length that it is told and keeps every fragment.
 *
 * @module
 */
import { u16 } from "./bytes.ts";
import { EMBEDDED } from "./policy.ts";

/** One record (RFC 6347 §4.1). */
export interface DtlsRecord {
  readonly type: number;
  /** 0: as the handshake begins, open; 1: encrypted. */
  readonly epoch: number;
  /** All of it, and what is in it. */
  readonly whole: Uint8Array;
  readonly content: Uint8Array;
}

/** The records of a datagram, up to the first that is not whole. */
export function readRecords(datagram: Uint8Array): DtlsRecord[] {
  const records: DtlsRecord[] = [];
  let at = 0;
  while (datagram.length >= at + 13) {
    const end = at + 13 + u16(datagram, at + 11);
    if (end > datagram.length) break;
    records.push({
      type: datagram[at]!,
      epoch: u16(datagram, at + 3),
      whole: datagram.subarray(at, end),
      content: datagram.subarray(at + 13, end),
    });
    at = end;
  }
  return records;
}

/** A handshake message, or a part of one (RFC 6347 §4.2.2). */
export interface HandshakePart {
  readonly msg_type: number;
  readonly length: number;
  readonly message_seq: number;
  readonly fragment_offset: number;
  readonly fragment: Uint8Array;
}

/** Makes whole messages of their parts, of which it keeps no more than a browser would ever send. */
export class HandshakeParts {
  #parts: HandshakePart[] = [];

  /** A part has come. All bytes of its message, once there is no gap in them. */
  take(part: HandshakePart): Uint8Array | undefined {
    const { length, fragment, fragment_offset: offset } = part;
    if (length > EMBEDDED.handshakeMessageBytes || offset + fragment.length > length) {
      return undefined;
    }
    if (fragment.length === length) return fragment;
    const known = this.#parts.filter((other) => isOfSame(part, other));
    const isNew = fragment.length > 0 &&
      !known.some((other) =>
        other.fragment_offset === offset && other.fragment.length === fragment.length
      );
    if (!isNew) return undefined;
    // Whoever repeats a flight repeats all of it.
    if (this.#parts.length >= EMBEDDED.handshakeParts) this.#parts = [];
    this.#parts.push(part);
    const whole = join(length, [...known, part]);
    if (whole !== undefined) this.#parts = this.#parts.filter((other) => !isOfSame(part, other));
    return whole;
  }
}

function isOfSame(one: HandshakePart, other: HandshakePart): boolean {
  return one.message_seq === other.message_seq && one.msg_type === other.msg_type &&
    one.length === other.length;
}

/** Undefined while there is a gap. */
function join(length: number, parts: readonly HandshakePart[]): Uint8Array | undefined {
  const whole = new Uint8Array(length);
  let end = 0;
  for (const part of parts.toSorted((a, b) => a.fragment_offset - b.fragment_offset)) {
    if (part.fragment_offset > end) return undefined;
    whole.set(part.fragment, part.fragment_offset);
    end = Math.max(end, part.fragment_offset + part.fragment.length);
  }
  return end === length ? whole : undefined;
}
