/**
 * Short codes of the connections that there are, made when they are asked for by either end.
 *
 * @module
 */
import { initiates } from "../../lib/initiator.ts";
import type { Attempt } from "../attempt.ts";
import type { CodeFrame, Handshake } from "../code/handshake.ts";
import type { Remote } from "../remote.ts";
import type { Way } from "../way.ts";
import { CODE } from "./policy.ts";

export interface ShortCodesPort {
  readonly self: { readonly id: string };
  readonly roster: { readonly participants: ReadonlyMap<string, Remote> };
  readonly way: Way;
  readonly mesh: { readonly attempts: ReadonlyMap<string, Attempt> };
}

/** What two ends have agreed on, or are about to. */
interface Talk {
  /** For these certificates. */
  own: string;
  other: string;
  handshake: Handshake;
}

export class ShortCodes {
  readonly #port: ShortCodesPort;
  readonly #send: (to: string, frame: CodeFrame) => void;
  readonly #talks = new WeakMap<Remote, Talk>();

  /** `send` says something to somebody, if there is a way: what is lost will be said again. */
  constructor(port: ShortCodesPort, send: (to: string, frame: CodeFrame) => void) {
    this.#port = port;
    this.#send = send;
  }

  /** The code of the connection to a participant; `undefined`: there is none, or nothing was agreed on. */
  async code(id: string): Promise<string | undefined> {
    // Only in pages that a browser takes for secure is there what hashes.
    if (globalThis.crypto?.subtle === undefined) return undefined;
    for (let tries = 0; tries < CODE.tries; tries++) {
      if (this.#port.way.mode !== "mesh") return undefined;
      const handshake = await this.#talk(id);
      if (handshake === undefined) return undefined;
      await handshake.begin();
      const { promise: late, resolve } = Promise.withResolvers<undefined>();
      const timer = setTimeout(resolve, CODE.againMs);
      const code = await Promise.race([handshake.code, late]);
      clearTimeout(timer);
      // The connection may be another meanwhile, with another far end.
      if (code !== undefined && await this.#talk(id) === handshake) return code;
    }
  }

  /** Takes in what somebody says. */
  async handle(from: string, frame: Record<string, unknown>): Promise<void> {
    await (await this.#talk(from))?.handle(frame);
  }

  /** With the far end that the connection has now. */
  async #talk(id: string): Promise<Handshake | undefined> {
    const { Handshake, fingerprintOf } = await import("../code/handshake.ts");
    const { self, roster: { participants }, mesh: { attempts } } = this.#port;
    const remote = participants.get(id);
    const pc = attempts.get(id)?.pc;
    const own = fingerprintOf(pc?.localDescription?.sdp);
    const other = fingerprintOf(pc?.remoteDescription?.sdp);
    if (!remote || !own || !other) return undefined;
    const known = this.#talks.get(remote);
    if (known?.own === own && known.other === other) return known.handshake;
    const handshake = new Handshake({
      initiator: initiates(self.id, id),
      fingerprints: { own, other },
      send: (frame) => this.#send(id, frame),
    });
    this.#talks.set(remote, { own, other, handshake });
    return handshake;
  }
}
