/**
 * What the switch works with: the call whose media it moves, the mesh, and what the SDK has loaded already.
 *
 * @module
 */
import type { ClientFrame, IceServer, Measured, Topology } from "../../lib/protocol.ts";
import type { CallError, CallState, Permissions, TrackKind } from "../api.ts";
import type { retryDelay } from "../backoff.ts";
import type { Clock } from "../clock.ts";
import type { Remote } from "../remote.ts";
import type { Transport, TransportEvents } from "../transport.ts";
import type { Seen } from "./demand.ts";
import type { Decode } from "./seat.ts";

/** The mesh, as the switch uses it. */
export interface SwitchedMesh extends Transport {
  events: TransportEvents;
  /** What new connections send at first. */
  readonly firstTracks: ReadonlyMap<TrackKind, MediaStreamTrack>;
  readonly iceServers: IceServer[];
}

/** The call whose media is moved. */
export interface SwitchedCall {
  readonly self: { readonly permissions: Permissions };
  readonly roster: { readonly participants: ReadonlyMap<string, Remote> };
  readonly signaling: { send(frame: ClientFrame): boolean };
  readonly state: CallState;
  /** Which way media has to take. */
  readonly way: Topology;
  /** Of the last topology by which media went by the mesh that there is; `undefined`: never yet. */
  readonly meshEpoch: number | undefined;
  /** Has the node told what was measured. */
  report(measured: Measured): void;
}

/** What the SDK has loaded already. */
export interface Tools {
  decode: Decode;
  retryDelay: typeof retryDelay;
  now: Clock;
  /** Has what is about to be offered carry capture times. */
  offerCaptureTimes(transceiver: RTCRtpTransceiver): void;
  /** Why a description is not to be taken, if so. */
  refusal(whom: string, sdp: string): CallError | undefined;
  seen: Seen;
}
