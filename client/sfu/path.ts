/**
 * A path that media takes by an SFU, as the switch uses it: one session with its connections.
 *
 * @module
 */
import type { IceServer, Layer, SfuAsk, SfuTold, TrackKind } from "../../lib/protocol.ts";
import type { Levels, TransportStats } from "../transport.ts";

/** `broken`: it was connected, and is not at the moment. */
export type SfuState = "connecting" | "connected" | "broken" | "ended";

/**
 * How a path begins: `open` a session of its own; or make new connections in the one that `ticket` names, in place
 * of others (`again`) or as the first (`anew`).
 */
export type Beginning = "open" | "again" | "anew";

/** What has gone on between the paths of a stay and the SFU: what is told later may still be meant for an older one. */
export interface History {
  /** Which connections of the SFU's have been offered. */
  readonly offered: Set<string>;
  /** What has been asked by whom and not been answered, in order, which is the order of the answers. */
  readonly asked: { op: SfuAsk["op"]; by: SfuPath }[];
}

export interface SfuOptions {
  begin: Beginning;
  ticket?: string;
  publish: boolean;
  subscribe: boolean;
  iceServers: IceServer[];
  /** What to send; read when it begins. */
  tracks: ReadonlyMap<TrackKind, MediaStreamTrack>;
  history: History;
  /** Settles what else a section says of itself that is about to be offered. */
  offering(transceiver: RTCRtpTransceiver): void;
  /**
   * Asks something of the SFU; whether it is on its way. Lost while the socket is away, see
   * {@linkcode SfuPath.resume}.
   */
  ask(ask: SfuAsk): boolean;
  /** @throws {CallError} if what the SFU has described is not to be taken. */
  check(sdp: string): void;
  /** `state` or `arrivals` have changed. */
  changed(): void;
  /** The connections have to be made anew, in this session (`ticket`). */
  renew(begin: Beginning): void;
}

export interface SfuPath {
  readonly state: SfuState;
  readonly ticket: string | undefined;
  /** By what is sent, once there is a session. */
  readonly publishing: RTCPeerConnection | undefined;
  /** By participant: what arrives. */
  readonly arrivals: ReadonlyMap<string, ReadonlyMap<TrackKind, RTCRtpReceiver>>;
  /** Takes in what the SFU tells. */
  handle(told: SfuTold): void;
  send(kind: TrackKind, track: MediaStreamTrack | null): void;
  /** Asks for layers of cameras, by participant. */
  layers(wanted: Record<string, Layer>): void;
  /** The socket is another: what was under way on the old one may be lost. */
  resume(): void;
  /** How many packets have come in all. */
  received(): Promise<number>;
  stats(): Promise<Map<string, TransportStats>>;
  levels(): Promise<Levels>;
  /** Ends the connections; the session is the caller's to end. */
  close(): void;
}

export type DialSfu = (options: SfuOptions) => SfuPath;
