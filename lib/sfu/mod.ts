/**
 * The port to the SFUs: servers that take each participant's media once and forward it to the others.
 *
 * A participant has one session at its room's SFU, with two connections: one on which it sends (it makes the offer),
 * and one on which it gets everything it subscribes to (the SFU makes the offers, a new one whenever that changes).
 * Both have media sections by the slots of `TRACK_KINDS`; a participant's sending connection has all four, in order.
 *
 * @module
 */
import type { IceCandidate, Layer, SfuSlot, TrackKind } from "../protocol.ts";

/** The slots of a sending connection, in the order of its media sections. */
export const SLOTS: readonly TrackKind[] = ["microphone", "camera", "screen", "screenAudio"];

/** What is known of an SFU from its URL. */
export interface SfuInfo {
  /** Unique among all nodes that use it; the same on each of them. */
  readonly id: string;
  readonly region: string;
  /** How many participants it is to have at most. */
  readonly capacity: number;
  /** An HTTP address near to it, by which clients measure how far it is. */
  readonly probe?: string;
}

/** `hosted`: it runs in this process and can be used by way of this node only. `shared`: any node can control it. */
export type SfuReach = "hosted" | "shared";

/** One SFU, as this node uses it. */
export interface Sfu {
  readonly info: SfuInfo;
  readonly reach: SfuReach;
  /** Whether it can be used now, as seen from here; `"down"` until it has answered for the first time. */
  readonly health: "up" | "down";
  /** Participants that it has now, of all nodes, as it was last heard. */
  readonly load: number;
  /** Why it is down, for the log, without secrets; empty while it is up. */
  readonly reason: string;
  /** `listener` is told whenever `health` has changed. */
  onHealth(listener: () => void): void;
  /**
   * Begins a participant's session, or goes on with the one that `seat.ticket` names. What comes of itself goes to
   * `events`, from now on and nowhere else.
   *
   * @throws {SfuError} (rejects) `unavailable`, or `session_gone` where there is a ticket and no such session.
   */
  open(seat: SfuSeat, events: SfuEvents): Promise<SfuSession>;
  /** Lets go of all connections to it. What is `hosted` ends with it. */
  close(): Promise<void>;
}

/** Who is to have a session. */
export interface SfuSeat {
  /** The room at the SFU; made when its first participant comes, ended when the last is gone. */
  readonly room: string;
  readonly participant: string;
  /** Whether it may send. */
  readonly publish: boolean;
  /** Whether it is sent what the others send. */
  readonly subscribe: boolean;
  /** Of the session to go on with, see `SfuSession.ticket`. */
  readonly ticket?: string;
}

/** What comes of itself in a session. None of these may throw. */
export interface SfuEvents {
  /** An offer for the receiving connection; the next one comes only after its answer. `number` goes up. */
  offer(offer: { number: number; sdp: string; slots: SfuSlot[] }): void;
  /** `null`: that was the last one. */
  candidate(of: "publish" | "subscribe", candidate: IceCandidate | null): void;
  /** The session is over, not by `close`. */
  ended(reason: string): void;
}

/** One participant's session. Every method rejects with `SfuError` when it cannot be done. */
export interface SfuSession {
  /** Lets another node (or this one, after a lost socket) go on with the session: opaque, at most 1,024 characters, holds no secret. */
  readonly ticket: string;
  /** Takes the offer of the sending connection; the answer. Again: a new connection in place of the old one. */
  publish(sdp: string): Promise<string>;
  /** Takes the answer to offer `number` of the receiving connection. */
  answer(number: number, sdp: string): Promise<void>;
  candidate(of: "publish" | "subscribe", candidate: IceCandidate | null): Promise<void>;
  /** Which layer of each participant's camera is sent, by participant id; all others stay as they are. `"off"`: no picture. */
  layers(wanted: Readonly<Record<string, Layer>>): Promise<void>;
  /** The receiving connection is made anew: an offer for another one follows. */
  resubscribe(): Promise<void>;
  /** Ends it, and the room with the last one. Never rejects. */
  close(): Promise<void>;
  /** Leaves it as it is, for another node to go on with: nothing is sent for it from here any more. */
  release(): void;
}

/** The SFU cannot do what was asked. `session_gone`: a new session may. `invalid`: what was asked is wrong. */
export class SfuError extends Error {
  override readonly name = "SfuError";
  constructor(
    readonly code: "unavailable" | "session_gone" | "invalid",
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
