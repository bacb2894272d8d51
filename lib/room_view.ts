/**
 * A room from outside: what others see of it, and how a node that did not make a change keeps up.
 *
 * @module
 */
import { assertNever } from "./assert_never.ts";
import type { LeftReason, ParticipantInfo, RoomInfo } from "./protocol.ts";
import type { RoomChange } from "./room.ts";
import type { Member, RoomState } from "./room_state.ts";

/** What a node keeps of a room that it has people in. */
export type RoomView = Pick<RoomState, "key" | "settings" | "version" | "topology" | "members">;

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

/**
 * Follows a change that happened elsewhere. `undefined` when something before it was missed: then the room must
 * be read again. What is old changes nothing.
 */
export function follow(
  view: RoomView,
  change: Exclude<RoomChange, { kind: "ended" }>,
): RoomView | undefined {
  const { version } = change;
  if (version <= view.version) return view;
  if (version > view.version + 1) return undefined;
  switch (change.kind) {
    case "participant":
      return { ...view, version, members: { ...view.members, [change.member.id]: change.member } };
    case "left": {
      const { [change.id]: _, ...members } = view.members;
      return { ...view, version, members };
    }
    case "room":
      return { ...view, version, settings: change.settings };
    case "topology":
      return { ...view, version, topology: change.topology };
    default:
      return assertNever(change);
  }
}

/** What has to be told to someone who knows `before`, where the changes between were missed. */
export function difference(
  before: RoomView,
  after: RoomView & { banned?: RoomState["banned"] },
): RoomChange[] {
  const { version } = after;
  const changes: RoomChange[] = [];
  for (const member of Object.values(before.members)) {
    if (Object.hasOwn(after.members, member.id)) continue;
    const removed = Object.hasOwn(after.banned ?? {}, member.ticket);
    // Nobody can say any more whether it left or was lost.
    const reason: LeftReason = removed ? "removed" : "lost";
    changes.push({ kind: "left", version, id: member.id, reason });
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

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
