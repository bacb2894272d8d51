/**
 * A room as a pure function of (state, event, now). It never awaits and never reads a clock, so every store
 * can run it inside its own atomic change.
 *
 * @module
 */
import type { ErrorCode } from "./codes.ts";
import { POLICY } from "./policy.ts";
import type {
  Attributes,
  LeftReason,
  Media,
  ParticipantInfo,
  Permissions,
  RoomInfo,
  Topology,
  TopologyMode,
} from "./protocol.ts";

/** What a room's owner may set. */
export interface RoomSettings {
  name?: string;
  maxParticipants: number;
  topology: TopologyPolicy;
  regions: string[];
  /** How long the room lives without participants, in s. */
  emptyTimeoutSeconds: number;
  metadata?: unknown;
}

export interface TopologyPolicy {
  mode: "auto" | TopologyMode;
  promoteAt: number;
  demoteAt: number;
}

/** A room belongs to a tenant; two tenants may each have one of the same id. */
export interface RoomKey {
  readonly tenant: string;
  readonly id: string;
}

/** One participant, and where it is. */
export interface Member {
  id: string;
  identity: string;
  name?: string;
  permissions: Permissions;
  metadata?: unknown;
  media: Media;
  attributes: Attributes;
  joinedAt: number;
  /** The token that it came with; a removal bans the token for as long as it lives. */
  ticket: string;
  /** When that token expires, in ms since 1970. */
  expiresAt: number;
  /** The node that holds its socket. */
  node: string;
  /** The socket that speaks for it: an older one has no say any more. */
  connection: string;
  presence: { state: "active" } | { state: "away"; since: number };
}

export interface RoomState {
  key: RoomKey;
  settings: RoomSettings;
  createdAt: number;
  /** Goes up by one with each change that others see. */
  version: number;
  topology: Topology;
  members: Readonly<Record<string, Member>>;
  /** Since when nobody is here, or `null`. */
  emptySince: number | null;
  /** Banned tokens and when they expire by themselves. */
  banned: Readonly<Record<string, number>>;
}

/** What may be let in: from a token (`id` is new) or a session (`id` is known). */
export interface Admission {
  id: string;
  identity: string;
  name?: string;
  permissions: Permissions;
  metadata?: unknown;
  ticket: string;
  /** ms since 1970. */
  expiresAt: number;
}

export type RoomEvent =
  | {
    kind: "enter";
    admission: Admission;
    node: string;
    connection: string;
    media?: Media;
    attributes?: Attributes;
  }
  | { kind: "update"; id: string; media?: Media; attributes?: Attributes }
  | { kind: "away"; id: string; connection: string }
  | { kind: "leave"; id: string; connection: string }
  | { kind: "remove"; id: string }
  | { kind: "configure"; settings: Partial<RoomSettings> }
  | { kind: "topology"; expectedEpoch: number; mode: TopologyMode; reason: string }
  | { kind: "tick" }
  | { kind: "end" };

/** Why the others hear of a participant. */
export type ParticipantCause = "joined" | "resumed" | "updated" | "away";

/** What everyone in the room is told, in order. */
export type RoomChange =
  | { kind: "participant"; version: number; member: Member; cause: ParticipantCause }
  | { kind: "left"; version: number; id: string; reason: LeftReason }
  | { kind: "room"; version: number; room: RoomInfo }
  | { kind: "topology"; version: number; topology: Topology; reason: string }
  | { kind: "ended" };

/** The event cannot be: nothing has changed. */
export interface Refusal {
  kind: "refused";
  code: ErrorCode | "epoch_stale";
  message: string;
  retryAfterMs?: number;
}

/** `state` is `null` when the room has ended. */
interface Applied {
  kind: "changed";
  state: RoomState | null;
  changes: RoomChange[];
}

export interface Changed extends Applied {
  /** The nodes that hold someone of the room, before or after: who has to be told. */
  nodes: string[];
}

export function newRoom(key: RoomKey, settings: RoomSettings, now: number): RoomState {
  return {
    key,
    settings,
    createdAt: now,
    version: 0,
    topology: { mode: "mesh", epoch: 1 },
    members: {},
    emptySince: now,
    banned: {},
  };
}

/** Member -> what others see of it. */
export function participantInfo(member: Member): ParticipantInfo {
  const { id, identity, name, joinedAt, permissions, media, attributes, metadata } = member;
  const state = member.presence.state;
  return { id, identity, name, state, joinedAt, permissions, media, attributes, metadata };
}

