import { Buffer } from "node:buffer";
import { randomId } from "../../ids.ts";
import { u16 } from "./bytes.ts";
import { type Certificate, Dtls } from "./dtls.ts";
import { EMBEDDED } from "./policy.ts";
import { RepeatBudget } from "./repeat_budget.ts";
import { readRtcp, type Rtcp } from "./rtcp.ts";
import { readRtp, type RtpHeader, withoutPadding } from "./rtp.ts";
import type { Fingerprint } from "./sdp_read.ts";
import { SrtpReader, SrtpWriter } from "./srtp.ts";
import { checkAnswer, isAuthentic, readCheck } from "./stun.ts";
import { type Path, sendBy } from "./udp.ts";

type Werift = typeof import("werift");

/** What comes of one connection. */
export interface TransportEvents {
  connected(): void;
  /** `payload`: without padding; undefined where there is nothing else. */
  rtp(packet: Uint8Array, header: RtpHeader, payload: Uint8Array | undefined): void;
  rtcp(said: readonly Rtcp[]): void;
  /** It is over, not by `close`. */
  over(reason: string): void;
}

/** Datagrams of a handshake that are kept until it may begin. */
const EARLY = 4;

type State =
  | { name: "connecting" }
  | { name: "connected"; reader: SrtpReader; writer: SrtpWriter }
  /** The other side has closed it; it is over at `until` unless something takes its place. */
  | { name: "closing"; until: number }
  | { name: "over" };

/**
 * One connection with a browser: ICE lite (RFC 8445 §2.5), DTLS and SRTP, all sections on one path.
 *
 * ICE lite, for the other side does all the work: candidates of browsers are not needed, names (mDNS) among them;
 * a path is good once an authentic check has come by it, and a new one takes over when the browser nominates it.
 */
export class Transport {
  readonly ufrag = randomId(8);
  readonly password = randomId(24);
  #state: State = { name: "connecting" };
  #dtls: Dtls | undefined;
  #path: Path | undefined;
  #nominated = false;
  /** What came of the handshake before it was known with whom it is to be. */
  readonly #early: Uint8Array[] = [];
  #checkedAt: number;
  /** For what its receiver says it has lost. */
  readonly repeats = new RepeatBudget(EMBEDDED.repeatBurst);

  constructor(
    readonly events: TransportEvents,
    readonly clock: () => number,
  ) {
    this.#checkedAt = clock();
  }

  get connected(): boolean {
    return this.#state.name === "connected";
  }

  /** Begins to take part in the handshake with the one that has one of these certificates. */
  expect(
    werift: Werift,
    certificate: Certificate,
    fingerprints: readonly Fingerprint[],
  ): void {
    if (this.#dtls !== undefined || this.#state.name === "over") return;
    this.#dtls = new Dtls(werift, certificate, {
      fingerprints,
      events: {
        send: (datagram) => this.#send(datagram),
        connected: ({ local, remote }) => {
          if (this.#state.name !== "connecting") return;
          this.#state = {
            name: "connected",
            reader: new SrtpReader(remote),
            writer: new SrtpWriter(local),
          };
          this.events.connected();
        },
        closed: () => {
          if (this.#state.name === "over" || this.#state.name === "closing") return;
          this.#state = { name: "closing", until: this.clock() + EMBEDDED.closedGraceMs };
        },
        failed: (reason) => this.#fail(reason),
      },
    });
    for (const datagram of this.#early.splice(0)) this.#dtls.datagram(datagram);
  }

  /** A connectivity check with our user name. Whether `path` is now known to be the other side's. */
  check(datagram: Uint8Array, path: Path): boolean {
    const check = readCheck(datagram);
    if (this.#state.name === "over" || check === undefined) return false;
    if (check.username !== this.ufrag || !isAuthentic(check, this.password)) return false;
    this.#checkedAt = this.clock();
    const { address, port } = path;
    const answer = checkAnswer(check, { address, port, password: this.password });
    if (!sendBy(path, answer)) return false;
    // Before the first nomination whatever works is used.
    if (check.nominates || !this.#nominated) this.#path = path;
    this.#nominated ||= check.nominates;
    return true;
  }

  /** A datagram that is no connectivity check, by a path that is the other side's. */
  datagram(datagram: Uint8Array): void {
    // RFC 7983 §7: who is meant is told by the first byte.
    const first = datagram[0] ?? 0;
    if (first >= 20 && first <= 63) {
      if (this.#dtls !== undefined) this.#dtls.datagram(datagram);
      else if (this.#early.length < EARLY) this.#early.push(datagram.slice());
    } else if (first >= 128 && first <= 191 && this.#state.name === "connected") {
      const type = datagram[1]!;
      if (type >= 192 && type <= 223) {
        const compound = this.#state.reader.rtcp(datagram);
        if (compound !== undefined) this.events.rtcp(readRtcp(compound));
      } else {
        this.#rtp(datagram, this.#state.reader);
      }
    }
  }

  #rtp(datagram: Uint8Array, reader: SrtpReader): void {
    const header = readRtp(datagram);
    if (header === undefined) return;
    const payload = reader.rtp(datagram, header.length);
    if (payload === undefined) return;
    const media = header.padded ? withoutPadding(payload) : payload;
    this.events.rtp(datagram, header, media?.length === 0 ? undefined : media);
  }

  /** `header`: all of it, see `writeHeader`. */
  sendRtp(header: Uint8Array, payload: Uint8Array): void {
    if (this.#state.name !== "connected") return;
    const sealed = this.#state.writer.rtp(header, payload);
    if (sealed !== undefined) this.#send(sealed);
  }

  sendRtcp(...packets: readonly Uint8Array[]): void {
    if (this.#state.name !== "connected") return;
    this.#send(this.#state.writer.rtcp(Buffer.concat(packets)));
  }

  #send(datagram: Uint8Array): void {
    if (this.#path === undefined || sendBy(this.#path, datagram)) return;
    // The next check shows another one.
    this.#path = undefined;
    this.#nominated = false;
  }

  /** Looks whether it is over. */
  tick(now: number): void {
    if (this.#state.name === "over") return;
    if (this.#state.name === "closing" && now >= this.#state.until) {
      this.#fail("the other side has closed the connection");
    } else if (now - this.#checkedAt >= EMBEDDED.consentMs) {
      this.#fail(`no connectivity check has come for ${EMBEDDED.consentMs / 1_000} s`);
    }
  }

  #fail(reason: string): void {
    if (this.#state.name === "over") return;
    this.#state = { name: "over" };
    this.events.over(reason);
  }

  /** Ends it; fulfilled when nothing of it is left. */
  async close(): Promise<void> {
    this.#state = { name: "over" };
    await this.#dtls?.close();
  }
}

/** The user name that a connectivity check is for; undefined where it is something else. */
export function isCheck(datagram: Uint8Array): boolean {
  return datagram.length >= 20 && datagram[0]! < 4 && u16(datagram, 0) === 1;
}
