/**
 * Short codes of the connections that there are, made when they are asked for by either end.
 *
 * @module
 */
import { initiates } from "../../lib/initiator.ts";
import type { Attempt } from "../attempt.ts";
import type { Handshake } from "../code/handshake.ts";
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
  readonly #heard = new WeakSet<RTCDataChannel>();
  readonly #talks = new WeakMap<Remote, Talk>();

  constructor(port: ShortCodesPort) {
    this.#port = port;
  }

  /** Listens to connections that are new. */
  tend(): void {
    for (const [id, { channel }] of this.#port.mesh.attempts) {
      if (this.#heard.has(channel)) continue;
      this.#heard.add(channel);
      channel.addEventListener("message", ({ data }) => {
        this.#hear(id, data).catch(() => {});
      });
    }
  }

  /** The code of the connection to a participant; `undefined`: there is none, or nothing was agreed on. */
  async code(id: string): Promise<string | undefined> {
    this.tend();
    for (let tries = 0; tries < CODE.tries; tries++) {
      if (this.#port.way.mode !== "mesh") return undefined;
      if (this.#port.mesh.attempts.get(id)?.channel.readyState !== "open") return undefined;
      const handshake = await this.#talk(id);
      if (handshake === undefined) return undefined;
      await handshake.begin();
      const late = new Promise<undefined>((resolve) => setTimeout(resolve, CODE.againMs));
      const code = await Promise.race([handshake.code, late]);
      // The connection may be another meanwhile, with another far end.
      if (code !== undefined && await this.#talk(id) === handshake) return code;
    }
  }

  /** What is said by somebody who means it, and perhaps by somebody who does not. */
  async #hear(id: string, data: unknown): Promise<void> {
    if (typeof data !== "string" || !data.includes('"code"')) return;
    const frame = JSON.parse(data);
    if (frame?.type === "code") await (await this.#talk(id))?.handle(frame);
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
      send: (frame) => {
        const channel = this.#port.mesh.attempts.get(id)?.channel;
        // While it does not stand nothing is sent: it will be said again.
        if (channel?.readyState === "open") channel.send(JSON.stringify(frame));
      },
    });
    this.#talks.set(remote, { own, other, handshake });
    return handshake;
  }
}