/** The member of that id, if it is in the room. Ids come from the wire: "constructor" is nobody. */
export function memberOf(state: RoomState, id: string): Member | undefined {
  return Object.hasOwn(state.members, id) ? state.members[id] : undefined;
}

export function roomInfo(state: RoomState): RoomInfo {
  const { name, maxParticipants, metadata } = state.settings;
  return { id: state.key.id, name, maxParticipants, metadata };
}

/** When something is due in this room without anyone's doing, in ms since 1970; `Infinity` if never. */
export function deadline(state: RoomState): number {
  if (state.emptySince !== null) {
    return state.emptySince + state.settings.emptyTimeoutSeconds * 1000;
  }
  let at = Infinity;
  for (const { presence } of Object.values(state.members)) {
    if (presence.state === "away") at = Math.min(at, presence.since + POLICY.awayGraceMs);
  }
  return at;
}

/** The one way in which a room changes. */
export function reduce(state: RoomState, event: RoomEvent, now: number): Changed | Refusal {
  const result = apply(state, event, now);
  if (result.kind === "refused") return result;
  const members = result.changes.length === 0
    ? []
    : [...Object.values(state.members), ...Object.values(result.state?.members ?? {})];
  return { ...result, nodes: [...new Set(members.map((member) => member.node))] };
}

function apply(state: RoomState, event: RoomEvent, now: number): Applied | Refusal {
  switch (event.kind) {
    case "enter":
      return enter(state, event, now);
    case "update":
      return update(state, event);
    case "away": {
      const member = memberOf(state, event.id);
      if (member?.connection !== event.connection || member.presence.state === "away") {
        return unchanged(state);
      }
      return put(state, { ...member, presence: { state: "away", since: now } }, "away");
    }
    case "leave":
      if (memberOf(state, event.id)?.connection !== event.connection) return unchanged(state);
      return drop(state, [event.id], "left", now);
    case "remove":
      return remove(state, event, now);
    case "configure": {
      const next = {
        ...state,
        settings: { ...state.settings, ...event.settings },
        version: state.version + 1,
      };
      return {
        kind: "changed",
        state: next,
        changes: [{ kind: "room", version: next.version, room: roomInfo(next) }],
      };
    }
    case "topology":
      return commitTopology(state, event);
    case "tick":
      return tick(state, now);
    case "end":
      return ended;
    default:
      return assertNever(event);
  }
}

/**
 * Follows a change that happened elsewhere. `undefined` when something before it was missed: then the room must
 * be read again.
 */
export function follow(state: RoomState, change: RoomChange): RoomState | undefined {
  if (change.kind === "ended") return state;
  if (change.version <= state.version) return state;
  if (change.version > state.version + 1) return undefined;
  const next = { ...state, version: change.version };
  switch (change.kind) {
    case "participant":
      return { ...next, members: { ...state.members, [change.member.id]: change.member } };
    case "left": {
      const { [change.id]: _, ...members } = state.members;
      return { ...next, members };
    }
    case "room": {
      const { name, maxParticipants, metadata } = change.room;
      return { ...next, settings: { ...state.settings, name, maxParticipants, metadata } };
    }
    case "topology":
      return { ...next, topology: change.topology };
    default:
      return assertNever(change);
  }
}

const ended: Applied = { kind: "changed", state: null, changes: [{ kind: "ended" }] };

function unchanged(state: RoomState): Applied {
  return { kind: "changed", state, changes: [] };
}

function put(state: RoomState, member: Member, cause: ParticipantCause): Applied {
  const version = state.version + 1;
  return {
    kind: "changed",
    state: {
      ...state,
      version,
      members: { ...state.members, [member.id]: member },
      emptySince: null,
    },
    changes: [{ kind: "participant", version, member, cause }],
  };
}

function drop(state: RoomState, ids: string[], reason: LeftReason, now: number): Applied {
  const members = { ...state.members };
  let version = state.version;
  const changes = ids.map((id): RoomChange => {
    delete members[id];
    return { kind: "left", version: ++version, id, reason };
  });
  const emptySince = Object.keys(members).length === 0 ? now : null;
  return { kind: "changed", state: { ...state, members, version, emptySince }, changes };
}

type Enter = RoomEvent & { kind: "enter" };

