/**
 * DTLS-SRTP (RFC 5764) by werift, as the server: the other side always begins.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash, createVerify, X509Certificate } from "node:crypto";
import type { DtlsServer } from "werift";
import { u16, u48 } from "./bytes.ts";
import { type DtlsRecord, HandshakeParts, readRecords } from "./dtls_records.ts";
import { EMBEDDED } from "./policy.ts";
import type { Fingerprint } from "./sdp_read.ts";
import { keyLengths, type MasterKey, type Profile, PROFILES } from "./srtp.ts";

type Werift = typeof import("werift");

/** The certificate of this process; one for all connections, for it takes long to make. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly signatureHash: ConstructorParameters<typeof DtlsServer>[0]["signatureHash"];
  readonly fingerprint: string;
}

export async function makeCertificate(werift: Werift): Promise<Certificate> {
  const { certPem, keyPem, signatureHash } = await werift.CipherContext
    .createSelfSignedCertificateWithKey(
      { signature: werift.SignatureAlgorithm.ecdsa_3, hash: werift.HashAlgorithm.sha256_4 },
      werift.NamedCurveAlgorithm.secp256r1_23,
    );
  const der = Buffer.from(certPem.replace(/-----[^-]+-----|\s/g, ""), "base64");
  return { cert: certPem, key: keyPem, signatureHash, fingerprint: digest(der, "sha256") };
}

function digest(der: Uint8Array, algorithm: string): string {
  const hex = createHash(algorithm).update(der).digest("hex").toUpperCase();
  return hex.match(/../g)!.join(":");
}

/** What a handshake comes to. */
export interface DtlsEvents {
  send(datagram: Uint8Array): void;
  connected(keys: { local: MasterKey; remote: MasterKey }): void;
  /** The other side has closed the connection. */
  closed(): void;
  failed(reason: string): void;
}

const CLIENT_HELLO = 1;
const CERTIFICATE = 11;
const CERTIFICATE_VERIFY = 15;
const CLIENT_KEY_EXCHANGE = 16;
const FINISHED = 20;
/** What of a handshake counts the first time only. */
const ONCE = [CERTIFICATE, CERTIFICATE_VERIFY, CLIENT_KEY_EXCHANGE];

/** Content types of records. */
const ALERT = 21;
const HANDSHAKE = 22;
/** Of alerts (RFC 5246 §7.2). */
const FATAL = 2;
const CLOSE_NOTIFY = 0;

/** Where a handshake stands. `bytes`: that have come of it; `repeats`: of its end. */
type Progress =
  | { name: "shaking"; bytes: number }
  | { name: "connected"; repeats: number }
  | { name: "over" };

/** One handshake, and what follows it. */
export class Dtls {
  readonly #server: DtlsServer;
  readonly #wire: { onData(data: Buffer): void };
  readonly #fingerprints: readonly Fingerprint[];
  readonly #events: DtlsEvents;
  readonly #parts = new HandshakeParts();
  readonly #underWay = new Set<Promise<void>>();
  readonly #taken = new Set<number>();
  #hello = 0;
  #progress: Progress = { name: "shaking", bytes: 0 };
  /** Of the record that is being dealt with. */
  #epoch = 0;

