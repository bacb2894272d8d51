/**
 * The wire of `/v1/signal`: what a client may send (schemas) and what a node answers (types).
 * The one source of both; the SDK imports the types, the node also the schemas.
 * In words: docs/protocol.md.
 *
 * @module
 */
import { z } from "zod";
import type { ErrorCode } from "./codes.ts";

/** Limits of one socket, told to every client in `welcome`. */
export const LIMITS = {
  /** Longest text frame, in UTF-16 code units, which is at most its size in bytes. */
  frameLength: 65_536,
  /** A longer frame counts as several: one for each `frameUnit` characters begun. */
  frameUnit: 8_192,
  /** Frames that may follow a `join` or `resume` before its answer. */
  framesBeforeWelcome: 16,
  /** From open to the first `join` or `resume`, in ms. */
  joinTimeoutMs: 5_000,
  /** Longest `attributes`, as JSON text. */
  attributesLength: 2_048,
  /** Participants that one `layers`, or one `report`, may name, and regions that one `report` may. */
  layers: 100,
  regions: 16,
  /** Longest token or session: room for 4,096 characters of `metadata`, of up to 4 base64url characters each, twice. */
  tokenLength: 49_152,
} as const;

const ParticipantId = z.string().min(1).max(64);

/** What a participant says that it sends. The node refuses `true` without the permission `publish`. */
export const Media = z.strictObject({
  microphone: z.boolean(),
  camera: z.boolean(),
  screen: z.boolean(),
});
export type Media = z.infer<typeof Media>;

/** Small public state of a participant, the application's own: a raised hand, a colour. */
export const Attributes = z.unknown().refine(
  // A record would leave it out without a word.
  (value) => !Object.hasOwn(Object(value), "__proto__"),
  `expected no key "__proto__"`,
).pipe(
  z.record(
    z.string().max(64),
    // Parsed from JSON, so it is JSON. To look into it would recurse as deep as a client likes.
    z.custom<z.core.util.JSONType>(() => true),
  ).refine(
    (value) => JSON.stringify(value).length <= LIMITS.attributesLength,
    `expected at most ${LIMITS.attributesLength} characters of JSON`,
  ),
);
export type Attributes = z.infer<typeof Attributes>;

const present = { media: Media.optional(), attributes: Attributes.optional() };

export const Join = z.object({
  type: z.literal("join"),
  token: z.string().max(LIMITS.tokenLength),
  /** Where given, a token for another room is refused. */
  room: z.string().optional(),
  ...present,
});
export const Resume = z.object({
  type: z.literal("resume"),
  session: z.string().max(LIMITS.tokenLength),
  ...present,
});
export const Signal = z.object({ type: z.literal("signal"), to: ParticipantId, data: z.unknown() });
export const Message = z.object({
  type: z.literal("message"),
  to: ParticipantId,
  data: z.unknown(),
});
export const Update = z.object({ type: z.literal("update"), ...present });
export const Remove = z.object({ type: z.literal("remove"), participant: ParticipantId });
export const IceServersRequest = z.object({ type: z.literal("iceServers") });
export const Ping = z.object({ type: z.literal("ping"), id: z.number().optional() });
export const Pong = z.object({ type: z.literal("pong") });
export const Leave = z.object({ type: z.literal("leave") });

/** Each kind of track that a participant may send. */
export type TrackKind = "microphone" | "camera" | "screen" | "screenAudio";

/** An `RTCIceCandidateInit` (W3C WebRTC §4.8.1.1). */
export const IceCandidate = z.object({
  candidate: z.string().max(1_024),
  sdpMid: z.string().max(64).nullish(),
  sdpMLineIndex: z.number().int().nonnegative().nullish(),
  usernameFragment: z.string().max(256).nullish(),
});
export type IceCandidate = z.infer<typeof IceCandidate>;

/** How much of a camera's picture is asked for: of a simulcast its best, middle and smallest layer. */
export const Layer = z.enum(["high", "medium", "low", "off"]);
export type Layer = z.infer<typeof Layer>;

