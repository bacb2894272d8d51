/**
 * Who of a room has no path to whom in the mesh: what was said of it, and for how long that counts.
 *
 * On an SFU nobody can see whether two could reach each other, so what was said in the mesh stands, whoever changes node
 * and whatever SFU the room is at, until one of the two has left. It may have been wrong, or not be so any more: after
 * `apartMs` the mesh may be tried again.
 *
 * @module
 */
import type { Measured } from "./protocol.ts";
import { type Member, memberOf, type RoomState, type RoomTopology } from "./room_state.ts";

/** Whom somebody did not reach, by id, and when it last said so, in ms since 1970. */
export type Unreached = Readonly<Record<string, number>>;

/** Someone in the room, as far as it matters here. */
export interface Reach {
  id: string;
  /** ms since 1970. */
  joinedAt: number;
  unreached?: Unreached;
}

/** A member after its report. In the mesh that is its whole word: who is not named in it has a path. */
export function withMeasured(
  { members, topology }: Pick<RoomState, "members" | "topology">,
  { member, measured }: { member: Member; measured: Measured },
  now: number,
): Member {
  const { unreachable = [], ...rest } = measured;
  const unreached = new Map(
    Object.entries(member.unreached ?? {}).filter(([, at]) => !isOfThisMesh(topology, at)),
  );
  for (const id of unreachable) {
    if (id === member.id || !memberOf({ members }, id)) continue;
    const before = member.unreached?.[id] ?? -1;
    unreached.set(id, isOfThisMesh(topology, before) ? before : now);
  }
  const here = [...unreached].filter(([id]) => memberOf({ members }, id)).toSorted();
  const { unreached: _, ...others } = member;
  const kept = here.length > 0 ? { unreached: Object.fromEntries(here) } : {};
  return { ...others, measured: rest, ...kept };
}

/** Until when two who are here count as having no path to each other, in ms since 1970; 0: all have one. */
export function apartUntil(
  { people, topology }: { people: readonly Reach[]; topology: RoomTopology },
  apartMs: number,
): number {
  const joinedAt = new Map(people.map((one) => [one.id, one.joinedAt]));
  let until = 0;
  for (const { unreached = {} } of people) {
    for (const [id, at] of Object.entries(unreached)) {
      // Nobody knows yet of whoever has left and come again.
      if (at < (joinedAt.get(id) ?? Infinity)) continue;
      if (isOfThisMesh(topology, at)) return Infinity;
      until = Math.max(until, lastCounted(topology, at) + apartMs);
    }
  }
  return until;
}

function isOfThisMesh({ mode, since }: RoomTopology, at: number): boolean {
  return mode === "mesh" && at > since;
}

/** What had a room lifted was true up to then, however long it had waited for an SFU. */
function lastCounted({ mode, reason, since }: RoomTopology, at: number): number {
  return mode === "sfu" && reason === "unconnected" ? Math.max(at, since) : at;
}
