/**
 * What changes a room: one by one, as everyone is told, in order. All changes together make the new state out of the
 * old, so whoever follows them has the same room as whoever made them.
 *
 * @module
 */
import { assertNever } from "./assert_never.ts";
import type { LeftReason, TopologyReason } from "./protocol.ts";
import type { Member, RoomSettings, RoomState, RoomTopology } from "./room_state.ts";

/** Why the others hear of a participant; what was only `measured` concerns the nodes alone. */
export type ParticipantCause = "joined" | "resumed" | "updated" | "away" | "measured";

/** A token that is of no more use, until it expires by itself. */
interface Ban {
  ticket: string;
  until: number;
}

/** What everyone in the room is told, in order. All of them together make the new state out of the old, see `evolve`. */
export type RoomChange =
  | { kind: "participant"; version: number; member: Member; cause: ParticipantCause }
  | { kind: "left"; version: number; id: string; reason: LeftReason; at: number; ban?: Ban }
  | { kind: "room"; version: number; settings: RoomSettings }
  | { kind: "topology"; version: number; topology: RoomTopology; reason: TopologyReason }
  | { kind: "ended" };

/** A change before it has its version. */
export type Unversioned<C = Exclude<RoomChange, { kind: "ended" }>> = C extends unknown
  ? Omit<C, "version">
  : never;

/** The state after one change: what `reduce` makes, and what those make who only hear of the change. */
export function evolve(
  state: RoomState,
  change: Exclude<RoomChange, { kind: "ended" }>,
): RoomState {
  const { version } = change;
  switch (change.kind) {
    case "participant": {
      const { member } = change;
      const members = { ...state.members, [member.id]: member };
      return { ...state, version, members, emptySince: null };
    }
    case "left": {
      const { id, at, ban } = change;
      const { [id]: _, ...members } = state.members;
      const emptySince = Object.keys(members).length === 0 ? at : null;
      return { ...state, version, members, emptySince, banned: banned(state, at, ban) };
    }
    case "room":
      return { ...state, version, settings: change.settings };
    case "topology":
      // Epochs never go back, in whichever order changes are put together.
      return {
        ...state,
        version,
        topology: change.topology.epoch < state.topology.epoch ? state.topology : change.topology,
      };
    default:
      return assertNever(change);
  }
}

function banned({ banned }: RoomState, now: number, ban: Ban | undefined): RoomState["banned"] {
  if (!ban) return banned;
  const still = Object.entries(banned).filter(([, until]) => until > now);
  return { ...Object.fromEntries(still), [ban.ticket]: ban.until };
}

/** Plain data, made by the same code: the order of its fields is the same too. */
export function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
