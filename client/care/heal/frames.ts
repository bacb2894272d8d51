/**
 * What goes by the data channels between the two of what looks after a call: JSON, one frame a message. What a stranger
 * sends is checked here, and nowhere else.
 *
 * @module
 */
import type { LinkKind } from "../../link.ts";
import { LINES } from "./policy.ts";

/** What a link's frame is anywhere: at the service, on a channel, or in a sealed box. */
export interface LinkFrame {
  type: LinkKind;
  data: unknown;
}

export type Frame =
  | LinkFrame
  /** Says that its sender is there. */
  | { type: "beat" }
  /** The key for boxes between the two, by base64. */
  | { type: "key"; key: string }
  /** A box, to be passed on; and one that has been. */
  | { type: "relay"; to: string; box: string }
  | { type: "relayed"; from: string; box: string }
  /** See lifelines.ts. */
  | { type: "lifeline"; number: number; sdp: string }
  | { type: "held"; number: number; sdp: string }
  | OtherFrame;

/** What is not for healing. */
export type OtherFrame =
  /** Nothing of its addressee's voice has come through for so long, see adapt/ear.ts. */
  | { type: "starved"; ms: number }
  /** See code/handshake.ts, which looks at the rest itself: it knows what it waits for. */
  | { type: "code" } & Record<string, unknown>;

/** Reads a message; `undefined` if it is none of these. */
export function parseFrame(message: unknown): Frame | undefined {
  return frameOf(parse(message));
}

/** What is in a box: a frame, and a number that goes up with each. `undefined` if it is something else. */
export function parseContent(text: unknown): { number: number; frame: Frame } | undefined {
  const { number, frame: value } = Object(parse(text)) as Record<string, unknown>;
  const frame = frameOf(value);
  return frame !== undefined && Number.isSafeInteger(number)
    ? { number: number as number, frame }
    : undefined;
}

function parse(text: unknown): unknown {
  if (typeof text !== "string" || text.length > LINES.frameLength) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function frameOf(value: unknown): Frame | undefined {
  const { type, data, key, to, from, box, number, sdp, ms } = Object(value) as Record<
    string,
    unknown
  >;
  switch (type) {
    case "beat":
      return { type };
    case "starved":
      return typeof ms === "number" ? { type, ms } : undefined;
    case "signal":
    case "message":
      return { type, data };
    case "key":
      return typeof key === "string" ? { type, key } : undefined;
    case "relay":
      return typeof to === "string" && typeof box === "string" ? { type, to, box } : undefined;
    case "relayed":
      return typeof from === "string" && typeof box === "string" ? { type, from, box } : undefined;
    case "lifeline":
    case "held":
      return Number.isSafeInteger(number) && typeof sdp === "string"
        ? { type, number: number as number, sdp }
        : undefined;
    case "code":
      return value as Frame;
    default:
      return undefined;
  }
}
