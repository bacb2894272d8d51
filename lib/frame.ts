/**
 * Text from a socket -> a frame. What a signal or message carries stays the text that it is.
 *
 * @module
 */
import type { z } from "zod";
import { isJson, memberText } from "./json_text.ts";
import { ClientFrame } from "./protocol.ts";

/** What is wrong with a text that should be a frame. */
export interface FrameProblem {
  kind: "problem";
  code: "malformed_frame" | "unknown_type" | "invalid_frame";
  message: string;
}

/** A frame for the node. */
export interface FrameRead {
  kind: "frame";
  frame: NodeFrame;
}

/** Frames that the node itself does something with. */
export type NodeFrame = Exclude<ClientFrame, { type: "signal" | "message" }>;

/** A frame for another participant. */
export interface RelayRead {
  kind: "relay";
  type: "signal" | "message";
  to: string;
  /** JSON text. */
  data: string;
}

const TYPES = ClientFrame.options.map((option) => option.shape.type.value);

/** Reads one text frame. */
export function readFrame(text: string): FrameRead | RelayRead | FrameProblem {
  return readUsualRelay(text) ?? readAny(text);
}

/** Whether a text is the frame by which somebody leaves. */
export function isLeave(text: string): boolean {
  const read = readFrame(text);
  return read.kind === "frame" && read.frame.type === "leave";
}

/** The text that the addressee gets: what was sent, with the sender's name in place of its own. */
export function relayText({ type, data }: RelayRead, from: string): string {
  return `{"type":"${type}","from":"${from}","data":${data}}`;
}

const USUAL = [
  { type: "signal", head: `{"type":"signal","to":"` },
  { type: "message", head: `{"type":"message","to":"` },
] as const;
const DATA = `","data":`;
/** Ids that are surely the same in JSON as they are written. */
const PLAIN_ID = /^[\w-]{1,64}$/;

/**
 * A frame to be handed on as nearly everyone writes it, `{"type":"signal","to":"...","data":...}` to the letter. Where
 * what follows `"data":` is one JSON value and the final brace, nothing else can be in the frame.
 */
function readUsualRelay(text: string): RelayRead | undefined {
  const usual = USUAL.find(({ head }) => text.startsWith(head));
  if (!usual) return undefined;
  const { type, head } = usual;
  const end = text.indexOf(DATA, head.length);
  const to = text.slice(head.length, end);
  if (end < 0 || !PLAIN_ID.test(to)) return undefined;
  const data = text.slice(end + DATA.length, -1);
  return text.endsWith("}") && isJson(data) ? { kind: "relay", type, to, data } : undefined;
}

function readAny(text: string): FrameRead | RelayRead | FrameProblem {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return malformed(text);
  }
  if (!hasType(raw)) return malformed(text);
  const parsed = ClientFrame.safeParse(raw);
  if (!parsed.success) return problem(raw.type, parsed.error.issues[0]!);
  const frame = parsed.data;
  if (frame.type !== "signal" && frame.type !== "message") return { kind: "frame", frame };
  const { type, to } = frame;
  return { kind: "relay", type, to, data: memberText(text, "data")! };
}

function hasType(raw: unknown): raw is { type: string } {
  return typeof raw === "object" && raw !== null && "type" in raw && typeof raw.type === "string";
}

function malformed(text: string): FrameProblem {
  return {
    kind: "problem",
    code: "malformed_frame",
    message: `Cannot read frame ${quote(text)}; expected a JSON object with a string "type"`,
  };
}

function problem(type: string, issue: z.core.$ZodIssue): FrameProblem {
  if (!TYPES.some((known) => known === type)) {
    return {
      kind: "problem",
      code: "unknown_type",
      message: `Cannot handle a frame of type ${quote(type)}; expected one of ${TYPES.join(", ")}`,
    };
  }
  const what = issue.message.replace("expected nonoptional", "expected any JSON value");
  return {
    kind: "problem",
    code: "invalid_frame",
    message: `Cannot handle "${type}" frame: field "${issue.path.join(".")}": ${what}`,
  };
}

/** A short, safe picture of a client's text. Never longer: it may hold a token. */
function quote(text: string): string {
  return JSON.stringify(text.length > 16 ? `${text.slice(0, 16)}...` : text);
}
