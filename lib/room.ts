/**
 * How a room changes: a pure function of (state, event, now). It never awaits and never reads a clock, so every store
 * can run it inside its own atomic change.
 *
 * @module
 */
import { permitted, refusalOf } from "./admit.ts";
import { assertNever } from "./assert_never.ts";
import { POLICY } from "./policy.ts";
import {
  evolve,
  type ParticipantCause,
  type RoomChange,
  same,
  type Unversioned,
} from "./room_change.ts";
import {
  deadline,
  type Member,
  memberOf,
  nodesOf,
  type RoomSettings,
  type RoomState,
  type SettingsChange,
  succeeds,
} from "./room_state.ts";
import type { Enter, Refusal, RoomEvent } from "./room_event.ts";
import { withMeasured } from "./reach.ts";
import { committed } from "./room_topology.ts";

interface Applied {
  kind: "changed";
  /** `null` when the room has ended. */
  state: RoomState | null;
  changes: RoomChange[];
}

/** The event has happened. */
export interface Changed extends Applied {
  /** The stamp of the state to which the changes were made. */
  base: string;
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
  const nodes = result.state === state ? [] : [...nodesOf(state).union(nodesOf(result.state))];
  return { ...result, base: state.stamp, nodes };
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
      return changed(state, { kind: "left", id: event.id, reason: "left", at: now });
    case "remove":
      return remove(state, event, now);
    case "configure":
      return configure(state, event.given);
    case "measure": {
      const member = memberOf(state, event.id);
      const next = member && withMeasured(state, { member, measured: event.measured }, now);
      return !next || same(member, next) ? unchanged(state) : put(state, next, "measured");
    }
    case "topology":
      return commitTopology(state, event, now);
    case "tick":
      return tick(state, event.dead ?? {}, now);
    case "restore":
      return restore(state, event, now);
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

function changed(state: RoomState, ...told: Unversioned[]): Applied {
  let next = state;
  const changes = told.map((change) => {
    const versioned = { ...change, version: next.version + 1 };
    next = evolve(next, versioned);
    return versioned;
  });
  return { kind: "changed", state: next, changes };
}

function put(state: RoomState, member: Member, cause: ParticipantCause): Applied {
  return changed(state, { kind: "participant", member, cause });
}

function configure(state: RoomState, given: SettingsChange): Applied | Refusal {
  const settings = configured(state.settings, given);
  if ("kind" in settings) return settings;
  return changed(state, { kind: "room", settings });
}

function enter(state: RoomState, event: Enter, now: number): Applied | Refusal {
  const { admission, node, region, connection, media, attributes } = event;
  const here = memberOf(state, admission.id);
  // Later than the socket before it, whatever the clock of that one's node says.
  const enteredAt = here ? Math.max(now, here.enteredAt + 1) : now;
  const speaks = { node, region, connection, enteredAt, presence: { state: "active" } as const };
  if (here) {
    const said = { media: media ?? here.media, attributes: attributes ?? here.attributes };
    return permitted(here.permissions, media) ??
      put(state, { ...here, ...said, ...speaks }, "resumed");
  }
  return refusalOf(state, event, now) ?? put(state, {
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
  const ban = { ticket: member.ticket, until: member.expiresAt };
  return changed(state, { kind: "left", id: event.id, reason: "removed", at: now, ban });
}

function commitTopology(
  state: RoomState,
  event: RoomEvent & { kind: "topology" },
  now: number,
): Applied | Refusal {
  const { epoch } = state.topology;
  const { expectedEpoch, to, reason } = event;
  if (expectedEpoch !== epoch) {
    return {
      kind: "refused",
      code: "epoch_stale",
      message:
        `Cannot set topology "${to.mode}": the room is at epoch ${epoch}; expected ${expectedEpoch}`,
    };
  }
  const topology = committed(state.topology, event, now);
  return topology ? changed(state, { kind: "topology", topology, reason }) : unchanged(state);
}

function tick(state: RoomState, dead: Readonly<Record<string, number>>, now: number): Applied {
  if (state.emptySince !== null) return deadline(state) > now ? unchanged(state) : ended;
  const told: Unversioned[] = [];
  for (const member of Object.values(state.members)) {
    const since = member.presence.state === "away" ? member.presence.since : dead[member.node];
    if (since === undefined) continue;
    if (since + POLICY.awayGraceMs <= now) {
      told.push({ kind: "left", id: member.id, reason: "lost", at: now });
    } else if (member.presence.state === "active") {
      const gone = { ...member, presence: { state: "away", since } as const };
      told.push({ kind: "participant", member: gone, cause: "away" });
    }
  }
  return changed(state, ...told);
}

function restore(
  state: RoomState,
  { node, view, saved }: RoomEvent & { kind: "restore" },
  now: number,
): Applied | Refusal {
  if (state.stamp === view.stamp) return unchanged(state);
  if (succeeds(state, view)) {
    return {
      kind: "refused",
      code: "room_not_found",
      message: `Cannot restore room "${state.key.id}": it has ended, and another has its id`,
    };
  }
  const told: Unversioned[] = [];
  const knows = (member: Member) => member.node === node || state.stamp === saved;
  // Whoever heard of a removal hands it on, or a store that lost it would let its token in again.
  const banned = { ...state.banned, ...view.banned };
  for (const mine of Object.values(view.members)) {
    const member = memberOf(state, mine.id);
    if (!knows(mine) || Object.hasOwn(banned, mine.ticket)) continue;
    // Of two sockets the later one speaks; the node with the other finds out by itself.
    const surpassed = member !== undefined && member.connection !== mine.connection &&
      member.enteredAt >= mine.enteredAt;
    if (surpassed || same(member, mine)) continue;
    told.push({ kind: "participant", member: mine, cause: member ? "updated" : "joined" });
  }
  for (const member of Object.values(state.members)) {
    if (Object.hasOwn(banned, member.ticket)) {
      told.push({ kind: "left", id: member.id, reason: "removed", at: now });
    } else if (knows(member) && !memberOf(view, member.id)) {
      told.push({ kind: "left", id: member.id, reason: "left", at: now });
    }
  }
  // A store that has lost its last moments must not take an epoch back that clients know.
  if (view.topology.epoch > state.topology.epoch) {
    told.push({ kind: "topology", topology: view.topology, reason: view.topology.reason });
  }
  // Above both, so that whoever knows either of them moves on to this one.
  const version = Math.max(state.version, view.version);
  const from = { ...state, version, banned };
  const news = Object.keys(banned).length > Object.keys(state.banned).length;
  if (told.length > 0 && !news) return changed(from, ...told);
  if (told.length === 0 && !news && view.version < state.version) return unchanged(state);
  // A version more than the changes say: who only follows them has not all of it, and asks the store.
  const next = changed(from, ...told);
  return { ...next, state: { ...next.state!, version: next.state!.version + 1 } };
}

function participantNotFound(state: RoomState, id: string): Refusal {
  return {
    kind: "refused",
    code: "participant_not_found",
    message:
      `Cannot find participant "${id}" in room "${state.key.id}"; expected the id of someone who is in it`,
  };
}
