/**
 * What a Janus sends (Janus API over WebSocket, and its VideoRoom's part), parsed at the socket.
 *
 * @module
 */
import { z } from "zod";

/** The plugin's name. */
export const VIDEO_ROOM = "janus.plugin.videoroom";

/** A participant of a room, as its VideoRoom tells. */
const Participant = z.object({
  id: z.string(),
  display: z.string().optional(),
  /** Whether it sends; only in an answer to `listparticipants`. */
  publisher: z.boolean().optional(),
});

const Room = z.object({
  room: z.string(),
  description: z.string().optional(),
  num_participants: z.number().int().nonnegative(),
});

/** Of the VideoRoom's messages what is used here. */
export const VideoRoomData = z.object({
  videoroom: z.string(),
  error_code: z.number().optional(),
  error: z.string().optional(),
  /** Who sends: everybody else in the answer to `join`, one who has begun in an event. */
  publishers: z.array(Participant).optional(),
  /** Who has stopped, or left. */
  unpublished: z.string().optional(),
  leaving: z.string().optional(),
  kicked: z.string().optional(),
  participants: z.array(Participant).optional(),
  list: z.array(Room).optional(),
});
export type VideoRoomData = z.infer<typeof VideoRoomData>;

const Jsep = z.object({ type: z.enum(["offer", "answer"]), sdp: z.string() });
export type Jsep = z.infer<typeof Jsep>;

const Candidate = z.union([
  z.object({ completed: z.literal(true) }),
  z.object({
    candidate: z.string().max(1_024),
    sdpMid: z.string().max(64).optional(),
    sdpMLineIndex: z.number().int().nonnegative().optional(),
  }),
]);

const Id = z.number().int();
const transaction = z.string().optional();
const plugindata = z.object({ data: VideoRoomData }).optional();

/** Answers to a request, and what comes of itself. All other kinds tell nothing that is needed. */
export const JanusMessage = z.discriminatedUnion("janus", [
  z.object({ janus: z.literal("ack"), transaction }),
  z.object({ janus: z.literal("pong"), transaction }),
  z.object({
    janus: z.literal("success"),
    transaction,
    data: z.object({ id: Id }).optional(),
    sessions: z.array(Id).optional(),
    plugindata,
  }),
  z.object({
    janus: z.literal("error"),
    transaction,
    error: z.object({ code: z.number(), reason: z.string() }),
  }),
  z.object({
    janus: z.literal("server_info"),
    transaction,
    "session-timeout": z.number(),
    "reclaim-session-timeout": z.number(),
  }),
  z.object({
    janus: z.literal("event"),
    transaction,
    session_id: Id,
    sender: Id,
    plugindata,
    jsep: Jsep.optional(),
  }),
  z.object({
    janus: z.literal("trickle"),
    session_id: Id,
    sender: Id,
    candidate: Candidate,
  }),
  z.object({ janus: z.literal("webrtcup"), session_id: Id, sender: Id }),
  z.object({ janus: z.literal("detached"), session_id: Id, sender: Id }),
  z.object({ janus: z.literal("timeout"), session_id: Id }),
]);
export type JanusMessage = z.infer<typeof JanusMessage>;

/** What comes of itself, of a session. */
export type JanusEvent = Extract<JanusMessage, { session_id: number }>;
/** The answer to a request. */
export type JanusAnswer = Extract<JanusMessage, { transaction?: string | undefined }>;

const KINDS: ReadonlySet<string> = new Set(
  JanusMessage.options.map(({ shape }) => shape.janus.value),
);

/**
 * A text frame from a Janus; `undefined`: of a kind that is not needed.
 *
 * @throws {Error} with what was wrong with it.
 */
export function parseMessage(text: string): JanusMessage | undefined {
  const json: unknown = JSON.parse(text);
  const { janus } = z.object({ janus: z.string() }).parse(json);
  return KINDS.has(janus) ? JanusMessage.parse(json) : undefined;
}
