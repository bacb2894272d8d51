/**
 * What a room is: the state that every store keeps, as plain data.
 *
 * @module
 */
import { randomId } from "./ids.ts";
import { POLICY } from "./policy.ts";
import type {
  Attributes,
  Measured,
  Media,
  Permissions,
  Topology,
  TopologyMode,
  TopologyReason,
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

/** When a room's call is lifted to an SFU, and when it comes down: by itself (`auto`), or fixed. */
export interface TopologyPolicy {
  mode: "auto" | TopologyMode;
  /** With this many participants, or more, the call is lifted. */
  promoteAt: number;
  /** With this many, or fewer, it comes down again; less than `promoteAt`. */
  demoteAt: number;
}

/** What an owner changes: what is not named stays. */
export type SettingsChange = Partial<Omit<RoomSettings, "topology">> & {
  topology?: Partial<TopologyPolicy>;
};

/** What a room has where its owner says nothing. */
export function defaultSettings(): RoomSettings {
  const { maxParticipants, emptyTimeoutSeconds, promoteAt, demoteAt } = POLICY.room;
  const topology = { mode: "auto", promoteAt, demoteAt } as const;
  return { maxParticipants, emptyTimeoutSeconds, topology, regions: [] };
}

/** A room belongs to a tenant; two tenants may each have one of the same id. */
export interface RoomKey {
  readonly tenant: string;
  readonly id: string;
}

/** A room's key as one string; ids hold no slash. */
export function keyOf(key: RoomKey): string {
  return `${key.tenant}/${key.id}`;
}

/** The key that `keyOf` made a string of. */
export function parseKey(name: string): RoomKey {
  const slash = name.indexOf("/");
  return { tenant: name.slice(0, slash), id: name.slice(slash + 1) };
}

/** What may be let in: from a token (`id` is new) or a session (`id` is known). */
export interface Admission {
  id: string;
  identity: string;
  name?: string;
  permissions: Permissions;
  metadata?: unknown;
  /** The token that it came with; a removal bans the token for as long as it lives. */
  ticket: string;
  /** When that token expires, in ms since 1970. */
  expiresAt: number;
}

/** Whom somebody did not reach, by id, and since when it says so, in ms since 1970. */
export type Unreached = Readonly<Record<string, number>>;

/** One participant, and where it is. */
export interface Member extends Admission {
  media: Media;
  attributes: Attributes;
  /** ms since 1970. */
  joinedAt: number;
  /** The node that holds its socket. */
  node: string;
  /** Of that node. */
  region: string;
  /** What it has measured of its network; absent until it tells. */
  measured?: Measured;
  /** Whom it did not reach in the mesh, and since when it says so, see reach.ts; absent: nobody. */
  unreached?: Unreached;
  /** The socket that speaks for it: an older one has no say any more. */
  connection: string;
  /** When that socket entered, in ms since 1970: where two nodes each hold one, the later speaks. */
  enteredAt: number;
  presence: { state: "active" } | { state: "away"; since: number };
}

/** A room's topology, and what the next decision has to know of how it came about. Times in ms since 1970. */
export type RoomTopology = Topology & {
  reason: TopologyReason;
  /** When it was committed. */
  since: number;
  /** How many changes came soon after the one before them, in a row. */
  flaps: number;
  /** SFUs that failed this room, and until when it keeps away from each. */
  shunned: Readonly<Record<string, number>>;
};

/** A room, whole: what the store keeps of it. Times in ms since 1970. */
export interface RoomState {
  key: RoomKey;
  settings: RoomSettings;
  createdAt: number;
  /** When the last room of this key that has ended was made: whoever knows only that one has missed its end. */
  predecessor?: number;
  /** Goes up by one with each change that others see, from `createdAt` on: above that of any earlier room of the key. */
  version: number;
  /** Names the write that made this state: states of one stamp are equal, on whichever node. */
  stamp: string;
  topology: RoomTopology;
  members: Readonly<Record<string, Member>>;
  /** Since when nobody is here, or `null`. */
  emptySince: number | null;
  /** Banned tokens and when they expire by themselves. */
  banned: Readonly<Record<string, number>>;
}

/** A room that has just been made. */
export function newRoom(key: RoomKey, settings: RoomSettings, now: number): RoomState {
  return {
    key,
    settings,
    createdAt: now,
    version: now,
    stamp: newStamp(),
    topology: meshSince(now, 1, "new"),
    members: {},
    emptySince: now,
    banned: {},
  };
}

/** Whether `state` is of another room than `known`, made after that one had ended. */
export function succeeds(state: RoomState, known: RoomState): boolean {
  return state.predecessor !== undefined && state.predecessor >= known.createdAt;
}

/** A stamp for a state that is about to be written. */
export function newStamp(): string {
  return randomId(9);
}

/** The nodes that hold a socket of the room. */
export function activeNodesOf(state: Pick<RoomState, "members"> | null): Set<string> {
  const members = Object.values(state?.members ?? {});
  const active = members.filter(({ presence }) => presence.state === "active");
  return new Set(active.map((member) => member.node));
}

/** The nodes that hold, or held, someone of the room. */
export function nodesOf(state: Pick<RoomState, "members"> | null): Set<string> {
  return new Set(Object.values(state?.members ?? {}).map((member) => member.node));
}

/** What a room was made with: enough to make it again where nobody remembers it. */
export type RoomOrigin = Pick<RoomState, "createdAt" | "settings"> & {
  topology: Pick<Topology, "epoch">;
};

/** What the room is like, for who may have to bring it back. */
export function originOf({ createdAt, settings, topology: { epoch } }: RoomState): RoomOrigin {
  return { createdAt, settings, topology: { epoch } };
}

/** A room made again as it was, without anyone in it. */
export function recalledRoom(
  key: RoomKey,
  { createdAt, settings, topology }: RoomOrigin,
  now: number,
): RoomState {
  // Above the last one, which clients know: a lower epoch is stale to them.
  const epoch = topology.epoch + 1;
  const recalled = meshSince(now, epoch, "recalled");
  return { ...newRoom(key, settings, now), createdAt, topology: recalled };
}

function meshSince(since: number, epoch: number, reason: TopologyReason): RoomTopology {
  return { mode: "mesh", epoch, reason, since, flaps: 0, shunned: {} };
}

/** The member of that id, if it is in the room. Ids come from the wire: "constructor" is nobody. */
export function memberOf(state: Pick<RoomState, "members">, id: string): Member | undefined {
  return Object.hasOwn(state.members, id) ? state.members[id] : undefined;
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
