/**
 * One attempt to connect to one participant: a peer connection with fixed slots.
 *
 * There are four slots, one per kind of track, negotiated once in both directions. Whatever is switched on, off
 * or over later only changes what a slot carries (`replaceTrack`), so an attempt never negotiates again.
 *
 * @module
 */
import type { TrackKind } from "./api.ts";
import { offerCaptureTimes } from "./capture_times.ts";
import { TRACK_KINDS } from "./transport.ts";

export type Tracks = ReadonlyMap<TrackKind, MediaStreamTrack>;

export interface AttemptOptions {
  /** Unique and rising at the side that makes the offer, which chooses it. */
  number: number;
  initiator: boolean;
  /** What to send at first. */
  tracks: Tracks;
  events: AttemptEvents;
}

export interface AttemptEvents {
  signal(data: Record<string, unknown>): void;
  track(kind: TrackKind, receiver: RTCRtpReceiver): void;
  state(state: RTCPeerConnectionState): void;
  closed(): void;
}

export interface Attempt {
  readonly number: number;
  readonly pc: RTCPeerConnection;
  /** Between the two of what looks after the call; see {@linkcode CARE_CHANNEL}. */
  readonly channel: RTCDataChannel;
  signal(data: Record<string, unknown>): void;
  send(kind: TrackKind, track: MediaStreamTrack | null): void;
  destroy(): void;
}

/** The number of the data channel that both sides take for agreed on (RFC 8832 §1), beside simple-peer's own. */
export const CARE_CHANNEL = 100;

/** How an attempt is made; mesh.ts does it with simple-peer. */
export type Dial = (options: AttemptOptions) => Attempt;

const isAudio = (kind: TrackKind) => kind === "microphone" || kind === "screenAudio";

/** Tracks of one stream are played in step: the voice with the face, the sound with the screen. */
export interface LocalStreams {
  person: MediaStream;
  screen: MediaStream;
}

const streamFor = (kind: TrackKind, { person, screen }: LocalStreams) =>
  kind === "microphone" || kind === "camera" ? person : screen;

/** Gives the connection that will offer its four slots. */
export function offerSlots(pc: RTCPeerConnection, tracks: Tracks, streams: LocalStreams): void {
  for (const kind of TRACK_KINDS) {
    const transceiver = pc.addTransceiver(tracks.get(kind) ?? (isAudio(kind) ? "audio" : "video"), {
      direction: "sendrecv",
      streams: [streamFor(kind, streams)],
    });
    offerCaptureTimes(transceiver);
  }
}

/** Fills the slot that the offer has just opened, before the answer is made. */
export function answerSlot(
  transceiver: RTCRtpTransceiver,
  kind: TrackKind,
  tracks: Tracks,
  streams: LocalStreams,
): void {
  transceiver.direction = "sendrecv";
  // Not in Firefox before 113; there the far end plays voice and face side by side, not in step.
  transceiver.sender.setStreams?.(streamFor(kind, streams));
  put(transceiver, tracks.get(kind) ?? null);
}

/** Which slot a transceiver is; slots keep the order in which they were offered. */
export function kindOf(
  pc: RTCPeerConnection,
  transceiver: RTCRtpTransceiver,
): TrackKind | undefined {
  return TRACK_KINDS[pc.getTransceivers().indexOf(transceiver)];
}

/** Changes what a slot sends. */
export function put(
  transceiver: RTCRtpTransceiver | undefined,
  track: MediaStreamTrack | null,
): void {
  // Rejects when the connection has closed meanwhile; then there is nothing to send on.
  transceiver?.sender.replaceTrack(track).catch(() => {});
}
