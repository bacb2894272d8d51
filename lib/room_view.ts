/**
 * A room from outside: what others see of it, and how a node that did not make a change keeps up.
 *
 * @module
 */
import type { LeftReason, ParticipantInfo, RoomInfo, Topology } from "./protocol.ts";
import { evolve, type RoomChange, same } from "./room_change.ts";
import { type Member, newStamp, type RoomState, type RoomTopology } from "./room_state.ts";

/** Member -> what others see of it. */
export function participantInfo(member: Member): ParticipantInfo {
  const { id, identity, name, joinedAt, permissions, media, attributes, metadata } = member;
  const state = member.presence.state;
  return { id, identity, name, state, joinedAt, permissions, media, attributes, metadata };
}

/** Room -> what its participants see of it. */
export function roomInfo({ key, settings }: Pick<RoomState, "key" | "settings">): RoomInfo {
  const { name, maxParticipants, metadata } = settings;
  return { id: key.id, name, maxParticipants, metadata };
}

/** A room's topology -> what its participants see of it. */
export function topologyInfo(topology: RoomTopology): Topology {
  const { epoch } = topology;
  if (topology.mode === "mesh") return { mode: "mesh", epoch };
  return { mode: "sfu", epoch, grant: topology.grant };
}

/** Changes of a room as one node tells them to another. */
export interface Told {
  changes: RoomChange[];
  /** The stamp of the state before them. */
  base: string;
  /** Of the state after them. */
  version: number;
  stamp: string;
  /** The store was away, and does not have them. */
  unsaved?: true;
}

/**
 * Follows changes that happened elsewhere; `null`: the room has ended. `undefined` when something before them was
 * missed: then the store has to be asked. What is old changes nothing.
 */
export function follow(view: RoomState, told: Told): RoomState | null | undefined {
  let next = view;
  for (const change of told.changes) {
    // Or it is the end of another room that had this id.
    if (change.kind === "ended") return told.base === view.stamp ? null : undefined;
    if (change.version <= next.version) continue;
    if (change.version > next.version + 1) return undefined;
    next = evolve(next, change);
  }
  if (next.version < told.version) return undefined;
  if (next === view) return view;
  // Nodes that could not hear each other may each have made a state of this version.
  return told.base === view.stamp ? { ...next, stamp: told.stamp } : undefined;
}

/** What changes that were made to another state make of this one, and the changes as they are then. */
export function rebased(view: RoomState, changes: RoomChange[]): [RoomState, RoomChange[]] {
  let next = view;
  const moved: RoomChange[] = [];
  for (const change of changes) {
    if (change.kind === "ended") continue;
    const later = { ...change, version: next.version + 1 };
    next = evolve(next, later);
    moved.push(later);
  }
  return [{ ...next, stamp: newStamp() }, moved];
}

/** What has to be told to someone who knows `before`, where changes between were missed; `known`: those that were not. */
export function difference(
  before: RoomState,
  after: RoomState,
  known: RoomChange[] = [],
): RoomChange[] {
  const reasons = new Map(known.flatMap((c) => c.kind === "left" ? [[c.id, c.reason]] : []));
  const { version } = after;
  // Counts only where nobody is left.
  const at = after.emptySince ?? 0;
  const changes: RoomChange[] = [];
  for (const member of Object.values(before.members)) {
    if (Object.hasOwn(after.members, member.id)) continue;
    const removed = Object.hasOwn(after.banned, member.ticket);
    // Of others nobody can say any more whether they left or were lost.
    const reason: LeftReason = reasons.get(member.id) ?? (removed ? "removed" : "lost");
    changes.push({ kind: "left", version, id: member.id, reason, at });
  }
  for (const member of Object.values(after.members)) {
    if (same(before.members[member.id], member)) continue;
    changes.push({ kind: "participant", version, member, cause: "updated" });
  }
  if (!same(before.settings, after.settings)) {
    changes.push({ kind: "room", version, settings: after.settings });
  }
  if (!same(before.topology, after.topology)) {
    changes.push({ kind: "topology", version, topology: after.topology, reason: "missed" });
  }
  return changes;
}
