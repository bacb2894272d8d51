/**
 * What the connections by which is sent say of the uplink: those of a mesh, which share it, or the one to an SFU. Pure.
 *
 * @module
 */
import { type Camera, needAt, type Shown, TOP } from "./ladder.ts";
import { ADAPT } from "./policy.ts";

/** One look at the connection to a participant, or to an SFU. */
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
  /** Whether our voice does not come through, as the participant says, or behind an SFU most do. */
  readonly isStarved?: boolean;
  /** Of the participant: with two tabs somebody is there twice. */
  readonly identity?: string;
}

/** Who is to hear our voice. */
export type Listener = Pick<Connection, "id" | "identity" | "isStarved">;

/** One look at what is sent. */
export interface Look {
  readonly connections: readonly Connection[];
  /** `undefined`: it is off. */
  readonly camera: Camera | undefined;
  /** The screen that is shared, as it is sent; `undefined`: none is. */
  readonly screen?: Camera;
  /** Whether the browser sends less than it should because the processor is too slow. */
  readonly isProcessorShort: boolean;
  /** Whether each packet of a voice carries the one before it too wherever there is room, lossy or not. */
  readonly isDoubled?: boolean;
}

/** What is known of how one connection has done. Times as everywhere: ms of the clock that is handed in. */
export interface Past {
  readonly path: string | undefined;
  /** The shortest round trip of this while, and of the one before; `Infinity`: none was measured. */
  readonly shortest: number;
  readonly shortestBefore: number;
  /** When this while began. */
  readonly since: number;
  /** Whether the last round trip was much longer than usual: packets stand in line. */
  readonly isLate: boolean;
  /** When it was reported that much is lost, if the last report says so. */
  readonly lossyAt: number;
}

/** What is known of each connection, by its participant. */
export type Pasts = Readonly<Record<string, Past>>;

/** What there is to be seen in a look. */
export function shownIn({ camera, screen, connections }: Look): Shown {
  return { camera, ...screen !== undefined && { screen }, receivers: connections.length };
}

/** What all connections take at a level. */
export function needsAt(level: number, look: Look): number {
  const shown = shownIn(look);
  return look.connections.reduce((sum, { seen }) => sum + needAt(level, shown, seen), 0);
}

/**
 * What all connections carry of that: the share of what it needs that the middle one carries. Of two the better one, as
 * the other may have its own reasons.
 */
export function carriedAt(level: number, look: Look): number {
  const shown = shownIn(look);
  const shares = look.connections.map(({ estimate = Infinity, seen }) =>
    Math.min(1, estimate / needAt(level, shown, seen))
  );
  return upperMedian(shares) * needsAt(level, look);
}

/** The highest level that takes no more than this. */
export function fitting(bitrate: number, look: Look): number {
  for (let level = TOP; level > 0; level--) if (needsAt(level, look) <= bitrate) return level;
  return 0;
}

/** Takes one more look in. Who is gone is forgotten. */
export function remember(before: Pasts, { connections }: Look, now: number): Pasts {
  return Object.fromEntries(connections.map((connection) => {
    const { id, path, roundTripMs, loss } = connection;
    const known = before[id];
    const past = aged(known === undefined || known.path !== path ? fresh(path, now) : known, now);
    const shortest = Math.min(past.shortest, roundTripMs ?? Infinity);
    const usual = Math.min(shortest, past.shortestBefore);
    const isLate = roundTripMs === undefined ? past.isLate : roundTripMs > usual + ADAPT.lateMs;
    const isLossy = loss !== undefined && loss > ADAPT.lossAbove;
    const lossyAt = loss === undefined ? past.lossyAt : isLossy ? now : -Infinity;
    return [id, { ...past, shortest, isLate, lossyAt }];
  }));
}

/** Whether most are late or lose much. One or two may have their own reasons; if most are, it is the uplink. */
export function areHarmed(pasts: Pasts, now: number): boolean {
  const all = Object.values(pasts);
  const harmed = all.filter(({ isLate, lossyAt }) => isLate || now - lossyAt < ADAPT.reportsLagMs);
  return harmed.length * 2 > all.length;
}

/** Whether the voice gets through to most no more; whoever is there twice is one. */
export function areStarved(listeners: readonly Listener[]): boolean {
  const people = (of: readonly Listener[]) =>
    new Set(of.map(({ id, identity }) => identity ?? id)).size;
  return people(listeners.filter(({ isStarved }) => isStarved)) * 2 > people(listeners);
}

/** The middle one; of an even number the better of the two. */
export function upperMedian(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

function fresh(path: string | undefined, now: number): Past {
  const never = { shortest: Infinity, shortestBefore: Infinity, lossyAt: -Infinity };
  return { ...never, path, since: now, isLate: false };
}

/** What is long ago is no longer usual. */
function aged(past: Past, now: number): Past {
  if (now - past.since < ADAPT.usualMs) return past;
  return { ...past, shortest: Infinity, shortestBefore: past.shortest, since: now };
}
