/**
 * How a room changes: a pure function of (state, event, now). It never awaits and never reads a clock, so every store
 * can run it inside its own atomic change.
 *
 * @module
 */
import { assertNever } from "./assert_never.ts";
import type { ErrorCode } from "./codes.ts";
import { POLICY } from "./policy.ts";
import type {
  Attributes,
  LeftReason,
  Media,
  Permissions,
  Topology,
  TopologyMode,
} from "./protocol.ts";
import {
  type Admission,
  deadline,
  type Member,
  memberOf,
  type RoomSettings,
  type RoomState,
  type SettingsChange,
} from "./room_state.ts";

/** What may happen to a room. */
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
  | { kind: "configure"; given: SettingsChange }
  | { kind: "topology"; expectedEpoch: number; mode: TopologyMode; reason: string }
  | { kind: "tick" }
  | { kind: "end" };

/** Why the others hear of a participant. */
export type ParticipantCause = "joined" | "resumed" | "updated" | "away";

/** What everyone in the room is told, in order. */
export type RoomChange =
  | { kind: "participant"; version: number; member: Member; cause: ParticipantCause }
  | { kind: "left"; version: number; id: string; reason: LeftReason }
  | { kind: "room"; version: number; settings: RoomSettings }
  | { kind: "topology"; version: number; topology: Topology; reason: string }
  | { kind: "ended" };

/** Why an owner's change cannot be; sockets never see these. */
export type SettingsRefusal = "invalid_settings" | "epoch_stale";

/** The event cannot be: nothing has changed. */
export interface Refusal {
  kind: "refused";
  code: ErrorCode | SettingsRefusal;
  message: string;
  retryAfterMs?: number;
}

interface Applied {
  kind: "changed";
  /** `null` when the room has ended. */
  state: RoomState | null;
  changes: RoomChange[];
}

/** The event has happened. */
export interface Changed extends Applied {
  /** The nodes that hold someone of the room, before or after: who has to be told. */
  nodes: string[];
}

/** Settings with a change applied, or why that cannot be. */
export function configured(
  settings: RoomSettings,
  given: SettingsChange,
): RoomSettings | Refusal {
  const topology = { ...settings.topology, ...given.topology };
  if (topology.demoteAt >= topology.promoteAt) {
    return {
      kind: "refused",
      code: "invalid_settings",
      message:
        `Cannot use topology with promoteAt ${topology.promoteAt} and demoteAt ${topology.demoteAt}; expected demoteAt to be less than promoteAt`,
    };
  }
  return { ...settings, ...given, topology };
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
    case "configure":
      return configure(state, event.given);
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

function configure(state: RoomState, given: SettingsChange): Applied | Refusal {
  const settings = configured(state.settings, given);
  if ("kind" in settings) return settings;
  const version = state.version + 1;
  return {
    kind: "changed",
    state: { ...state, settings, version },
    changes: [{ kind: "room", version, settings }],
  };
}

type Enter = RoomEvent & { kind: "enter" };

function enter(state: RoomState, event: Enter, now: number): Applied | Refusal {
  const { admission, node, connection, media, attributes } = event;
  const room = state.key.id;
  const speaks = { node, connection, presence: { state: "active" } as const };
  const here = memberOf(state, admission.id);
  if (here) {
    const said = { media: media ?? here.media, attributes: attributes ?? here.attributes };
    return permitted(here.permissions, media) ??
      put(state, { ...here, ...said, ...speaks }, "resumed");
  }
  if (Object.hasOwn(state.banned, admission.ticket)) {
    return {
      kind: "refused",
      code: "removed",
      message:
        `Cannot enter room "${room}": this token's participant was removed; expected a new token`,
    };
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
  return permitted(admission.permissions, media) ?? put(state, {
    ...admission,
    ...speaks,
    joinedAt: now,
    media: media ?? { microphone: false, camera: false, screen: false },
    attributes: attributes ?? {},
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
