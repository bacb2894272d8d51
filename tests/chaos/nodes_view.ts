/**
 * What the nodes say over REST and /metrics.
 *
 * @module
 */
import type { Presence } from "./roster.ts";

/** So many requests are under way to one node. */
const AT_ONCE = 8;
const TIMEOUT_MS = 3_000;

const SECRET = "acme-secret";

/** Where a node listens. */
export interface At {
  /** Without a slash at the end. */
  readonly url: string;
}

/** Who is in a room as a node says over REST, or what it said instead. */
export type RoomAnswer = Map<string, Presence> | string;

export async function askRoom(node: At, room: string): Promise<RoomAnswer> {
  try {
    const response = await fetch(`${node.url}/v1/rooms/${room}/participants`, {
      headers: { authorization: `Bearer ${SECRET}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.status !== 200) return `${response.status} ${await response.text()}`;
    const { participants } = await response.json() as {
      participants: { id: string; state: Presence }[];
    };
    return new Map(participants.map(({ id, state }) => [id, state]));
  } catch (error) {
    return String(error);
  }
}

/** The gauges by which one sees whether a node keeps what is over. */
export interface Gauges {
  connections: number;
  participants: number;
  rooms: number;
}

/** @throws {Error} where a gauge is not there. */
export async function readGauges(node: At): Promise<Gauges> {
  const response = await fetch(`${node.url}/metrics`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  const text = await response.text();
  const gauge = (name: string) => {
    const value = new RegExp(`^meshlift_${name}(?:\\{.*\\})? (\\d+)`, "m").exec(text)?.[1];
    if (value !== undefined) return Number(value);
    throw new Error(`Cannot find meshlift_${name} in the metrics of ${node.url}:\n${text}`);
  };
  return {
    connections: gauge("connections"),
    participants: gauge("participants"),
    rooms: gauge("rooms"),
  };
}

/** Runs `work` for each, some at a time. */
export async function each<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const rest = items[Symbol.iterator]();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = rest.next(); !next.done; next = rest.next()) await work(next.value);
    }),
  );
}