/** Which of the two connections of a session at the SFU. */
const SfuConnection = z.enum(["publish", "subscribe"]);
export type SfuConnection = z.infer<typeof SfuConnection>;

/** What a participant asks of its room's SFU, by way of its node. */
export const SfuAsk = z.discriminatedUnion("op", [
  /** Begin a session, or go on with the one of `ticket`. */
  z.object({ op: z.literal("open"), ticket: z.string().max(4_096).optional() }),
  z.object({ op: z.literal("publish"), sdp: z.string() }),
  z.object({ op: z.literal("answer"), number: z.number().int(), sdp: z.string() }),
  z.object({
    op: z.literal("candidate"),
    of: SfuConnection,
    candidate: IceCandidate.nullable(),
  }),
  z.object({
    op: z.literal("layers"),
    layers: z.record(ParticipantId, Layer).refine(
      (layers) => Object.keys(layers).length <= LIMITS.layers,
      `expected at most ${LIMITS.layers} participants`,
    ),
  }),
  z.object({ op: z.literal("resubscribe") }),
  z.object({ op: z.literal("close") }),
]);
export type SfuAsk = z.infer<typeof SfuAsk>;

export const SfuRequest = z.object({
  type: z.literal("sfu"),
  /** Of the topology whose SFU is meant. */
  epoch: z.number().int(),
  data: SfuAsk,
});

/** What a participant has measured; sent when it has changed, whole. What is absent is not known. */
export const Measured = z.strictObject({
  /** Whether what it sends has to be less than it could be, by its own uplink or processor. */
  strain: z.enum(["none", "uplink", "cpu"]).optional(),
  /** Whether any of its connections in the mesh goes through TURN. */
  relayed: z.boolean().optional(),
  /** How it stands with the SFU of the topology of this epoch. `stalled`: nothing comes any more. */
  sfu: z.object({
    epoch: z.number().int(),
    state: z.enum(["connected", "unreachable", "stalled"]),
  }).optional(),
  /** Round trips to the addresses of `welcome.probes`, in ms, by region. */
  roundTrips: z.record(z.string().max(32), z.number().nonnegative()).refine(
    (regions) => Object.keys(regions).length <= LIMITS.regions,
    `expected at most ${LIMITS.regions} regions`,
  ).optional(),
  /** Ids of participants to whom no path was found in the mesh, neither direct nor by TURN. */
  unreachable: z.array(ParticipantId).max(LIMITS.layers).optional(),
});
export type Measured = z.infer<typeof Measured>;

/** How somebody sends. */
export const SENDING = ["full", "reduced", "audio_only"] as const;
export type Sending = typeof SENDING[number];

/** The types of ICE candidates (RFC 8445 §4.1.1). */
export const CANDIDATE_TYPES = ["host", "srflx", "prflx", "relay"] as const;
export type CandidateType = typeof CANDIDATE_TYPES[number];

const connections = z.int().min(0).max(LIMITS.layers).optional();

/** How somebody's call was of late: figures for people who look after the service, nothing is decided by them. */
export const QualitySummary = z.object({
  seconds: z.number().min(0).max(3_600).describe("The time that this sums up, in s."),
  roundTripMs: z.number().min(0).max(600_000).optional()
    .describe("Mean of all connections that it is known of, in ms."),
  jitterMs: z.number().min(0).max(600_000).optional()
    .describe("Mean of all connections that it is known of, in ms."),
  loss: z.number().min(0).max(1).optional()
    .describe("The part of what was sent to it that was lost, 0 to 1."),
  freezes: z.int().min(0).max(10_000).optional().describe("How often a picture froze."),
  outgoingBitrate: z.number().min(0).max(1e11).optional()
    .describe("What its uplink can carry, estimated, in bit/s."),
  paths: z.object({
    host: connections,
    srflx: connections,
    prflx: connections,
    relay: connections,
  }).describe(
    "How many connections it has, by the type of its own candidate; `relay`: through TURN.",
  ),
  sending: z.enum(SENDING).describe(
    "`full`: all that is on; `reduced`: less of the picture than there could be; `audio_only`: no picture, to keep the voice.",
  ),
});
export type QualitySummary = z.infer<typeof QualitySummary>;

