/**
 * The public types of the SDK: what `/client.d.ts` says. No code but {@linkcode CallError}.
 *
 * @module
 */

/** Options of `joinCall`. */
export interface JoinOptions {
  /** Where meshlift runs, e.g. `https://calls.example.com`. */
  url: string;
  /** A token from `POST /v1/rooms/{room}/tokens`, or a function that fetches one (asked again on a rejoin). */
  token: string | (() => string | Promise<string>);
  /**
   * What to send. `true`/constraints per kind open the devices; a `MediaStream` is sent as it is
   * (and not stopped on `leave`); `false` (the default) sends nothing yet.
   */
  media?: boolean | MediaStream | {
    audio?: boolean | MediaTrackConstraints;
    video?: boolean | MediaTrackConstraints;
  };
  /** Small public state to join with, see {@linkcode Call.setAttributes}. */
  attributes?: Record<string, unknown>;
  /** Ends the attempt to join. */
  signal?: AbortSignal;
}

/** `reconnecting`: the signaling is away and being restored; media goes on meanwhile. */
export type CallState = "connected" | "reconnecting" | "closed";

/** How well one hears and sees a participant. `lost`: no media path at the moment. */
export type Quality = "excellent" | "good" | "poor" | "lost" | "unknown";

/** What somebody sends, by purpose. */
export type TrackKind = "microphone" | "camera" | "screen" | "screenAudio";

/** What a participant says that it sends. */
export interface MediaState {
  readonly microphone: boolean;
  readonly camera: boolean;
  readonly screen: boolean;
}

/** What a token allows. */
export interface Permissions {
  readonly publish: boolean;
  readonly subscribe: boolean;
  readonly chat: boolean;
  readonly moderate: boolean;
}

/** Someone in the call. The object is live: it stays the same while its fields change. */
export interface Participant {
  readonly id: string;
  /** Who it is, by your back end's word. */
  readonly identity: string;
  readonly name: string | undefined;
  /** Microphone and camera. The same object for as long as the participant is in the call. */
  readonly stream: MediaStream;
  /** The shared screen, with its sound; without tracks while nothing is shared. The same object always. */
  readonly screen: MediaStream;
  /** `away`: its connection broke a moment ago; it is back, or gone, within 8 s. */
  readonly state: "active" | "away";
  readonly media: MediaState;
  readonly quality: Quality;
  readonly speaking: boolean;
  /** How media reaches it now. `failed`: no path has been found yet, neither direct nor by TURN; it goes on looking. */
  readonly connection: "connecting" | "connected" | "reconnecting" | "failed";
  /**
   * Its camera is on, but paused: its uplink carries no more than its voice, or it wants it so. No track of it is in
   * `stream`.
   */
  readonly paused: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly permissions: Permissions;
  readonly metadata: unknown;
}

/** Yourself: local media in place of remote. */
export interface Self {
  readonly id: string;
  readonly identity: string;
  readonly name: string | undefined;
  /** Your microphone and camera, for a (muted) preview. The same object always. */
  readonly stream: MediaStream;
  /** Your shared screen; without tracks while nothing is shared. The same object always. */
  readonly screen: MediaStream;
  readonly media: MediaState;
  readonly speaking: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly permissions: Permissions;
  readonly metadata: unknown;
}

/** Which way media takes at the moment. */
export interface TopologyInfo {
  /** `mesh`: directly between the participants. `sfu`: by way of a server that forwards it. */
  readonly mode: "mesh" | "sfu";
  /** Goes up with each change. */
  readonly epoch: number;
  /** Why it is so, e.g. `participants`, `strain`, `forced`, `sfu_lost`; see docs/protocol.md. */
  readonly reason: string;
  /** The server, and where it is; absent in the mesh. */
  readonly sfu?: { readonly id: string; readonly region: string };
}

/** How much of what you have is sent to the others. */
export interface AdaptationInfo {
  /** `reduced`: smaller pictures, or fewer. `audio_only`: the camera is on, but paused, so that the voice is heard. */
  readonly sending: "full" | "reduced" | "audio_only";
  /** What keeps it from being more: the uplink, the processor (`cpu`), or you ({@linkcode Call.setAdaptation}). */
  readonly reason: "none" | "uplink" | "cpu" | "forced";
}

