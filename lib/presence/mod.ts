/**
 * The port to what all nodes share: rooms with their rosters and topology. Every change is atomic.
 *
 * @module
 */
import type { Changed, Refusal, RoomEvent } from "../room.ts";
import type { RoomKey, RoomState } from "../room_state.ts";

export interface Page {
  rooms: RoomState[];
  /** Where the next page begins; absent on the last. */
  cursor?: string;
}

export interface Presence {
  /** Makes a room, unless one of its key exists or the tenant has `POLICY.roomsPerTenant`. */
  create(room: RoomState): Promise<"created" | "exists" | "limit">;
  read(key: RoomKey): Promise<RoomState | undefined>;
  /** One tenant's rooms by id, at most `limit`, those after `cursor`. */
  list(tenant: string, options: { cursor?: string; limit: number }): Promise<Page>;
  /** Applies `reduce` atomically. A room that is not there refuses with `room_not_found`. */
  change(key: RoomKey, event: RoomEvent, now: number): Promise<Changed | Refusal>;
  /** The rooms whose `deadline` has passed. */
  due(now: number): Promise<RoomKey[]>;
}

/** A room's key as one string; ids hold no slash. */
export function keyOf(key: RoomKey): string {
  return `${key.tenant}/${key.id}`;
}

export function roomNotFound(key: RoomKey): Refusal {
  return {
    kind: "refused",
    code: "room_not_found",
    message: `Cannot find room "${key.id}"; expected one made by POST /v1/rooms that has not ended`,
  };
}
