/**
 * A code that two people read out to each other, to know that nobody sits between them: made of the certificates that
 * both ends of their connection showed. Whoever sits between two connections shows each end a certificate of its own,
 * so the codes differ.
 *
 * A code is only four words long, so of bare certificates somebody could try many until the codes agree. Therefore
 * both ends add a number that nobody knows before: the initiator commits itself to its own by a hash, then learns the
 * other's, then reveals its own (as in ZRTP, RFC 6189 §4.4.1.1). In between there is nothing left to choose, and
 * one guess in 2^32 hits.
 *
 * @module
 */
import { WORDS } from "./words.ts";

/** What the two ends say to each other, on the data channel of their connection. */
export type CodeFrame =
  | { type: "code"; step: "ask" }
  | { type: "code"; step: "commit"; hash: string }
  | { type: "code"; step: "nonce"; nonce: string }
  | { type: "code"; step: "reveal"; nonce: string };

export interface HandshakeOptions {
  /** Whether this end makes the offers, see `initiates`. */
  initiator: boolean;
  /** By the description of this end, and by that of the other, see {@linkcode fingerprintOf}. */
  fingerprints: { own: string; other: string };
  send(frame: CodeFrame): void;
  /** 64 hexadecimal digits that nobody can guess. */
  nonce?: string;
}

/** Words in a code; each stands for a byte. */
const LENGTH = 4;

const HEX = /^[\da-f]{64}$/;

/**
 * Two ends, from the first word to the code. Every step may be said again, if the connection was lost meanwhile, and has the
 * same answer. What the other has said once, it cannot take back.
 */
export class Handshake {
  readonly #options: HandshakeOptions;
  readonly #nonce: string;
  readonly #made = Promise.withResolvers<string>();
  /** What the other has said: its commitment (to the end that does not initiate), or its number. */
  #said: string | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: HandshakeOptions) {
    this.#options = options;
    this.#nonce = options.nonce ?? hex(crypto.getRandomValues(new Uint8Array(32)));
  }

  /** Never, if the other does not keep to what it has committed itself to. */
  get code(): Promise<string> {
    return this.#made.promise;
  }

  /** Says the first word, or, if that got no answer, says it again. */
  async begin(): Promise<void> {
    const { initiator, send } = this.#options;
    if (!initiator) return send({ type: "code", step: "ask" });
    send({ type: "code", step: "commit", hash: await sha256(this.#nonce) });
  }

  /** Takes in what the other says, one after the other. */
  handle(frame: Record<string, unknown>): Promise<unknown> {
    const taken = this.#turn.then(() => this.#take(frame));
    // What went wrong once can be said again.
    this.#turn = taken.catch(() => {});
    return taken;
  }

  async #take({ step, hash, nonce }: Record<string, unknown>): Promise<void> {
    const { initiator, send } = this.#options;
    if (initiator) {
      if (step === "ask") return await this.begin();
      if (step !== "nonce" || !this.#keep(nonce)) return;
      send({ type: "code", step: "reveal", nonce: this.#nonce });
      return await this.#finish(this.#nonce, nonce);
    }
    if (step === "commit" && this.#keep(hash)) {
      return send({ type: "code", step: "nonce", nonce: this.#nonce });
    }
    if (step === "reveal" && isHex(nonce) && await sha256(nonce) === this.#said) {
      await this.#finish(nonce, this.#nonce);
    }
  }

  /** Whether this is what the other said first. */
  #keep(said: unknown): said is string {
    if (!isHex(said)) return false;
    this.#said ??= said;
    return this.#said === said;
  }

  async #finish(ofInitiator: string, ofOther: string): Promise<void> {
    const { initiator, fingerprints: { own, other } } = this.#options;
    const ends = initiator ? [own, other] : [other, own];
    this.#made.resolve(wordsOf(await digest(LABEL, ...ends, ofInitiator, ofOther)));
  }
}

const LABEL = "meshlift short code 1";

/**
 * The certificate by which the end that made this description encrypts: hash and value, in small letters;
 * `undefined` if that is none, or several.
 */
export function fingerprintOf(sdp: string | undefined): string | undefined {
  const prints = sdp?.match(/^a=fingerprint:.*/gim)?.map((line) => line.slice(14).toLowerCase());
  return new Set(prints).size === 1 ? prints![0] : undefined;
}

function wordsOf(hash: Uint8Array): string {
  return [...hash.subarray(0, LENGTH)].map((byte) => WORDS[byte]).join(" ");
}

const isHex = (value: unknown): value is string => typeof value === "string" && HEX.test(value);

const sha256 = async (text: string) => hex(await digest(text));

/** SHA-256 of lines. */
async function digest(...lines: string[]): Promise<Uint8Array> {
  const text = new TextEncoder().encode(lines.join("\n"));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", text));
}

const hex = (bytes: Uint8Array) =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