/** What you send to the others, whatever the network carries. */
export interface AdaptationSettings {
  /**
   * `auto` (the default): sends what the uplink carries, the voice first. `audio_only`: pauses the camera. `off`: sends
   * everything, and leaves it to the browser.
   */
  readonly mode: "auto" | "off" | "audio_only";
  /** Most that microphone, camera and screen may take, to all together, in bit/s; not with `off`, which limits nothing. */
  readonly maxBitrate?: number;
}

/** What each event hands to its listener. */
export interface CallEvents {
  /** Someone is in the call; also called at once for those already there when you begin to listen. */
  participant: Participant;
  /** Someone has left; also everyone, when the call closes. */
  left: Participant;
  /** A participant's `media`, `attributes`, `state` or `connection` changed. */
  updated: Participant;
  /** A remote track began (`track`) or ended (`null`) in `participant.stream` or `participant.screen`. */
  track: { participant: Participant; kind: TrackKind; track: MediaStreamTrack | null };
  /** Your own media changed: a device was switched on or off, replaced, or lost. */
  media: Self;
  /** Media takes another way. Nothing to do: the streams stay the same objects, and play on. */
  topology: TopologyInfo;
  quality: Participant;
  /** Someone, perhaps yourself, began or stopped speaking. */
  speaking: { id: string; speaking: boolean };
  message: { from: Participant; data: unknown };
  state: CallState;
  /** More or less of what you have is sent. */
  adaptation: AdaptationInfo;
  /** Something failed that does not end the call, e.g. a device was unplugged. */
  warning: CallError;
}

/** Media of one participant as it arrives, in the terms of W3C webrtc-stats. Units as there: s, bytes, packets. */
export interface ParticipantStats {
  /** `currentRoundTripTime` of the selected candidate pair, s. */
  roundTripTime?: number;
  /** `candidateType` of both ends of the selected pair. */
  localCandidateType?: string;
  remoteCandidateType?: string;
  /**
   * The SRTP cipher by which media is encrypted, e.g. `SRTP_AES128_CM_HMAC_SHA1_80`, once it is verified: its key was agreed on
   * (DTLS) with the certificate that the far end's description names. The far end is the participant in the mesh, else
   * the SFU. Absent before that, and where the browser does not say.
   */
  encryption?: string;
  /** `availableOutgoingBitrate` of the selected pair, bit/s. */
  availableOutgoingBitrate?: number;
  /** `inbound-rtp`, one per kind of which anything has arrived by the connection that there is now. */
  inbound: InboundStats[];
  /** `outbound-rtp`, one per kind of which anything was sent to this participant by that connection. */
  outbound: OutboundStats[];
}

/** `inbound-rtp`: a track that arrives. */
export interface InboundStats {
  kind: TrackKind;
  bytesReceived: number;
  packetsReceived: number;
  packetsLost: number;
  /** s */
  jitter: number;
  framesDecoded?: number;
  framesPerSecond?: number;
  frameWidth?: number;
  frameHeight?: number;
  freezeCount?: number;
  audioLevel?: number;
  /** How old what was played last was, from the sender's camera or microphone on, s; where capture times arrive. */
  captureDelay?: number;
  codec?: string;
}

/** `outbound-rtp` and its `remote-inbound-rtp`: a track that is sent. */
export interface OutboundStats {
  kind: TrackKind;
  bytesSent: number;
  packetsSent: number;
  framesEncoded?: number;
  framesPerSecond?: number;
  frameWidth?: number;
  frameHeight?: number;
  qualityLimitationReason?: string;
  /** From the far end's receiver reports, 0 to 1. */
  fractionLost?: number;
  codec?: string;
}

/** What `call.stats()` gives. */
export interface CallStats {
  /** ms since 1970. */
  timestamp: number;
  /** Round trip to the node by the last ping, s. */
  signalingRoundTripTime?: number;
  /** What to add to `Date.now()` for the service's time, s. */
  clockOffset?: number;
  /** By how much `clockOffset` may be wrong: half the best round trip of the last minute, s. */
  clockError?: number;
  /** By participant id. */
  participants: Record<string, ParticipantStats>;
}