function enter(state: RoomState, event: Enter, now: number): Applied | Refusal {
  const { admission, node, connection, media, attributes } = event;
  const room = state.key.id;
  if (Object.hasOwn(state.banned, admission.ticket)) {
    return {
      kind: "refused",
      code: "removed",
      message:
        `Cannot enter room "${room}": this token's participant was removed; expected a new token`,
    };
  }
  const speaks = { node, connection, presence: { state: "active" } as const };
  const here = memberOf(state, admission.id);
  if (here) {
    const said = { media: media ?? here.media, attributes: attributes ?? here.attributes };
    return permitted(here.permissions, media) ??
      put(state, { ...here, ...said, ...speaks }, "resumed");
  }
  if (admission.expiresAt <= now) {
    return {
      kind: "refused",
      code: "token_expired",
      message: `Cannot enter room "${room}": the token expired at ${
        new Date(admission.expiresAt).toISOString()
      }; expected one that is still valid`,
    };
  }
  const count = Object.keys(state.members).length;
  if (count >= state.settings.maxParticipants) {
    return {
      kind: "refused",
      code: "room_full",
      message:
        `Cannot enter room "${room}": it holds ${count} participants; expected fewer than ${state.settings.maxParticipants}`,
      retryAfterMs: POLICY.roomFullRetryMs,
    };
  }
  const { id, identity, name, permissions, metadata, ticket, expiresAt } = admission;
  return permitted(permissions, media) ?? put(state, {
    id,
    identity,
    name,
    permissions,
    metadata,
    ticket,
    expiresAt,
    joinedAt: now,
    media: media ?? { microphone: false, camera: false, screen: false },
    attributes: attributes ?? {},
    ...speaks,
  }, "joined");
}

function update(state: RoomState, event: RoomEvent & { kind: "update" }): Applied | Refusal {
  const member = memberOf(state, event.id);
  if (!member) return participantNotFound(state, event.id);
  const media = event.media ?? member.media;
  const attributes = event.attributes ?? member.attributes;
  return permitted(member.permissions, event.media) ??
    put(state, { ...member, media, attributes }, "updated");
}

function remove(
  state: RoomState,
  event: RoomEvent & { kind: "remove" },
  now: number,
): Applied | Refusal {
  const member = memberOf(state, event.id);
  if (!member) return participantNotFound(state, event.id);
  const banned = Object.fromEntries(
    Object.entries(state.banned).filter(([, until]) => until > now),
  );
  banned[member.ticket] = member.expiresAt;
  return drop({ ...state, banned }, [event.id], "removed", now);
}

function commitTopology(
  state: RoomState,
  event: RoomEvent & { kind: "topology" },
): Applied | Refusal {
  const { epoch, mode } = state.topology;
  if (event.expectedEpoch !== epoch) {
    return {
      kind: "refused",
      code: "epoch_stale",
      message:
        `Cannot set topology "${event.mode}": the room is at epoch ${epoch}; expected ${event.expectedEpoch}`,
    };
  }
  if (event.mode === mode) return unchanged(state);
  const topology = { mode: event.mode, epoch: epoch + 1 };
  const version = state.version + 1;
  return {
    kind: "changed",
    state: { ...state, topology, version },
    changes: [{ kind: "topology", version, topology, reason: event.reason }],
  };
}

function tick(state: RoomState, now: number): Applied {
  if (deadline(state) > now) return unchanged(state);
  if (state.emptySince !== null) return ended;
  const lost = Object.values(state.members)
    .filter(({ presence }) =>
      presence.state === "away" && presence.since + POLICY.awayGraceMs <= now
    )
    .map((member) => member.id);
  return drop(state, lost, "lost", now);
}

function permitted(permissions: Permissions, media: Media | undefined): Refusal | undefined {
  if (!media || permissions.publish) return undefined;
  if (!media.microphone && !media.camera && !media.screen) return undefined;
  return {
    kind: "refused",
    code: "not_permitted",
    message: `Cannot publish: the token has publish=false; expected media that is all false`,
  };
}

function participantNotFound(state: RoomState, id: string): Refusal {
  return {
    kind: "refused",
    code: "participant_not_found",
    message:
      `Cannot find participant "${id}" in room "${state.key.id}"; expected the id of someone who is in it`,
  };
}

/** Ends an exhaustive `switch`. */
export function assertNever(value: never): never {
  throw new TypeError(`Cannot handle ${JSON.stringify(value)}: expected a known kind`);
}
