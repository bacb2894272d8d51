/**
 * What the connections of a mesh say of the uplink that they share. Pure.
 *
 * @module
 */
import { ADAPT } from "./policy.ts";
import { type Camera, needAt, TOP } from "./ladder.ts";

/** One look at the connection to a participant. */
export interface Connection {
  readonly id: string;
  /** What the browser thinks that it carries, bit/s. */
  readonly estimate?: number;
  /** Only if measured since the last look. */
  readonly roundTripMs?: number;
  /** Share of what was sent, only if reported since the last look. */
  readonly loss?: number;
  /** How wide the participant sees the camera, in device pixels; 0: not at all; `undefined`: it has not said. */
  readonly seen?: number;
  /** By which path it goes: what was known of round trips ends with it. */
  readonly path?: string;
  /** Whether nothing of what is sent to the others goes this way: then it says nothing of the uplink. */
  readonly isIdle?: boolean;
}

/** One look at what is sent. */
export interface Look {
  readonly connections: readonly Connection[];
  /** `undefined`: it is off. */
  readonly camera: Camera | undefined;
  /** The screen that is shared, as it is sent; `undefined`: none is. */
  readonly screen?: Camera;
  /** Whether the browser sends less than it should because the processor is too slow. */
  readonly isProcessorShort: boolean;
}

/** The round trips of each connection. */
export interface RoundTrips {
  /** The shortest ones. */
  readonly roundTrips: Readonly<Record<string, number>>;
  /** Whose was much longer when it was last measured: packets stand in line. */
  readonly late: readonly string[];
}

/** What all connections take at a level. */
export function needsAt(level: number, { connections, camera }: Look): number {
  return connections.reduce((sum, { seen }) => sum + needAt(level, camera, seen), 0);
}

/** What all connections carry of that, by the one in the middle. */
export function carriedAt(level: number, { connections, camera }: Look): number {
  const each = connections.map(({ estimate = Infinity, seen }) =>
    Math.min(estimate, needAt(level, camera, seen))
  );
  return median(each) * each.length;
}

/** The highest level that takes no more than this. */
export function fitting(bitrate: number, look: Look): number {
  for (let level = TOP; level > 0; level--) if (needsAt(level, look) <= bitrate) return level;
  return 0;
}

/** Whether a connection is late or loses much. */
export function isHarmed(
  roundTrips: RoundTrips["roundTrips"],
  { id, roundTripMs = 0, loss = 0 }: Connection,
): boolean {
  return roundTripMs > (roundTrips[id] ?? Infinity) + ADAPT.lateMs || loss > ADAPT.lossAbove;
}

/** Who is late by the latest measurement of each. */
export function latest({ late, roundTrips }: RoundTrips, { connections }: Look): string[] {
  return connections.filter((connection) => {
    const { id, roundTripMs } = connection;
    return roundTripMs === undefined
      ? late.includes(id)
      : isHarmed(roundTrips, { ...connection, loss: 0 });
  }).map(({ id }) => id);
}

/** One that is late may have its own reasons; if half are, it is the uplink. */
export function isQueueing({ late }: RoundTrips, { connections }: Look): boolean {
  return late.length * 2 >= connections.length;
}

export function shortest(
  before: RoundTrips["roundTrips"],
  { connections }: Look,
): Record<string, number> {
  return Object.fromEntries(connections.flatMap(({ id, roundTripMs }) => {
    const least = Math.min(before[id] ?? Infinity, roundTripMs ?? Infinity);
    return least === Infinity ? [] : [[id, least]];
  }));
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
