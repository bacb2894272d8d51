/**
 * A room as the fields of a Redis hash: a change writes only the fields that differ.
 *
 * @module
 */
import type { Member, RoomKey, RoomState } from "../room_state.ts";
import type { RoomSummary } from "./mod.ts";

/** What is no participant's and no version's. */
type Core = Pick<RoomState, "settings" | "createdAt" | "topology" | "emptySince" | "banned">;

const PARTICIPANT = "p:";

export function fieldsOf(state: RoomState): Map<string, string> {
  const { settings, createdAt, topology, emptySince, banned } = state;
  const core: Core = { settings, createdAt, topology, emptySince, banned };
  const fields = new Map([
    ["stamp", state.stamp],
    ["version", String(state.version)],
    ["room", textOf(core)],
  ]);
  if (state.predecessor !== undefined) fields.set("ended", String(state.predecessor));
  for (const member of Object.values(state.members)) {
    fields.set(PARTICIPANT + member.id, textOf(member));
  }
  return fields;
}

/** @throws {SyntaxError} where the fields are not what `fieldsOf` made. */
export function roomOf(key: RoomKey, fields: [string, string][]): RoomState {
  const values = new Map(fields);
  const core: Core = JSON.parse(values.get("room") ?? "");
  const people = fields.filter(([name]) => name.startsWith(PARTICIPANT))
    .map(([, value]): Member => JSON.parse(value))
    .toSorted((a, b) => a.id < b.id ? -1 : 1);
  return {
    key,
    version: Number(values.get("version")),
    stamp: values.get("stamp")!,
    ...core,
    ...(values.has("ended") ? { predecessor: Number(values.get("ended")) } : {}),
    members: Object.fromEntries(people.map((member) => [member.id, member])),
  };
}

export function summaryFrom(key: RoomKey, room: string, participantCount: number): RoomSummary {
  const { settings, createdAt, topology }: Core = JSON.parse(room);
  return { key, settings, createdAt, topology, participantCount };
}

/** JSON, for what is known to have one. */
export function textOf(value: object): string {
  return JSON.stringify(value);
}
