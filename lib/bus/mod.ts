/**
 * The port to the other nodes. One inbox per node, not one channel per room.
 *
 * @module
 */
import type { MessageClass } from "../protocol.ts";
import type { QualityOf } from "../quality.ts";
import type { RoomKey } from "../room_state.ts";
import type { Told } from "../room_view.ts";
import type { Asker } from "../sfu/participant_session.ts";
import type { Asked } from "../sfu/sessions.ts";

/** What one node tells another. */
export type BusMessage =
  /** A room changed: tell those of its people who are on your node. */
  | { kind: "changes"; room: RoomKey; told: Told }
  /** Hand this frame to one of your people. */
  | { kind: "deliver"; room: RoomKey; to: string; frame: string; of: MessageClass }
  /** One of my people asks something of an SFU that only you can reach. */
  | { kind: "sfu"; room: RoomKey; asker: Asker; asked: Asked }
  /** How do the calls of your people in this room go? Whoever asks gets `quality` of this number. */
  | { kind: "quality_wanted"; room: RoomKey; number: string; asker: string }
  | { kind: "quality"; room: RoomKey; number: string; node: string; of: QualityOf };

/** @throws {TypeError} for what no node sends. */
export function checkMessage(message: BusMessage): void {
  const { kind, room } = message;
  const good = typeof room?.tenant === "string" && typeof room.id === "string" && isWhole(message);
  if (good) return;
  throw new TypeError(`Cannot take a message of kind ${JSON.stringify(kind)}: not a node's`);
}

function isWhole(message: BusMessage): boolean {
  switch (message.kind) {
    case "deliver":
      return typeof message.to === "string" && typeof message.frame === "string";
    case "changes":
      return Array.isArray(message.told?.changes);
    case "sfu":
      return typeof message.asker?.id === "string" && typeof message.asked?.ask?.op === "string";
    case "quality_wanted":
      return typeof message.number === "string" && typeof message.asker === "string";
    case "quality":
      return typeof message.number === "string" && typeof message.node === "string";
    default:
      return false;
  }
}

/** What an inbox does with what it gets. Neither may throw. */
export interface Inbox {
  message(message: BusMessage): void;
  /** Messages may have been missed: whoever leans on them is to look anew. May come often, so make it cheap. */
  missed(): void;
}

/** An inbox that is kept open. */
export interface Subscription {
  /** Resolves when the inbox is open for the first time, or is closed before that; never rejects. */
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

/** Carries messages between nodes. */
export interface Bus {
  /** `"down"`: what is sent now is refused, or what is sent to this node's inboxes is lost. */
  readonly state: "up" | "down";
  /** Why it is down, for the log, without credentials; empty while it is up. */
  readonly reason: string;
  /**
   * Sends to one node's inbox. May lose, never doubles; in order per room and pair of nodes. Resolves when the carrier
   * has it, rejects when it may not have it. Nothing is kept to be sent later.
   *
   * @throws {MessageTooLargeError} (rejects) above `BUS_MESSAGE_BYTES`.
   * @throws {BusAwayError} (rejects) when the carrier is away, at once or after its time-out.
   * @throws {BusFullError} (rejects) when too much of this room is waiting for the carrier.
   */
  publish(node: string, message: BusMessage): Promise<void>;
  /**
   * Opens a node's inbox and keeps it open: an adapter connects again by itself, and calls `missed` after each gap; a
   * first opening that took more than one try counts as one.
   */
  subscribe(node: string, inbox: Inbox): Subscription;
  /** The carrier may have been away, as something else has seen: look whether the inboxes still hear. */
  check(): void;
  /** Lets go of all connections and inboxes; what is under way is rejected. */
  close(): Promise<void>;
}

/** The largest message, in bytes of its JSON text: below what NATS takes by default, and what @upstash/redis buffers. */
export const BUS_MESSAGE_BYTES = 524_288;

/** This message can never be sent. */
export class MessageTooLargeError extends Error {
  override readonly name = "MessageTooLargeError";
  constructor(node: string, bytes: number) {
    super(
      `Cannot send to node ${node}: the message has ${bytes} bytes; expected at most ${BUS_MESSAGE_BYTES}`,
    );
  }
}

/** The carrier is away, too slow or too busy: the message is lost, or nobody knows. */
export class BusAwayError extends Error {
  override readonly name: string = "BusAwayError";
}

/** Too much of this room is waiting already: the message is lost, and that says nothing of the carrier. */
export class BusFullError extends BusAwayError {
  override readonly name = "BusFullError";
}
