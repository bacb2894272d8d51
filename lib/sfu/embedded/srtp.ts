/**
 * SRTP and SRTCP with the two profiles that browsers offer: AES-CM with HMAC-SHA1-80 (RFC 3711) and AES-GCM (RFC 7714).
 * One writer and one reader for each direction of a connection.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from "node:crypto";
import { after16, putU16, putU32, u16, u32 } from "./bytes.ts";

/** DTLS-SRTP protection profiles (RFC 5764 §4.1.2, RFC 7714 §14.2), by preference. */
export const PROFILES = [0x0007, 0x0001] as const;
export type Profile = typeof PROFILES[number];
const GCM = 0x0007;

/** Lengths of the master key and salt that DTLS gives, in bytes. */
export function keyLengths(profile: Profile): { key: number; salt: number } {
  return { key: 16, salt: profile === GCM ? 12 : 14 };
}

export interface MasterKey {
  readonly profile: Profile;
  readonly key: Uint8Array;
  readonly salt: Uint8Array;
}

interface Keys {
  readonly cipher: Uint8Array;
  readonly auth: Uint8Array;
  readonly salt: Uint8Array;
}

/** The session keys of RTP (`first` label 0) or RTCP (3), RFC 3711 §4.3. */
function derive({ key, salt, profile }: MasterKey, first: 0 | 3): Keys {
  const stream = (label: number, length: number) => {
    const iv = Buffer.alloc(16);
    iv.set(salt);
    iv[7]! ^= label;
    return ctr(key, iv, Buffer.alloc(length));
  };
  return {
    cipher: stream(first, 16),
    auth: stream(first + 1, 20),
    salt: stream(first + 2, profile === GCM ? 12 : 14),
  };
}

