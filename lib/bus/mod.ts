/**
 * The port to the other nodes. One inbox per node, not one channel per room.
 *
 * @module
 */
import type { MessageClass } from "../protocol.ts";
import type { RoomChange } from "../room.ts";
import type { RoomKey } from "../room_state.ts";

/** What one node tells another. */
export type BusMessage =
  /** A room changed: tell those of its people who are on your node. */
  | { kind: "changes"; room: RoomKey; changes: RoomChange[] }
  /** Hand this frame to one of your people. */
  | { kind: "deliver"; room: RoomKey; to: string; frame: string; of: MessageClass };

/** What an inbox does with what it gets. */
export interface Inbox {
  message(message: BusMessage): void;
  /** Messages may have been missed: whoever leans on them is to read anew. */
  missed(): void;
}

/** Carries messages between nodes. */
export interface Bus {
  /** Sends to one node's inbox. May lose, never doubles; in order per pair of nodes. */
  publish(node: string, message: BusMessage): void;
  /** Opens a node's inbox; the answer closes it. */
  subscribe(node: string, inbox: Inbox): Promise<() => Promise<void>>;
}
