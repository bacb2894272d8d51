/**
 * Who of a room has no path to whom in the mesh: what was said of it, and for how long that counts.
 *
 * On an SFU nobody can see whether two could reach each other. So what was said in the mesh stands, whoever changes node
 * and whatever SFU the room is at, until one of the two has left. It may have been wrong, or not be so any more: after
 * `apartMs` the mesh is tried again, for `trialMs` if nobody says anything else.
 *
 * @module
 */
import type { Measured } from "./protocol.ts";
import {
  type Member,
  memberOf,
  type RoomState,
  type RoomTopology,
  type Unreached,
} from "./room_state.ts";

/** Someone in the room, as far as it matters here. */
export interface ReachView {
  id: string;
  /** ms since 1970. */
  joinedAt: number;
  unreached?: Unreached;
  /** Its last word. */
  measured?: Pick<Measured, "unreachable">;
}

/** In ms. */
export interface ReachPolicy {
  /** How long two who could not reach each other keep a room on an SFU. */
  apartMs: number;
  /** How long they have then to find a path after all. */
  trialMs: number;
}

/** Whether two who are here have no path to each other, and when time alone may change that, in ms since 1970. */
export interface Reach {
  apart: boolean;
  until: number;
}

/** A member after its report. In the mesh that is its whole word: whom it names no more, it reaches. */
export function withMeasured(
  { members, topology }: Pick<RoomState, "members" | "topology">,
  { member, measured }: { member: Member; measured: Measured },
  now: number,
): Member {
  const isHere = (id: string) => id !== member.id && memberOf({ members }, id) !== undefined;
  const { unreachable = [], ...rest } = measured;
  const word = [...new Set(unreachable)].filter(isHere).toSorted();
  const before = member.measured?.unreachable ?? [];
  const unreached = new Map(
    Object.entries(member.unreached ?? {}).filter(([id, at]) => {
      const takenBack = topology.mode === "mesh" && (before.includes(id) || at > topology.since);
      return isHere(id) && (word.includes(id) || !takenBack);
    }),
  );
  for (const id of word) if (!before.includes(id) || !unreached.has(id)) unreached.set(id, now);
  const { unreached: _, ...others } = member;
  return {
    ...others,
    measured: { ...rest, ...(word.length > 0 && { unreachable: word }) },
    ...(unreached.size > 0 && { unreached: Object.fromEntries([...unreached].toSorted()) }),
  };
}

/** What is known of the room now. */
export function reachOf(
  { people, topology }: { people: readonly ReachView[]; topology: RoomTopology },
  policy: ReachPolicy,
  now: number,
): Reach {
  const joinedAt = new Map(people.map((one) => [one.id, one.joinedAt]));
  const all = people.flatMap(({ unreached = {}, measured }) =>
    Object.entries(unreached).flatMap(([id, at]) => {
      const joined = joinedAt.get(id);
      if (joined === undefined) return [];
      const isSaid = measured?.unreachable?.includes(id) ?? false;
      return [reachOfTwo({ at, joined, isSaid }, topology, policy, now)];
    })
  );
  const apart = all.filter((one) => one.apart);
  if (apart.length > 0) return { apart: true, until: Math.max(...apart.map(({ until }) => until)) };
  return { apart: false, until: Math.min(Infinity, ...all.map(({ until }) => until)) };
}

/** `at`: when it was said. `joined`: when the other came. `isSaid`: still. */
interface Said {
  at: number;
  joined: number;
  isSaid: boolean;
}

function reachOfTwo(
  { at, joined, isSaid }: Said,
  { mode, reason, since }: RoomTopology,
  { apartMs, trialMs }: ReachPolicy,
  now: number,
): Reach {
  const tried = mode === "mesh" ? Math.max(since, joined) : Infinity;
  if (at > tried) return { apart: true, until: Infinity };
  // What had the room lifted was true up to then, however long it had waited for an SFU.
  const last = mode === "sfu" && reason === "unconnected" ? Math.max(at, since) : at;
  // Of whoever has left and come again nobody knows yet.
  const remembered = at <= joined ? 0 : last + apartMs;
  if (remembered > now) return { apart: true, until: remembered };
  // It would have been taken back by then.
  if (isSaid && tried + trialMs <= now) return { apart: true, until: Infinity };
  return { apart: false, until: isSaid ? tried + trialMs : Infinity };
}
