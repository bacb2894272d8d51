/**
 * The port to the other nodes. One inbox per node, not one channel per room.
 *
 * @module
 */
import type { RoomChange, RoomKey } from "../room.ts";

/** What one node tells another. */
export type BusMessage =
  /** A room changed: tell those of its people who are on your node. */
  | { kind: "changes"; room: RoomKey; changes: RoomChange[] }
  /** Hand this frame to one of your people. */
  | { kind: "deliver"; room: RoomKey; to: string; frame: string };

export interface Bus {
  /** Sends to one node's inbox. May lose, never doubles; in order per pair of nodes. */
  publish(node: string, message: BusMessage): void;
  /** Opens a node's inbox; the answer closes it. */
  subscribe(node: string, receive: (message: BusMessage) => void): Promise<() => Promise<void>>;
}
