/**
 * Who is in a room, as each of those who can be asked sees it.
 *
 * @module
 */
import type { ParticipantInfo, ServerFrame } from "../../lib/protocol.ts";
import { becomes } from "./becomes.ts";
import type { Cluster, ClusterNode } from "./cluster.ts";
import type { WsClient } from "./ws_client.ts";

/** What was said of others, or of the room, to this client: all but its welcome and what keeps its socket alive. */
export function news(client: WsClient): ServerFrame[] {
  return client.frames.all.filter(({ type }) => !["welcome", "ping", "pong"].includes(type));
}

/** Ids of those whom this client was told to have left. */
export function leftFor(client: WsClient): string[] {
  return client.frames.all.flatMap((frame) => frame.type === "left" ? [frame.id] : []);
}

/** Everyone in the room by what the client was told, as `<identity> <state>`, sorted. */
export function rosterOf(client: WsClient): string[] {
  const people = new Map<string, ParticipantInfo>();
  let version = 0;
  for (const frame of client.frames.all) {
    if (!("version" in frame) || frame.version < version) continue;
    version = frame.version;
    if (frame.type === "welcome") {
      for (const one of [frame.self, ...frame.participants]) people.set(one.id, one);
    }
    if (frame.type === "participant") people.set(frame.participant.id, frame.participant);
    if (frame.type === "left") people.delete(frame.id);
  }
  return linesOf([...people.values()]);
}

/** Everyone in the room by what a node's REST says, as `<identity> <state>`, sorted. */
export async function rosterAt(node: ClusterNode, room: string): Promise<string[]> {
  return linesOf(await node.api.listParticipants(room));
}

/** Resolves when these, and nobody else, are in the room by the word of every node, and of every client that is given. */
export async function allAgree(
  { nodes }: Pick<Cluster, "nodes">,
  room: string,
  clients: readonly WsClient[],
  expected: readonly string[],
  { withinMs = 5_000 }: { withinMs?: number } = {},
): Promise<void> {
  const lines = expected.map((one) => one.includes(" ") ? one : `${one} active`).sort();
  await Promise.all([
    ...nodes.map((node) => becomes(() => rosterAt(node, room), lines, { withinMs })),
    ...clients.map((client) => becomes(() => rosterOf(client), lines, { withinMs })),
  ]);
}

function linesOf(people: readonly Pick<ParticipantInfo, "identity" | "state">[]): string[] {
  return people.map(({ identity, state }) => `${identity} ${state}`).sort();
}
