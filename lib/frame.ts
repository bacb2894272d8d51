/**
 * Text from a socket -> a frame; and a frame to relay -> text, without serializing its payload again.
 *
 * @module
 */
import type { z } from "zod";
import { ClientFrame } from "./protocol.ts";

/** What is wrong with a text that should be a frame. */
export interface FrameProblem {
  kind: "problem";
  code: "malformed_frame" | "unknown_type" | "invalid_frame";
  message: string;
}

/** A frame whose shape is right. */
export interface FrameRead {
  kind: "frame";
  frame: ClientFrame;
  /** How many fields its text has, those included that its type does not know. */
  fields: number;
}

const TYPES = ClientFrame.options.map((option) => option.shape.type.value);

/** Reads one text frame. */
export function readFrame(text: string): FrameRead | FrameProblem {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return malformed(text);
  }
  if (!hasType(raw)) return malformed(text);
  const parsed = ClientFrame.safeParse(raw);
  if (!parsed.success) return problem(raw.type, parsed.error.issues[0]!);
  return { kind: "frame", frame: parsed.data, fields: Object.keys(raw).length };
}

/**
 * The text that the addressee of a `signal` or `message` gets. Where the sender wrote it in the usual way
 * (`{"type":...,"to":...,"data":...}`, nothing else), the payload is cut out of its text as it is.
 */
export function relayText(
  text: string,
  { frame, fields }: { frame: Relayed; fields: number },
  from: string,
): string {
  const { to } = frame;
  const { received, delivered } = HEADS[frame.type];
  const dataAt = received.length + to.length;
  // With exactly three fields, all read, what may follow is a second mention of one of them: `type` and `to` say what
  // was checked, whichever mention a reader takes, and `data` is the sender's in any case. `from` cannot come twice.
  if (
    fields === 3 && text.startsWith(received) && text.startsWith(to, received.length) &&
    text.startsWith(DATA, dataAt)
  ) {
    return delivered + from + text.slice(dataAt);
  }
  return JSON.stringify({ type: frame.type, from, data: frame.data });
}

const HEADS = {
  signal: { received: `{"type":"signal","to":"`, delivered: `{"type":"signal","from":"` },
  message: { received: `{"type":"message","to":"`, delivered: `{"type":"message","from":"` },
} as const;

/** The frames that go on to another participant. */
export type Relayed = Extract<ClientFrame, { type: "signal" | "message" }>;

const DATA = `","data":`;

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