/** At most one in 5 s, save one whose `sfu` or `unreachable` has changed. */
export const Report = z.object({
  type: z.literal("report"),
  measured: Measured.optional(),
  quality: QualitySummary.optional(),
}).refine(
  ({ measured, quality }) => measured !== undefined || quality !== undefined,
  { error: "expected `measured` or `quality`", path: ["measured"] },
);

/** Every frame that a client may send. */
export const ClientFrame = z.discriminatedUnion("type", [
  Join,
  Resume,
  Signal,
  Message,
  Update,
  Remove,
  IceServersRequest,
  Ping,
  Pong,
  Leave,
  SfuRequest,
  Report,
]);
export type ClientFrame = z.infer<typeof ClientFrame>;

/**
 * What a frame asks of the system. `signal`: lowest latency, node to node, the endpoints repair.
 * `presence`: eventual, a versioned roster. `topology`: linearizable, fenced by an epoch.
 * `chat`: in order per sender, none lost, none doubled (by the endpoints). `control`: this socket only.
 */
export type MessageClass = "signal" | "presence" | "topology" | "chat" | "control";

/** The class of every frame that a node sends. */
export const MESSAGE_CLASS: Record<ServerFrame["type"], MessageClass> = {
  signal: "signal",
  message: "chat",
  participant: "presence",
  left: "presence",
  room: "presence",
  topology: "topology",
  sfu: "signal",
  welcome: "control",
  iceServers: "control",
  ping: "control",
  pong: "control",
  error: "control",
};

/** What a token allows; the node holds everyone to it. */
export const Permissions = z.strictObject({
  /** Send microphone, camera and screen. */
  publish: z.boolean().default(true),
  /** Be sent the media of others. */
  subscribe: z.boolean().default(true),
  /** Send messages (`call.send`). */
  chat: z.boolean().default(true),
  /** Remove others. */
  moderate: z.boolean().default(false),
});
export type Permissions = z.infer<typeof Permissions>;

/** A participant as the others see it. */
export const ParticipantInfo = z.object({
  /** Unique in the room, given by the node; sorts by time of joining. */
  id: ParticipantId,
  /** Who it is, by the application's word. Two participants may have the same identity. */
  identity: z.string(),
  name: z.string().optional(),
  /** `away`: the socket closed without `leave`; it has 8 s to come back. */
  state: z.enum(["active", "away"]),
  /** ms since 1970. */
  joinedAt: z.number(),
  permissions: Permissions,
  media: Media,
  attributes: Attributes,
  metadata: z.unknown().optional(),
});
export type ParticipantInfo = z.infer<typeof ParticipantInfo>;

/** A room as its participants see it. */
export interface RoomInfo {
  id: string;
  name?: string;
  maxParticipants: number;
  metadata?: unknown;
}

export type TopologyMode = "mesh" | "sfu";

/** What a participant needs to use an SFU. `offer_answer`: by `sfu` frames to its node. */
export interface Grant {
  kind: "offer_answer";
  /** Which SFU, see `GET /v1/sfus`. */
  sfu: string;
  region: string;
}

/** Which way media takes in a room. `epoch` goes up by one with each change; a lower one than the last seen is stale. */
export type Topology =
  | { mode: "mesh"; epoch: number }
  | { mode: "sfu"; epoch: number; grant: Grant };

