/**
 * What the node and the worker that has its SFU say to each other.
 *
 * @module
 */
import type { IceCandidate, Layer, SfuSlot } from "../../protocol.ts";
import type { SfuError, SfuInfo, SfuSeat } from "../mod.ts";

export interface WorkerOptions {
  readonly info: SfuInfo;
  readonly address?: string;
  readonly ports?: readonly [number, number];
}

/** What is asked; each is answered by `done` or `failed` with the same `call`. */
export type Ask =
  | { op: "start"; options: WorkerOptions }
  /** `session`: how it is called from now on. */
  | { op: "open"; session: number; seat: SfuSeat }
  | { op: "publish"; session: number; sdp: string }
  | { op: "answer"; session: number; number: number; sdp: string }
  | {
    op: "candidate";
    session: number;
    of: "publish" | "subscribe";
    candidate: IceCandidate | null;
  }
  | { op: "layers"; session: number; layers: Readonly<Record<string, Layer>> }
  | { op: "resubscribe"; session: number }
  | { op: "end"; session: number }
  | { op: "release"; session: number }
  | { op: "close" };

export interface Call {
  readonly call: number;
  readonly ask: Ask;
}

/** Of a session. */
export type Event =
  | { op: "offer"; offer: { number: number; sdp: string; slots: SfuSlot[] } }
  | { op: "candidate"; of: "publish" | "subscribe"; candidate: IceCandidate | null }
  | { op: "ended"; reason: string };

export type Told =
  /** `value`: the ticket of a session, the answer to an offer, or nothing. */
  | { kind: "done"; call: number; value?: string }
  | { kind: "failed"; call: number; code: SfuError["code"]; message: string }
  | { kind: "event"; session: number; event: Event }
  /** Something went wrong by a mistake of this program; it goes on. */
  | { kind: "mistake"; error: string }
  | { kind: "state"; health: "up" | "down"; reason: string; load: number };
