/**
 * The port to what all nodes share: rooms with their rosters and topology, and the nodes' leases. Every change is atomic.
 *
 * @module
 */
import { type Changed, reduce } from "../room.ts";
import type { Refusal, RoomEvent } from "../room_event.ts";
import { newStamp, type RoomKey, type RoomState } from "../room_state.ts";
import type { SfuNews, SfuRecord } from "../sfu/directory.ts";

/** A room as a list shows it. */
export type RoomSummary =
  & Pick<RoomState, "key" | "settings" | "createdAt" | "topology">
  & { participantCount: number };

export interface Page {
  rooms: RoomSummary[];
  /** Where the next page begins; absent on the last. */
  cursor?: string;
}

/** What a node learns by its sign of life. */
export interface Beat {
  /** The number of this node's last beat that the store remembers; 0 if it remembers none. */
  previous: number;
  /** Since when the store has lost nothing, in ms by its clock: another time than before says that it has. */
  since: number;
  /** Rooms with people of this node that changed elsewhere since the last beat, and the stamp that they have now; `null`: gone. `holds`: the node has someone active there. */
  changed: { key: RoomKey; stamp: string | null; holds: boolean }[];
  /** Up to when, by the store's clock, `changed` tells. What is older than the last `upTo` that was `seen` is not told again. */
  upTo: number;
  /** Rooms in which something is due, that this node is to see to: no other is told for a while. */
  due: RoomKey[];
  /** Nodes whose lease ran out, and when they gave their last sign of life, in ms since 1970. */
  dead: Record<string, number>;
  /** The SFUs of all nodes that are alive. */
  sfus: SfuNews;
  /** The store's clock when it answered, in ms since 1970. */
  time: number;
}

/** A node's sign of life. */
export interface Sign {
  /** The how manieth, from 1. */
  count: number;
  /** The last `upTo` that it has dealt with, or 0. */
  seen: number;
  /** The SFUs that it can use. */
  sfus: readonly SfuRecord[];
}

/** Every method rejects with `Unavailable` when the store cannot be used. */
export interface Presence {
  /** Makes a room, unless one of its key exists or the tenant has `POLICY.roomsPerTenant`. */
  create(room: RoomState): Promise<"created" | "exists" | "limit">;
  read(key: RoomKey): Promise<RoomState | undefined>;
  /** One tenant's rooms by id, at most `limit`, those after `cursor`. */
  list(tenant: string, options: { cursor?: string; limit: number }): Promise<Page>;
  /**
   * Applies `reduce` atomically. A room that is not there refuses with `room_not_found`. `known`, what the caller knows
   * of the room, saves reading it where it is current, and takes its place where the store has lost it.
   */
  change(
    key: RoomKey,
    event: RoomEvent,
    now: number,
    known?: RoomState,
  ): Promise<Changed | Refusal>;
  /** A node's sign of life: renews its lease. */
  beat(node: string, sign: Sign): Promise<Beat>;
  /** Has an SFU emptied by all nodes, or (`false`) used again. */
  drainSfu(id: string, draining: boolean): Promise<void>;
  /** `listener` is told when the store turns out to have lost what it knew. */
  onLoss(listener: () => void): void;
  /** Ends a node's lease: its people are taken for `away` from now on, until they come back on another. */
  retire(node: string): Promise<void>;
}

/** `forgotten`: the store knows no end of it, and has lost what it knew less than `POLICY.lease.recallMs` ago. */
export function roomNotFound(key: RoomKey, forgotten = false): Refusal {
  return {
    kind: "refused",
    code: "room_not_found",
    forgotten,
    message: `Cannot find room "${key.id}"; expected one made by POST /v1/rooms that has not ended`,
  };
}

/** A room that has the id of one that ended: made after that one, whatever the clocks of the nodes say. */
export function successorOf(room: RoomState, predecessor: number): RoomState {
  const createdAt = Math.max(room.createdAt, predecessor + 1);
  return { ...room, predecessor, createdAt, version: Math.max(room.version, createdAt) };
}

/** What a list shows of a room. */
export function summaryOf({ key, settings, createdAt, topology, members }: RoomState): RoomSummary {
  return { key, settings, createdAt, topology, participantCount: Object.keys(members).length };
}

/**
 * What an adapter does with an event, given what it has: `reduce`, with a new stamp for what is to be written; a state
 * that stays is the same object. A store that is behind what the caller knows goes on from the caller's version, so
 * that versions never go back.
 */
export function applied(
  state: RoomState,
  event: RoomEvent,
  now: number,
  known?: RoomState,
): Changed | Refusal {
  const behind = known !== undefined && known.version > state.version;
  const from = behind ? { ...state, version: known.version } : state;
  const result = reduce(from, event, now);
  if (result.kind === "refused" || result.state === null) return result;
  if (result.state === from) return { ...result, state };
  return { ...result, state: { ...result.state, stamp: newStamp() } };
}