/**
 * Why a room has the topology that it has. `new`: it begins so. `forced`: its owner wants it so. `participants`: so
 * many people. `strain`: somebody's uplink, processor or relay cannot carry the mesh. `unconnected`: two cannot reach
 * each other in the mesh. `sfu_lost`: the SFU is gone, or forwards nothing any more. `sfu_unreachable`: somebody cannot
 * reach the SFU. `sfu_draining`: the SFU is being emptied. `recalled`: nobody remembers what it had. `missed`: several
 * changes, some of which the node has not heard of.
 */
export const TOPOLOGY_REASONS = [
  "new",
  "forced",
  "participants",
  "strain",
  "unconnected",
  "sfu_lost",
  "sfu_unreachable",
  "sfu_draining",
  "recalled",
  "missed",
] as const;
export type TopologyReason = typeof TOPOLOGY_REASONS[number];

/** A media section of a receiving connection: whose it is, and what. */
export interface SfuSlot {
  mid: string;
  participant: string;
  kind: TrackKind;
}

/** What a node tells a participant of its session at the SFU. */
export type SfuTold =
  /** The session stands. `ticket`: to go on with it later. `resumed`: it is the one that was asked for. */
  | { op: "opened"; ticket: string; resumed: boolean }
  /** The answer to `publish`. */
  | { op: "published"; sdp: string }
  /** An offer for the receiving connection: all that is sent on it, replacing what was known of its sections. */
  | { op: "offer"; number: number; sdp: string; slots: SfuSlot[] }
  /** `null`: that was the last one. */
  | { op: "candidate"; of: SfuConnection; candidate: IceCandidate | null }
  /** The session is over, or could not begin; `open` without a ticket begins another. `reason` is for people. */
  | { op: "ended"; code: EndedCode; reason: string };

/**
 * Why a session is over. `stale`: of another epoch than the room's. `no_session`: `open` it first. `refused`: what was
 * asked cannot be. `unavailable`: the SFU, or the way to it, is away or full. `ended`: by the SFU.
 */
export type EndedCode = "stale" | "no_session" | "refused" | "unavailable" | "ended";

/** An `RTCIceServer` (W3C WebRTC §4.2.4). */
export interface IceServer {
  urls: string[];
  username?: string;
  credential?: string;
}

/** What a browser needs to find a path to the others. */
export interface IceServers {
  iceServers: IceServer[];
  /** How long the credentials last, in s; absent where there are none. */
  ttlSeconds?: number;
}

/** The answer to `join` and `resume`. */
export interface WelcomeFrame extends IceServers {
  type: "welcome";
  self: ParticipantInfo;
  /** Proof for `resume`. Keep it secret. */
  session: string;
  /** Whether this is a participant that never left (`resume` in time). */
  resumed: boolean;
  room: RoomInfo;
  /** Everyone else. */
  participants: ParticipantInfo[];
  /** Version of the roster, see `participant`. */
  version: number;
  topology: Topology & { reason: TopologyReason };
  /** Addresses by which to measure how far each region is, by region; absent where there is nothing to choose. */
  probes?: Record<string, string>;
  limits: {
    frameLength: number;
    frameUnit: number;
    framesPerSecond: number;
    frameBurst: number;
    updatesPerSecond: number;
    updateBurst: number;
  };
}

/** Why somebody left. `lost`: the socket closed and nobody came back within 8 s. */
export type LeftReason = "left" | "lost" | "removed";

/** Every frame that a node may send. */
export type ServerFrame =
  | WelcomeFrame
  | ({ type: "iceServers" } & IceServers)
  | { type: "participant"; version: number; participant: ParticipantInfo }
  | { type: "left"; version: number; id: string; reason: LeftReason }
  | { type: "room"; version: number; room: RoomInfo }
  | ({ type: "topology"; reason: TopologyReason } & Topology)
  | { type: "sfu"; epoch: number; data: SfuTold }
  | { type: "signal"; from: string; to?: string; data: unknown }
  | { type: "message"; from: string; to?: string; data: unknown }
  | { type: "ping" }
  | { type: "pong"; id?: number; time: number }
  | { type: "error"; code: ErrorCode; message: string; retryAfterMs?: number };
