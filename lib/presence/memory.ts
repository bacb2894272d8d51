import { POLICY } from "../policy.ts";
import { reduce } from "../room.ts";
import { deadline, type RoomKey, type RoomState } from "../room_state.ts";
import { keyOf, type Page, type Presence, roomNotFound } from "./mod.ts";

/** Rooms in this process's memory: for one node, and for tests. */
export function memoryPresence(): Presence {
  const tenants = new Map<string, Map<string, RoomState>>();
  const deadlines = new Map<string, { key: RoomKey; at: number }>();

  function roomsOf(tenant: string): Map<string, RoomState> {
    let rooms = tenants.get(tenant);
    if (!rooms) tenants.set(tenant, rooms = new Map());
    return rooms;
  }

  function save(key: RoomKey, state: RoomState | null): void {
    const at = state ? deadline(state) : Infinity;
    if (at === Infinity) deadlines.delete(keyOf(key));
    else deadlines.set(keyOf(key), { key, at });
    if (state) roomsOf(key.tenant).set(key.id, state);
    else roomsOf(key.tenant).delete(key.id);
  }

  return {
    create(room) {
      const rooms = roomsOf(room.key.tenant);
      if (rooms.has(room.key.id)) return Promise.resolve("exists");
      if (rooms.size >= POLICY.roomsPerTenant) return Promise.resolve("limit");
      save(room.key, room);
      return Promise.resolve("created");
    },
    read(key) {
      return Promise.resolve(roomsOf(key.tenant).get(key.id));
    },
    list(tenant, { cursor, limit }): Promise<Page> {
      const rooms = roomsOf(tenant);
      const ids = [...rooms.keys()].filter((id) => cursor === undefined || id > cursor).sort();
      const page = ids.slice(0, limit);
      return Promise.resolve({
        rooms: page.map((id) => rooms.get(id)!),
        cursor: ids.length > limit ? page.at(-1) : undefined,
      });
    },
    change(key, event, now) {
      const state = roomsOf(key.tenant).get(key.id);
      if (!state) return Promise.resolve(roomNotFound(key));
      const result = reduce(state, event, now);
      if (result.kind === "changed" && result.state !== state) save(key, result.state);
      return Promise.resolve(result);
    },
    due(now) {
      const due = [...deadlines.values()].filter(({ at }) => at <= now);
      return Promise.resolve(due.map(({ key }) => key));
    },
  };
}
