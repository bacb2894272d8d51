/**
 * Which SFU a room goes to: one of the region that most of its people are near to, chosen so that all nodes choose the
 * same one, rooms stay where they are when SFUs come and go, and none gets much more than its share.
 *
 * @module
 */
import type { SfuView } from "./directory.ts";

/** What is known of where somebody is. */
export interface Whereabouts {
  /** Of the node that holds its socket. */
  region: string;
  /** Measured, in ms, by region. */
  roundTrips?: Readonly<Record<string, number>>;
}

/** How much above its share of all load an SFU may get: 1.25 keeps it even and moves few rooms. */
const BOUND = 1.25;

/** For a region that somebody could not measure though it measured others. */
const UNREACHED_MS = 1_000;

/** Regions that can be had, those first that most people are near to; of equals the one that is nearer in all. */
export function regionsByNearness(
  people: readonly Whereabouts[],
  regions: Iterable<string>,
): string[] {
  const offered = [...new Set(regions)].sort();
  const votes = new Map(offered.map((region) => [region, { votes: 0, far: 0 }]));
  for (const person of people) {
    const nearest = nearestOf(person, offered);
    for (const [region, sum] of votes) {
      if (region === nearest) sum.votes++;
      if (person.roundTrips) sum.far += person.roundTrips[region] ?? UNREACHED_MS;
    }
  }
  return [...votes].toSorted(([, a], [, b]) => b.votes - a.votes || a.far - b.far)
    .map(([region]) => region);
}

function nearestOf({ region, roundTrips = {} }: Whereabouts, offered: string[]): string {
  const measured = offered.filter((name) => Object.hasOwn(roundTrips, name))
    .toSorted((a, b) => roundTrips[a]! - roundTrips[b]!);
  return measured[0] ?? region;
}

/**
 * The SFU for a room of `people`, or none. Rendezvous hashing, weighted by capacity, with bounded load: the first in
 * the room's own order of SFUs that has not much more than its share.
 */
export function chooseSfu(
  room: string,
  people: readonly Whereabouts[],
  sfus: readonly SfuView[],
): SfuView | undefined {
  const free = sfus.filter(({ load, capacity }) => load + people.length <= capacity);
  for (const region of regionsByNearness(people, free.map(({ region }) => region))) {
    const [chosen] = ordered(room, people.length, free.filter((sfu) => sfu.region === region));
    if (chosen) return chosen;
  }
  return undefined;
}

function ordered(room: string, people: number, sfus: SfuView[]): SfuView[] {
  const sum = (of: (sfu: SfuView) => number) => sfus.reduce((total, sfu) => total + of(sfu), 0);
  const fill = (sum(({ load }) => load) + people) / sum(({ capacity }) => capacity);
  const isBounded = ({ load, capacity }: SfuView) =>
    load + people <= Math.max(people, Math.ceil(BOUND * fill * capacity));
  const byScore = sfus.map((sfu) => ({ sfu, score: score(room, sfu) }))
    .toSorted((a, b) => b.score - a.score || (a.sfu.id < b.sfu.id ? -1 : 1))
    .map(({ sfu }) => sfu);
  return [...byScore.filter(isBounded), ...byScore.filter((sfu) => !isBounded(sfu))];
}

/** Weighted rendezvous: an SFU of twice the capacity is first for twice as many rooms. */
function score(room: string, { id, capacity }: SfuView): number {
  return -capacity / Math.log((hash(`${room} ${id}`) + 1) / (2 ** 32 + 1));
}

/** FNV-1a of 32 bits, with a finish that spreads what differs in the last character only. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
