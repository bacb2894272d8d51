/**
 * What carries media between the participants: the mesh, or what moves it between the mesh and SFUs.
 *
 * @module
 */
import type { IceServer } from "../lib/protocol.ts";
import type { CallError, Participant, TrackKind } from "./api.ts";

/** The kinds of tracks in the order of their slots, which is the order of the media sections in the SDP. */
export const TRACK_KINDS = ["microphone", "camera", "screen", "screenAudio"] as const;

/** How it stands with the connection to a participant, see {@linkcode Participant.connection}. */
export type Connection = Participant["connection"];

export interface RemotePeer {
  readonly id: string;
  /** Whether it may be sent media. */
  readonly subscribe: boolean;
}

/** The statistics of all that media goes by from and to one participant, and which media section (`mid`) carries what. */
export interface TransportStats {
  report: RTCStatsReport;
  kinds: Map<string, TrackKind>;
  /** The far end's description of what it goes by. */
  description?: string;
}

/** How loud each microphone is at the moment, 0 to 1. */
export interface Levels {
  /** One's own, as far as it is sent to anyone. */
  own: number;
  remote: Map<string, number>;
}

export interface TransportEvents {
  /** To be carried to the same transport of a participant, reliably and in order. */
  signal(to: string, data: Record<string, unknown>): void;
  /** Whose track to show for a kind from now on; it takes the place of the one before. */
  track(from: string, kind: TrackKind, receiver: RTCRtpReceiver): void;
  connection(id: string, state: Connection): void;
  warning(error: CallError): void;
}

export interface Transport {
  /** By what is sent to an SFU, where that is the way. */
  readonly publishing?: RTCPeerConnection | undefined;
  setIceServers(servers: IceServer[]): void;
  /** What is sent to everyone who may be sent media; `null` for nothing. */
  setTrack(kind: TrackKind, track: MediaStreamTrack | null): void;
  /** Connects to somebody; again, to change what it may be sent. */
  add(peer: RemotePeer): void;
  remove(id: string): void;
  /** Takes in what the far end's `signal` event gave. */
  handle(from: string, data: unknown): void;
  /** Our network may have changed: connections (or only broken ones) are built anew beside the old ones. */
  refresh(which: "all" | "broken"): void;
  stats(): Promise<Map<string, TransportStats>>;
  levels(): Promise<Levels>;
  close(): void;
}
