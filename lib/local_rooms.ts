/**
 * The rooms that have people on this node, as they are known here: moves them on by what has become of them, tells those
 * who are here, and the other nodes. Asks no store, and waits for nothing.
 *
 * @module
 */
import type { Bus } from "./bus/mod.ts";
import type { Counters } from "./counters.ts";
import { LocalRoom } from "./local_room.ts";
import type { Log } from "./log.ts";
import { record } from "./record.ts";
import type { Changed } from "./room.ts";
import type { RoomChange } from "./room_change.ts";
import type { Refusal } from "./room_event.ts";
import { keyOf, newStamp, type RoomKey, type RoomState, succeeds } from "./room_state.ts";
import { follow, rebased, type Told } from "./room_view.ts";

export interface LocalRoomsParts {
  /** This node's name. */
  node: string;
  bus: Bus;
  log: Log;
  counters: Counters;
  /** Told what a room with people of this node is like now; `null`: it has ended. */
  watch?(key: RoomKey, view: RoomState | null): void;
  /** Told of a room of which the store is to be asked: what is known here and what was heard do not go together. */
  doubted(room: LocalRoom): void;
}

export class LocalRooms {
  readonly #parts: LocalRoomsParts;
  readonly #rooms = new Map<string, LocalRoom>();
  /** Rooms in which something becomes due by itself: few of many, and looked at all the time. */
  readonly #dated = new Set<LocalRoom>();

  constructor(parts: LocalRoomsParts) {
    this.#parts = parts;
  }

  get all(): Iterable<LocalRoom> {
    return this.#rooms.values();
  }

  /** Rooms that have a deadline. */
  get dated(): Iterable<LocalRoom> {
    return this.#dated;
  }

  get size(): number {
    return this.#rooms.size;
  }

  /** Rooms that are to be brought before the store again. */
  get ahead(): LocalRoom[] {
    return [...this.#rooms.values()].filter(({ standing }) => standing === "ahead");
  }

  get(key: RoomKey): LocalRoom | undefined {
    return this.#rooms.get(keyOf(key));
  }

  /** News from another node; passed over for a room that has nobody here. */
  hear(key: RoomKey, told: Told): void {
    const room = this.get(key);
    if (!room) return;
    const { version } = room.view;
    const next = follow(room.view, told);
    if (next === undefined) return this.#doubt(room);
    const news = told.changes.filter((change) =>
      change.kind === "ended" || change.version > version
    );
    this.#advance(key, next, { changes: news, base: told.base });
    if (next === room.view && told.unsaved) room.standing = "ahead";
    else if (next === room.view && news.length > 0) room.saved = told.stamp;
  }

  /** What has become of a room: told to those here, and to the other nodes that have people in it. */
  settle(key: RoomKey, result: Changed | Refusal, how: Pick<Told, "unsaved"> = {}): void {
    if (result.kind === "refused") {
      // A room that the store does not have has ended, whoever missed it.
      if (result.code === "room_not_found") this.#advance(key, null);
      return;
    }
    const { state, changes, base } = result;
    record(this.#parts, key, changes);
    this.#tell(key, result, how);
    const known = this.get(key);
    if (state && known && succeeds(state, known.view)) this.#advance(key, null);
    if (state && !this.get(key)) return this.#add(new LocalRoom(state));
    // The store has lost what it knew, and this was made to less than what has been heard here meanwhile.
    const forked = state && known && changes.length > 0 && state.version <= known.view.version;
    if (forked) return this.#putOnTop(known, changes);
    this.#advance(key, state, { changes, base });
    if (known && state && !how.unsaved) known.saved = state.stamp;
  }

  #tell(key: RoomKey, { state, changes, base, nodes }: Changed, how: Pick<Told, "unsaved">): void {
    const { node: self, bus, counters } = this.#parts;
    const { version, stamp } = state ?? { version: 0, stamp: newStamp() };
    for (const node of nodes) {
      if (node === self) continue;
      const told = { changes, base, version, stamp, ...how };
      bus.publish(node, { kind: "changes", room: key, told }).catch(() => counters.busFailures++);
    }
  }

  #add(room: LocalRoom): void {
    const { node, watch } = this.#parts;
    if (!room.isOf(node)) return;
    const { key } = room.view;
    this.#rooms.set(keyOf(key), room);
    this.#date(room);
    watch?.(key, room.view);
  }

  /** Changes that were made to another state than what is known here; which of both is right the next beat shows. */
  #putOnTop(room: LocalRoom, changes: RoomChange[]): void {
    const { view } = room;
    const [next, moved] = rebased(view, changes);
    room.standing = "ahead";
    this.#advance(view.key, next, { changes: moved, base: view.stamp });
  }

  #advance(key: RoomKey, next: RoomState | null, news?: Pick<Told, "changes" | "base">): void {
    const room = this.get(key);
    if (!room) return;
    const kept = next && room.defended(next, news?.changes ?? []);
    if (kept === next) {
      room.advance(next, news);
    } else {
      room.advance(kept);
      this.#doubt(room);
    }
    const done = room.standing === "settled" && !room.isOf(this.#parts.node);
    if (next === null || done) {
      this.#rooms.delete(keyOf(key));
      this.#dated.delete(room);
    } else this.#date(room);
    this.#parts.watch?.(key, next && room.view);
  }

  #date(room: LocalRoom): void {
    if (room.deadline < Infinity) this.#dated.add(room);
    else this.#dated.delete(room);
  }

  #doubt(room: LocalRoom): void {
    room.standing = "ahead";
    this.#parts.doubted(room);
  }
}
