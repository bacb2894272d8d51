/**
 * One connection to an SFU.
 *
 * @module
 */
import type { IceCandidate, IceServer } from "../../lib/protocol.ts";
import { withOpusSettings } from "./opus.ts";
import { SFU } from "./policy.ts";

export interface LinkEvents {
  /** @throws {CallError} if what the SFU has described is not to be taken. */
  check(sdp: string): void;
  candidate(candidate: IceCandidate | null): void;
  /** `state` has changed. */
  changed(): void;
  /** It is not coming back. */
  lost(): void;
}

export class Link {
  readonly pc: RTCPeerConnection;
  /** `broken`: it has failed, or was disconnected for too long. */
  state: "connecting" | "connected" | "broken" = "connecting";
  readonly #events: LinkEvents;
  /** What the SFU has named before its description was there; `undefined` from then on. */
  #early: (IceCandidate | null)[] | undefined = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(iceServers: IceServer[], events: LinkEvents) {
    this.#events = events;
    this.pc = new RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle" });
    this.pc.addEventListener("icecandidate", ({ candidate }) => {
      // The empty one says the same as none: that was the last.
      events.candidate(candidate?.candidate ? candidate.toJSON() as IceCandidate : null);
    });
    this.pc.addEventListener("connectionstatechange", () => this.#moved(this.pc.connectionState));
  }

  /** Our offer. */
  async offer(): Promise<string> {
    await this.pc.setLocalDescription();
    return this.pc.localDescription!.sdp;
  }

  /** Takes the answer to it. */
  async answer(sdp: string): Promise<void> {
    this.#events.check(sdp);
    await this.pc.setRemoteDescription({ type: "answer", sdp: withOpusSettings(sdp) });
    this.#settle();
  }

  /** Takes an offer; our answer. */
  async take(sdp: string): Promise<string> {
    this.#events.check(sdp);
    await this.pc.setRemoteDescription({ type: "offer", sdp });
    this.#settle();
    await this.pc.setLocalDescription();
    return this.pc.localDescription!.sdp;
  }

  candidate(candidate: IceCandidate | null): void {
    if (this.#early !== undefined) return void this.#early.push(candidate);
    // What this browser does not understand is of no use to it.
    this.pc.addIceCandidate(candidate ?? undefined).catch(() => {});
  }

  close(): void {
    clearTimeout(this.#timer);
    this.pc.close();
  }

  #settle(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const candidate of early) this.candidate(candidate);
  }

  #moved(state: RTCPeerConnectionState): void {
    if (state === "connecting") return;
    clearTimeout(this.#timer);
    if (state === "connected") return this.#enter(state);
    if (state === "failed") return this.#lost();
    if (state === "disconnected") {
      this.#timer = setTimeout(() => this.#lost(), SFU.disconnectedMs);
    }
  }

  #lost(): void {
    if (this.state === "broken") return;
    this.#enter("broken");
    this.#events.lost();
  }

  #enter(state: "connected" | "broken"): void {
    if (this.state === state) return;
    this.state = state;
    this.#events.changed();
  }
}