  constructor(
    werift: Werift,
    certificate: Certificate,
    { fingerprints, events }: { fingerprints: readonly Fingerprint[]; events: DtlsEvents },
  ) {
    this.#fingerprints = fingerprints;
    this.#events = events;
    const wire = {
      type: "udp",
      address: { address: "0.0.0.0", family: "IPv4", port: 0 },
      closed: false,
      onData: (_data: Buffer) => {},
      send: (data: Uint8Array) => {
        if (this.#progress.name !== "over") events.send(data);
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    };
    this.#wire = wire;
    const { cert, key, signatureHash } = certificate;
    this.#server = new werift.DtlsServer({
      cert,
      key,
      signatureHash,
      transport: wire,
      srtpProfiles: [...PROFILES],
      extendedMasterSecret: true,
      certificateRequest: true,
    });
    this.#server.onConnect.subscribe(() => {
      if (this.#progress.name !== "shaking") return;
      const wrong = this.#whatIsWrong();
      if (wrong !== undefined) return events.failed(wrong);
      this.#progress = { name: "connected", repeats: 0 };
      events.connected(this.#keys());
    });
    this.#server.onError.subscribe((error: Error | string) => {
      // It repeats what was not answered for a while, and then gives up.
      if (this.#progress.name === "shaking") {
        events.failed(`DTLS failed: ${error instanceof Error ? error.message : error}`);
      }
    });
    this.#server.handleFragmentHandshake = (parts) =>
      parts.filter((part) => {
        const fragment = this.#isDue(part.msg_type) ? this.#parts.take(part) : undefined;
        if (fragment === undefined) return false;
        const whole = { fragment: Buffer.from(fragment), fragment_offset: 0 };
        Object.assign(part, whole, { fragment_length: fragment.length });
        return true;
      });
    const handle = this.#server.onHandleHandshakes;
    this.#server.onHandleHandshakes = (messages) => {
      const fresh = messages.filter((message) => this.#isFresh(message));
      if (this.#progress.name === "over" || fresh.length === 0) return Promise.resolve();
      const handled = handle(fresh);
      const settled = handled.then(() => {}, () => {}).finally(() =>
        this.#underWay.delete(settled)
      );
      this.#underWay.add(settled);
      return handled;
    };
  }

  /**
   * Whether a message is not one that the other side has sent again because we were slow. werift takes those for new
   * ones: a second key exchange would change the keys behind the other side's back.
   */
  #isFresh({ msg_type, message_seq }: { msg_type: number; message_seq: number }): boolean {
    if (msg_type === CLIENT_HELLO) {
      // The last one is answered again, the ones before it are not (RFC 6347 §4.2.1).
      const isOld = message_seq < this.#hello || this.#taken.has(CLIENT_KEY_EXCHANGE);
      this.#hello = Math.max(this.#hello, message_seq);
      return !isOld;
    }
    if (!ONCE.includes(msg_type)) return true;
    if (this.#taken.has(msg_type)) return false;
    this.#taken.add(msg_type);
    return true;
  }

  /** Whether a message of this type belongs where it has come: only what ends the handshake is encrypted. */
  #isDue(type: number): boolean {
    const progress = this.#progress;
    if (this.#epoch > 0) {
      // Whoever ends it again has not had the answer.
      return type === FINISHED &&
        (progress.name !== "connected" || ++progress.repeats <= EMBEDDED.handshakeRepeats);
    }
    return progress.name === "shaking" && (type === CLIENT_HELLO || ONCE.includes(type));
  }

  /** A datagram has come. What does not belong there is dropped without a word (RFC 6347 §4.1.2.7). */
  datagram(data: Uint8Array): void {
    for (const record of readRecords(data)) {
      if (record.type === ALERT) this.#alert(record);
      else if (record.type === HANDSHAKE && this.#has(record)) {
        this.#epoch = record.epoch;
        this.#wire.onData(Buffer.from(record.whole));
      }
    }
  }

  /** Whether there is room for another record of a handshake. */
  #has({ epoch, whole }: DtlsRecord): boolean {
    const progress = this.#progress;
    switch (progress.name) {
      case "shaking":
        progress.bytes += whole.length;
        return epoch <= 1 && progress.bytes <= EMBEDDED.handshakeBytes;
      case "connected":
        return epoch === 1;
      case "over":
        return false;
    }
  }

  /** Anyone can send an open one; the library does not look whether an encrypted one is authentic. */
  #alert({ type, epoch, whole, content }: DtlsRecord): void {
    if (this.#progress.name !== "connected" || epoch !== 1) return;
    const { cipher: { cipher }, sessionType } = this.#server;
    const header = { type, version: u16(whole, 1), epoch, sequenceNumber: u48(whole, 5) };
    let alert: Uint8Array;
    try {
      alert = cipher.decrypt(sessionType, Buffer.from(content), header);
    } catch {
      return;
    }
    const [level, description] = alert;
    if (level === FATAL || description === CLOSE_NOTIFY) this.#events.closed();
  }

  /** Ends it; fulfilled when no timer of it is left. */
  async close(): Promise<void> {
    this.#progress = { name: "over" };
    // Past every flight: what is to be repeated is not repeated any more.
    this.#server.dtls.flight = 99;
    await Promise.all(this.#underWay);
  }

  #keys(): { local: MasterKey; remote: MasterKey } {
    const profile = this.#server.srtp.srtpProfile as Profile;
    const { key, salt } = keyLengths(profile);
    const keys = this.#server.extractSessionKeys(key, salt);
    return {
      local: { profile, key: keys.localKey, salt: keys.localSalt },
      remote: { profile, key: keys.remoteKey, salt: keys.remoteSalt },
    };
  }

  /** Whether the other side is the one that the session description names; werift leaves both checks to others. */
  #whatIsWrong(): string | undefined {
    if (this.#server.srtp.srtpProfile === undefined) {
      return "DTLS failed: no SRTP profile in common, expected AES-GCM or AES-CM with HMAC-SHA1-80";
    }
    const certificate = this.#server.remoteCertificate;
    if (certificate === undefined) return "DTLS failed: no certificate came, expected one";
    const known = this.#fingerprints.some(({ algorithm, value }) => {
      const name = algorithm.replace("-", "");
      return ["sha256", "sha384", "sha512"].includes(name) && digest(certificate, name) === value;
    });
    if (!known) {
      return "DTLS failed: the certificate is another one than the session description names";
    }
    return this.#provesItsKey(certificate)
      ? undefined
      : "DTLS failed: the other side has not proved that the certificate is its own";
  }

  /** CertificateVerify (RFC 5246 §7.4.8): a signature of all messages before it. */
  #provesItsKey(certificate: Uint8Array): boolean {
    const messages = this.#server.dtls.sortedHandshakeCache;
    const at = messages.findIndex(({ msg_type }) => msg_type === CERTIFICATE_VERIFY);
    const proof = messages[at]?.fragment;
    if (proof === undefined) return false;
    const signed = Buffer.concat(messages.slice(0, at).map((message) => message.serialize()));
    const signature = proof.subarray(4, 4 + proof.readUInt16BE(2));
    const { publicKey } = new X509Certificate(certificate);
    return createVerify("sha256").update(signed).verify(publicKey, signature);
  }
}