/** Both ways: the key stream is added to the data. */
function ctr(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Buffer {
  const cipher = createCipheriv("aes-128-ctr", key, iv);
  const out = cipher.update(data);
  // Gives nothing more, but frees the cipher.
  cipher.final();
  return out;
}

function counter(salt: Uint8Array, ssrc: number, index: number): Buffer {
  const iv = Buffer.alloc(16);
  putU32(iv, 4, ssrc);
  // The 48 bits of the index: rollover counter and sequence number, or the SRTCP index.
  putU16(iv, 8, Math.floor(index / 0x1_0000_0000));
  putU32(iv, 10, index >>> 0);
  for (let i = 0; i < 14; i++) iv[i]! ^= salt[i]!;
  return iv;
}

function nonce(salt: Uint8Array, ssrc: number, index: number): Buffer {
  const iv = Buffer.alloc(12);
  putU32(iv, 2, ssrc);
  putU16(iv, 6, Math.floor(index / 0x1_0000_0000));
  putU32(iv, 8, index >>> 0);
  for (let i = 0; i < 12; i++) iv[i]! ^= salt[i]!;
  return iv;
}

function tag(auth: Uint8Array, data: Uint8Array, more?: Uint8Array): Buffer {
  const hmac = createHmac("sha1", auth).update(data);
  if (more !== undefined) hmac.update(more);
  return hmac.digest().subarray(0, 10);
}

function rollover(index: number): Uint8Array {
  const bytes = new Uint8Array(4);
  putU32(bytes, 0, Math.floor(index / 0x1_0000));
  return bytes;
}

/** The packet index nearest to the highest so far (RFC 3711 §3.3.1); as it is for the first packet. Negative: none. */
function indexOf(sequence: number, highest: number | undefined): number {
  return highest === undefined ? sequence : highest + after16(sequence, highest & 0xffff);
}

/** Which indices of a stream have been used to seal something, and for what. */
class UsedIndices {
  highest: number | undefined;
  /** By index modulo its length: the beginning of the tag, plus one; 0 where the index is free. */
  readonly #tags = new Float64Array(512);

  /**
   * Notes that `tag` came of sealing something under `index`. False where that must not go out: something else went
   * out under this index, or that is no longer known. The same again has the same tag, and gives nothing away.
   */
  use(index: number, tag: Buffer): boolean {
    const tags = this.#tags;
    const highest = this.highest ?? index - 1;
    if (index < 0 || index >= 2 ** 48 || index <= highest - tags.length) return false;
    for (let free = Math.max(highest + 1, index - tags.length + 1); free <= index; free++) {
      tags[free % tags.length] = 0;
    }
    if (this.highest === undefined || index > highest) this.highest = index;
    const at = index % tags.length;
    const known = tag.readUIntBE(0, 6) + 1;
    if (tags[at] === 0) tags[at] = known;
    return tags[at] === known;
  }
}

/** Protects what is sent. */
export class SrtpWriter {
  readonly #gcm: boolean;
  readonly #rtp: Keys;
  readonly #rtcp: Keys;
  readonly #used = new Map<number, UsedIndices>();
  #rtcpIndex = 0;

  constructor(key: MasterKey) {
    this.#gcm = key.profile === GCM;
    this.#rtp = derive(key, 0);
    this.#rtcp = derive(key, 3);
  }

  /**
   * `header`: the whole RTP header with sequence number and SSRC in place. Undefined where another packet has been
   * sealed under the same index: two of them would give the key stream away (RFC 3711 §9.1), with AES-GCM the key that
   * authenticates as well (RFC 7714 §8.1).
   */
  rtp(header: Uint8Array, payload: Uint8Array): Buffer | undefined {
    const ssrc = u32(header, 8);
    let used = this.#used.get(ssrc);
    if (used === undefined) this.#used.set(ssrc, used = new UsedIndices());
    const index = indexOf(u16(header, 2), used.highest);
    if (index < 0) return undefined;
    const { cipher: key, salt, auth } = this.#rtp;
    if (this.#gcm) {
      const cipher = createCipheriv("aes-128-gcm", key, nonce(salt, ssrc, index));
      cipher.setAAD(header);
      const sealed = cipher.update(payload);
      cipher.final();
      const given = cipher.getAuthTag();
      return used.use(index, given) ? Buffer.concat([header, sealed, given]) : undefined;
    }
    const sealed = ctr(key, counter(salt, ssrc, index), payload);
    const packet = Buffer.concat([header, sealed, Buffer.alloc(10)]);
    const end = packet.length - 10;
    const given = tag(auth, packet.subarray(0, end), rollover(index));
    packet.set(given, end);
    return used.use(index, given) ? packet : undefined;
  }

  rtcp(packet: Uint8Array): Buffer {
    const index = this.#rtcpIndex = (this.#rtcpIndex + 1) % 0x8000_0000;
    const ssrc = u32(packet, 4);
    const trailer = Buffer.alloc(4);
    putU32(trailer, 0, (0x8000_0000 | index) >>> 0);
    const head = packet.subarray(0, 8);
    const { cipher: key, salt, auth } = this.#rtcp;
    if (this.#gcm) {
      const cipher = createCipheriv("aes-128-gcm", key, nonce(salt, ssrc, index));
      cipher.setAAD(Buffer.concat([head, trailer]));
      const sealed = cipher.update(packet.subarray(8));
      cipher.final();
      return Buffer.concat([head, sealed, cipher.getAuthTag(), trailer]);
    }
    const sealed = ctr(key, counter(salt, ssrc, index), packet.subarray(8));
    const whole = Buffer.concat([head, sealed, trailer]);
    return Buffer.concat([whole, tag(auth, whole)]);
  }
}

/** More streams than this are in no connection: nobody makes the reader remember more. */
const STREAMS_MOST = 128;

/** Which indices of a stream have come (RFC 3711 §3.3.2). */
class ReplayWindow {
  highest: number | undefined;
  readonly #seen = new Float64Array(1_024).fill(-1);

  isNew(index: number): boolean {
    return (this.highest === undefined || index > this.highest - this.#seen.length) &&
      this.#seen[index % this.#seen.length] !== index;
  }

  take(index: number): void {
    this.#seen[index % this.#seen.length] = index;
    if (this.highest === undefined || index > this.highest) this.highest = index;
  }
}

/** Opens what has come; gives undefined for what is forged, damaged or a repetition. */
export class SrtpReader {
  readonly #gcm: boolean;
  readonly #rtp: Keys;
  readonly #rtcp: Keys;
  readonly #streams = new Map<number, ReplayWindow>();
  /** Browsers count each SSRC's packets by themselves. */
  readonly #rtcpStreams = new Map<number, ReplayWindow>();

  constructor(key: MasterKey) {
    this.#gcm = key.profile === GCM;
    this.#rtp = derive(key, 0);
    this.#rtcp = derive(key, 3);
  }

  /** `headerLength`: where the payload begins. The payload. */
  rtp(packet: Uint8Array, headerLength: number): Uint8Array | undefined {
    const ssrc = u32(packet, 8);
    const known = this.#streams.get(ssrc);
    if (known === undefined && this.#streams.size >= STREAMS_MOST) return undefined;
    const window = known ?? new ReplayWindow();
    const index = indexOf(u16(packet, 2), window.highest);
    if (index < 0 || !window.isNew(index)) return undefined;
    const { cipher: key, salt, auth } = this.#rtp;
    const end = packet.length - (this.#gcm ? 16 : 10);
    if (end < headerLength) return undefined;
    const header = packet.subarray(0, headerLength);
    const sealed = packet.subarray(headerLength, end);
    const given = packet.subarray(end);
    const payload = this.#gcm
      ? openGcm(key, nonce(salt, ssrc, index), header, sealed, given)
      : timingSafeEqual(tag(auth, packet.subarray(0, end), rollover(index)), given)
      ? ctr(key, counter(salt, ssrc, index), sealed)
      : undefined;
    if (payload === undefined) return undefined;
    window.take(index);
    // Only what is authentic makes a stream.
    if (known === undefined) this.#streams.set(ssrc, window);
    return payload;
  }

  rtcp(packet: Uint8Array): Uint8Array | undefined {
    if (packet.length < (this.#gcm ? 28 : 22)) return undefined;
    const ssrc = u32(packet, 4);
    const trailerAt = packet.length - (this.#gcm ? 4 : 14);
    const trailer = packet.subarray(trailerAt, trailerAt + 4);
    const word = u32(trailer, 0);
    const index = word & 0x7fff_ffff;
    const known = this.#rtcpStreams.get(ssrc);
    if (known === undefined && this.#rtcpStreams.size >= STREAMS_MOST) return undefined;
    const window = known ?? new ReplayWindow();
    // What is not encrypted is not taken: DTLS-SRTP always encrypts.
    if (word >>> 31 === 0 || !window.isNew(index)) return undefined;
    const head = packet.subarray(0, 8);
    const { cipher: key, salt, auth } = this.#rtcp;
    let rest: Uint8Array | undefined;
    if (this.#gcm) {
      rest = openGcm(
        key,
        nonce(salt, ssrc, index),
        Buffer.concat([head, trailer]),
        packet.subarray(8, trailerAt - 16),
        packet.subarray(trailerAt - 16, trailerAt),
      );
    } else if (
      timingSafeEqual(tag(auth, packet.subarray(0, trailerAt + 4)), packet.subarray(trailerAt + 4))
    ) {
      rest = ctr(key, counter(salt, ssrc, index), packet.subarray(8, trailerAt));
    }
    if (rest === undefined) return undefined;
    window.take(index);
    if (known === undefined) this.#rtcpStreams.set(ssrc, window);
    return Buffer.concat([head, rest]);
  }
}

function openGcm(
  key: Uint8Array,
  iv: Uint8Array,
  authenticated: Uint8Array,
  sealed: Uint8Array,
  given: Uint8Array,
): Uint8Array | undefined {
  const cipher = createDecipheriv("aes-128-gcm", key, iv);
  cipher.setAAD(authenticated);
  cipher.setAuthTag(given);
  const open = cipher.update(sealed);
  try {
    cipher.final();
  } catch {
    return undefined;
  }
  return open;
}
