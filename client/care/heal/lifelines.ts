/**
 * Lifelines: connections agreed on while all is well, and made when one's network has been replaced and no service is
 * there to signal by. Then all of one's channels are dead, and nobody knows where one is.
 *
 * A guardian makes a connection of one data channel, and sends its whole offer, candidates and all, to its ward. The ward
 * makes an answer, sends it, and leaves it at that: it does not take the answer as its own description, so it gathers
 * nothing. Both know each other's credentials and fingerprints now. When the ward takes the answer as its own, however
 * much later, it gathers where it then is, and its checks reach the guardian, who knows whose they are.
 *
 * @module
 */
import { type Bucket, bucket, take, waitMs } from "../../bucket.ts";
import { CARE_CHANNEL } from "../../attempt.ts";
import type { Random } from "../../backoff.ts";
import { guardiansOf } from "./guardians.ts";
import { LIFELINES } from "./policy.ts";

type Offer = { type: "lifeline"; number: number; sdp: string };
type Answer = { type: "held"; number: number; sdp: string };

export interface LifelinesPort {
  readonly self: string;
  connect(): RTCPeerConnection;
  send(to: string, frame: Offer | Answer): boolean;
  /** There is another channel to somebody, or soon may be. */
  add(id: string, channel: RTCDataChannel): void;
  /** Whether somebody can be sent to by a channel. */
  isFresh(id: string): boolean;
  /** Whether the connection to somebody that carries media stands. */
  isConnected(id: string): boolean;
  /** Descriptions in which there may be addresses of TURN servers by which somebody comes. */
  descriptions(id: string): (string | undefined)[];
  /** Whether a description may be taken. */
  mayTake(from: string, sdp: string): boolean;
}

/** What a guardian has given to a ward. */
interface Given {
  readonly number: number;
  readonly pc: RTCPeerConnection;
  /** When to give another. */
  renewAt: number;
}

/** What a ward holds of a guardian. */
interface Held {
  readonly pc: RTCPeerConnection;
  readonly answer: RTCSessionDescriptionInit;
}

/** What was pulled, at either end; it has done its duty when the connection that carries media stands again. */
interface Pulled {
  readonly id: string;
  readonly pc: RTCPeerConnection;
  readonly at: number;
}

export class Lifelines {
  readonly #port: LifelinesPort;
  readonly #random: Random;
  #count = 0;
  /** By ward: what it holds, as it has said, and what has been offered since. */
  readonly #given = new Map<string, Given>();
  readonly #offered = new Map<string, Given>();
  /** When to give somebody the first one. */
  readonly #firstAt = new Map<string, number>();
  /** By guardian. */
  readonly #held = new Map<string, Held>();
  /** How many were taken, by guardian. */
  readonly #taken = new Map<string, Bucket>();
  #pulled: Pulled[] = [];
  #pulledAt = -Infinity;

  constructor(port: LifelinesPort, random: Random = Math.random) {
    this.#port = port;
    this.#random = random;
  }

