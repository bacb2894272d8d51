/**
 * Text from a socket -> a frame. What a signal or message carries stays the text that it is.
 *
 * @module
 */
import type { z } from "zod";
import { endOfString, isJson, isJsonString, memberText } from "./json_text.ts";
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
  /** Whom the text names as its sender, which may not be so. */
  from: string | undefined;
  /** JSON text; where it names its sender, all that the addressee has to get. */
  text: string;
  /** Where the data begins, which ends before the last brace. */
  dataAt: number;
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

/** The text that the addressee gets: the same where it names its true sender, else one that does, in place of the addressee. */
export function relayText({ type, from, text, dataAt }: RelayRead, sender: string): string {
  if (from === sender) return text;
  return `{"type":"${type}","from":"${sender}","data":${text.slice(dataAt)}`;
}

/** Ids that are surely the same in JSON as they are written. */
const ID = String.raw`[\w-]{1,64}`;
/** A member that says little, such as what kind of description it is. */
const MEMBER = String.raw`"\w+":(?:"[\w-]*"|0|[1-9]\d*)`;
/** A session description up to its text, alone or as the only item of a link's payload. */
const DESCRIPTION = String.raw`(?:\{(?:${MEMBER},)*"\w+":(\[))?\{(?:${MEMBER},)*"sdp":(?=")`;
/** A frame to be handed on up to its data, as nearly everyone writes it, and where that is a description up to its text. */
const HEAD = new RegExp(
  `^\\{"type":"(?:(signal)|message)",(?:"from":"(${ID})",)?"to":"(${ID})","data":(${DESCRIPTION})?`,
);
const TAIL = new RegExp(`(?:,${MEMBER})*\\}\\}$`, "y");
const TAIL_OF_ITEM = new RegExp(`(?:,${MEMBER})*\\}\\]\\}\\}$`, "y");

/**
 * A frame to be handed on as nearly everyone writes it, `{"type":"signal","from":"...","to":"...","data":...}` to the
 * letter, or without `from`. Where what follows `"data":` is one JSON value and the final brace, nothing else can be in it.
 */
function readUsualRelay(text: string): RelayRead | undefined {
  const head = HEAD.exec(text);
  if (!head) return undefined;
  const [before, signal, from, to, description = "", list] = head;
  const dataAt = before.length - description.length;
  const good = (description && isDescription(text, before.length, list ? TAIL_OF_ITEM : TAIL)) ||
    (text.endsWith("}") && isJson(text.slice(dataAt, -1)));
  if (!good) return undefined;
  return { kind: "relay", type: signal ? "signal" : "message", to: to!, from, text, dataAt };
}

/**
 * Whether the text of a description begins at `begin`, and nothing but the frame's `tail` follows. A signal consists of little
 * else, and all its line ends are escaped: `JSON.parse` would unescape them.
 */
function isDescription(text: string, begin: number, tail: RegExp): boolean {
  const end = endOfString(text, begin) + 1;
  tail.lastIndex = end;
  return tail.test(text) && isJsonString(text.slice(begin, end));
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
  const data = memberText(text, "data")!;
  return { kind: "relay", type, to, from: undefined, text: `${data}}`, dataAt: 0 };
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