/** A call that you are in. Made by `joinCall`. */
export interface Call {
  readonly room: { readonly id: string; readonly name?: string; readonly metadata?: unknown };
  readonly self: Self;
  /** Everyone else, by id. */
  readonly participants: ReadonlyMap<string, Participant>;
  readonly topology: TopologyInfo;
  readonly state: CallState;
  /** How much is sent at the moment. */
  readonly adaptation: AdaptationInfo;
  /** Why the call closed, if not by `leave`. */
  readonly error: CallError | undefined;

  /** Listens; returns the function that stops listening. */
  on<Name extends keyof CallEvents>(
    name: Name,
    listener: (event: CallEvents[Name]) => void,
  ): () => void;

  /**
   * Sends any JSON value to one participant or (without `to`) to all who are here now. Reliable: once, in the order
   * in which you sent, also across a lost connection. Resolves when it has arrived everywhere it could.
   *
   * @throws {CallError} `participant_left` (with `to`: it left first), `not_permitted` (no `chat`),
   * `message_too_large` (over 48 KiB of JSON), `closed`.
   */
  send(data: unknown, options?: { to?: string | Participant }): Promise<void>;

  /**
   * Microphone on or off; opens the device when there is none yet. Off silences at once and keeps the device.
   * @throws {CallError} `permission_denied`, `device_not_found`, `device_in_use`, `not_permitted`, `insecure_context`.
   */
  setMicrophone(on: boolean, constraints?: MediaTrackConstraints): Promise<void>;
  /** Camera on or off; off also turns the camera's light off. Throws as {@linkcode Call.setMicrophone}. */
  setCamera(on: boolean, constraints?: MediaTrackConstraints): Promise<void>;
  /** Shares the screen (the browser asks which), or stops. Resolves `false` if the person chose none. */
  shareScreen(on?: boolean, options?: DisplayMediaStreamOptions): Promise<boolean>;
  /** Small public state for all to see, also those who come later; merged; `null` removes a key. At most 2 KiB of JSON. */
  setAttributes(attributes: Record<string, unknown>): Promise<void>;
  /**
   * Overrules what is sent, see {@linkcode Call.adaptation}, which follows a moment later; stays until it is set again.
   * @throws {CallError} `invalid_argument`, `closed`.
   */
  setAdaptation(settings: AdaptationSettings): Promise<void>;
  /** Removes someone. @throws {CallError} `not_permitted` without the permission `moderate`. */
  remove(participant: string | Participant): Promise<void>;
  /** A snapshot of every connection. */
  stats(): Promise<CallStats>;
  /**
   * Four words that two people read out to each other: if both have the same, nobody sits between them, not even
   * the service. They belong to the keys by which their connection in the mesh is encrypted, and stay the same for as long as
   * both are in the call. `undefined` where media goes by an SFU, before the connection stands, when the other
   * end does not answer within 8 s, and in pages that are not secure contexts.
   *
   * @throws {CallError} `participant_not_found`, `participant_left`, `closed`.
   */
  shortCode(participant: string | Participant): Promise<string | undefined>;
  /** Leaves at once. Never throws; a second call does nothing. */
  leave(): Promise<void>;
}

/** What went wrong, stable, to branch on. */
export type CallErrorCode =
  | "permission_denied"
  | "device_not_found"
  | "device_in_use"
  | "device_lost"
  | "insecure_context"
  | "unsupported_browser"
  | "token_invalid"
  | "token_expired"
  | "room_not_found"
  | "room_full"
  | "room_ended"
  | "removed"
  | "taken_over"
  | "not_permitted"
  | "participant_left"
  | "participant_not_found"
  | "message_too_large"
  | "invalid_argument"
  | "unreachable"
  | "aborted"
  | "insecure_description"
  | "no_path"
  | "closed";

/** The one error class of the SDK: `code` to branch on, `message` what happened, `action` what to do about it. */
export class CallError extends Error {
  override readonly name = "CallError";
  readonly code: CallErrorCode;
  /** A sentence for the person or the developer: what to do. */
  readonly action: string;
  /** When trying again makes sense, in ms from now. */
  readonly retryAfterMs: number | undefined;
  /** The id of the participant whom it concerns, if it concerns one. */
  readonly participant: string | undefined;

  constructor(
    code: CallErrorCode,
    message: string,
    action: string,
    options: { retryAfterMs?: number; participant?: string; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.action = action;
    this.retryAfterMs = options.retryAfterMs;
    this.participant = options.participant;
  }
}