  /** Gives, renews, pulls and lets go; `others`: who may need it; `cut`: nothing else is left. */
  tend(others: readonly string[], now: number, cut: boolean): void {
    const { self } = this.#port;
    const all = [...others, self];
    const guardians = guardiansOf(self, all);
    const wards = others.filter((id) => guardiansOf(id, all).includes(self));
    letGo(this.#given, wards);
    letGo(this.#offered, wards);
    letGo(this.#held, guardians);
    for (const id of wards) {
      if (!this.#port.isFresh(id)) continue;
      const given = this.#given.get(id);
      if (given !== undefined && hasConnected(given.pc)) {
        this.#given.delete(id);
        this.#pulled.push({ id, pc: given.pc, at: now });
      }
      const last = this.#offered.get(id) ?? this.#given.get(id);
      const firstAt = this.#firstAt.get(id) ?? now + LIFELINES.firstAfterMs;
      this.#firstAt.set(id, firstAt);
      if (now < (last?.renewAt ?? firstAt)) continue;
      // It may have been let go meanwhile; or the browser makes none now, but one later.
      this.#give(id, now).catch(() => this.#firstAt.set(id, now + LIFELINES.againMs));
    }
    if (cut) this.#pull(guardians, now);
    this.#pulled = this.#pulled.filter((pulled) => {
      const { id, pc, at } = pulled;
      if (now - at < LIFELINES.pulledMs) return true;
      if (pc.connectionState === "connected" && !this.#port.isConnected(id)) return true;
      pc.close();
      return false;
    });
  }

  /** Our network, or what servers we may use, has changed: what we have given leads nowhere. */
  moved(now: number): void {
    for (const given of [...this.#given.values(), ...this.#offered.values()]) {
      given.renewAt = Math.min(given.renewAt, now + LIFELINES.againMs);
    }
  }

  /** Takes in what somebody says of lifelines; `others`: who is there. */
  async handle(
    from: string,
    frame: Offer | Answer,
    { others, now }: { others: readonly string[]; now: number },
  ): Promise<void> {
    if (!this.#port.mayTake(from, frame.sdp)) return;
    if (frame.type === "held") return await this.#confirmed(from, frame);
    if (!guardiansOf(this.#port.self, others).includes(from)) return;
    const { takenBurst, takenPerSecond } = LIFELINES;
    const taken = this.#taken.get(from) ?? bucket(takenBurst, takenPerSecond, now);
    if (waitMs(taken, now) > 0) return;
    this.#taken.set(from, take(taken, now));
    await this.#take(from, frame);
  }

  remove(id: string): void {
    this.#firstAt.delete(id);
    this.#taken.delete(id);
    for (const pulled of this.#pulled) if (pulled.id === id) pulled.pc.close();
    for (const lines of [this.#given, this.#offered, this.#held]) {
      lines.get(id)?.pc.close();
      lines.delete(id);
    }
  }

  close(): void {
    for (const { pc } of this.#pulled) pc.close();
    for (const lines of [this.#given, this.#offered, this.#held]) {
      for (const { pc } of lines.values()) pc.close();
      lines.clear();
    }
  }

  async #give(ward: string, now: number): Promise<void> {
    this.#offered.get(ward)?.pc.close();
    const pc = this.#port.connect();
    const given: Given = { number: ++this.#count, pc, renewAt: now + LIFELINES.againMs };
    this.#offered.set(ward, given);
    this.#port.add(ward, channelOf(pc));
    await pc.setLocalDescription();
    await gathered(pc);
    const { sdp } = pc.localDescription ?? {};
    // Too slow: another has taken its place.
    if (sdp === undefined || this.#offered.get(ward) !== given) return;
    this.#port.send(ward, { type: "lifeline", number: given.number, sdp });
  }

  /** The ward holds it: what it held before may go. */
  async #confirmed(ward: string, { number, sdp }: Answer): Promise<void> {
    const given = this.#offered.get(ward);
    if (given?.number !== number) return;
    const { pc } = given;
    this.#offered.delete(ward);
    this.#given.get(ward)?.pc.close();
    this.#given.set(ward, given);
    given.renewAt += LIFELINES.renewMs * (1 - LIFELINES.renewSpread * this.#random());
    await pc.setRemoteDescription({ type: "answer", sdp });
    const addresses = relaysIn([pc.localDescription?.sdp, ...this.#port.descriptions(ward)]);
    for (const address of addresses) {
      // A TURN server lets through to us only what comes from an address that we have named, whatever the port; a ward
      // that comes by a relay of the same server comes from the server's own.
      const candidate = `candidate:1 1 udp 1 ${address} 49152 typ relay raddr :: rport 0`;
      await pc.addIceCandidate({ candidate, sdpMLineIndex: 0 });
    }
  }

  async #take(guardian: string, { number, sdp }: Offer): Promise<void> {
    const pc = this.#port.connect();
    const channel = channelOf(pc);
    try {
      await pc.setRemoteDescription({ type: "offer", sdp });
      const answer = await pc.createAnswer();
      if (!this.#port.send(guardian, { type: "held", number, sdp: answer.sdp! })) return pc.close();
      this.#held.get(guardian)?.pc.close();
      this.#held.set(guardian, { pc, answer });
      this.#port.add(guardian, channel);
    } catch {
      // No description that this browser takes.
      pc.close();
    }
  }

  #pull(guardians: readonly string[], now: number): void {
    if (now - this.#pulledAt < LIFELINES.pullNextMs) return;
    const id = guardians.find((id) => this.#held.has(id));
    if (id === undefined) return;
    const { pc, answer } = this.#held.get(id)!;
    this.#held.delete(id);
    this.#pulled.push({ id, pc, at: now });
    this.#pulledAt = now;
    // Rejects when it has been closed meanwhile.
    pc.setLocalDescription(answer).catch(() => {});
  }
}

/** Closes those that are with nobody of `ids` any more. */
function letGo(lines: Map<string, { pc: RTCPeerConnection }>, ids: readonly string[]): void {
  for (const [id, { pc }] of lines) {
    if (ids.includes(id)) continue;
    pc.close();
    lines.delete(id);
  }
}

const channelOf = (pc: RTCPeerConnection) =>
  pc.createDataChannel("lifeline", { negotiated: true, id: CARE_CHANNEL });

const hasConnected = ({ connectionState }: RTCPeerConnection) =>
  ["connected", "disconnected", "closed"].includes(connectionState);

function gathered(pc: RTCPeerConnection): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, LIFELINES.gatherMs);
  const look = () => {
    if (pc.iceGatheringState === "complete") resolve();
  };
  pc.addEventListener("icegatheringstatechange", look);
  look();
  return promise.finally(() => clearTimeout(timer));
}

/** The addresses of relays that candidates in these descriptions have. */
export function relaysIn(descriptions: readonly (string | undefined)[]): Set<string> {
  const matches = descriptions.flatMap((sdp = "") => [
    ...sdp.matchAll(/^a=candidate:\S+ 1 udp \d+ (\S+) \d+ typ relay/gim),
  ]);
  return new Set(matches.map(([, address]) => address!));
}
