/**
 * Brings the rooms of this node and the store together again: the store is told what has become of this node's people
 * while it was away, and of rooms that it has lost; this node takes over what it has missed.
 *
 * @module
 */
import type { Bus } from "./bus/mod.ts";
import { eachOf } from "./each_of.ts";
import type { LocalRoom } from "./local_room.ts";
import type { LocalRooms } from "./local_rooms.ts";
import type { Log } from "./log.ts";
import { POLICY } from "./policy.ts";
import { type Beat, type Presence } from "./presence/mod.ts";
import { recordFailure } from "./record.ts";
import type { RoomEvent } from "./room_event.ts";
import { keyOf, type RoomKey } from "./room_state.ts";
import type { Turns } from "./turns.ts";

export interface ReconciliationParts {
  /** This node's name. */
  node: string;
  rooms: LocalRooms;
  presence: Presence;
  bus: Bus;
  log: Log;
  /** Of the changes to each room. */
  turns: Turns;
}

export class Reconciliation {
  readonly #parts: ReconciliationParts;

  constructor(parts: ReconciliationParts) {
    this.#parts = parts;
  }

  /** What the store says has changed elsewhere: whatever is not as it is known here is asked for by the next `all`. */
  async compare(changed: Beat["changed"]): Promise<void> {
    const { rooms, bus } = this.#parts;
    for (const { key, stamp, holds } of changed) {
      const room = rooms.get(key);
      if (room && room.view.stamp !== stamp) {
        room.standing = "ahead";
        // The bus has had its time to tell.
        bus.check();
      }
      // An answer got lost on the way: the store believes someone to be here who never came in.
      if (!room && holds) await this.#disown(key);
    }
  }

  /** Brings every room that is ahead before the store, some at a time. */
  async all(): Promise<void> {
    await eachOf(this.#parts.rooms.ahead, POLICY.roomsAtOnce, (room) => this.one(room));
  }

  /** Brings a room before the store when its turn comes, if it is still ahead then. Never rejects. */
  async one(room: LocalRoom): Promise<void> {
    const { rooms, turns, log } = this.#parts;
    const { key } = room.view;
    try {
      await turns.take(keyOf(key), async () => {
        if (rooms.get(key) === room && room.standing === "ahead") await this.inTurn(room);
      });
    } catch (error) {
      recordFailure(log, "reconcile_failed", key, error);
    }
  }

  /**
   * Brings a room before the store; only in its turn, so that no change of this node is under way.
   *
   * @throws {Unavailable} (rejects)
   */
  async inTurn(room: LocalRoom): Promise<void> {
    const { node, presence, rooms } = this.#parts;
    const { view, saved } = room;
    const event: RoomEvent = { kind: "restore", node, view, saved };
    // Before, because it may be doubted again meanwhile.
    room.standing = "settled";
    try {
      rooms.settle(view.key, await presence.change(view.key, event, Date.now(), view));
    } catch (error) {
      room.standing = "ahead";
      throw error;
    }
  }

  async #disown(key: RoomKey): Promise<void> {
    const { node, presence, rooms, turns, log } = this.#parts;
    const now = Date.now();
    try {
      await turns.take(keyOf(key), async () => {
        if (rooms.get(key)) return;
        const event: RoomEvent = { kind: "tick", dead: { [node]: now } };
        rooms.settle(key, await presence.change(key, event, now));
      });
    } catch (error) {
      recordFailure(log, "disown_failed", key, error);
    }
  }
}
