/**
 * What has to be true after the last fault.
 *
 * @module
 */
import type { Crowd } from "./crowd.ts";
import { askRoom, type At, each, type Gauges, readGauges, type RoomAnswer } from "./nodes_view.ts";
import { pause } from "./pause.ts";
import { type Difference, differences, type Truth } from "./roster.ts";

const LOOK_EVERY_MS = 100;

/** Something that should not be, in words, and its cases. */
export interface Violation {
  what: string;
  cases: string[];
}

/** What a check has found, and how long it took until all was right, or it was too late; in ms. */
export interface Verdict {
  tookMs: number;
  violations: Violation[];
}

/** Looks at the rosters of all clients until each room was right once, or it is too late. */
export async function clientsAgree(
  crowd: Crowd,
  since: number,
  withinMs: number,
): Promise<Verdict> {
  let open = crowd.rooms;
  while (true) {
    open = open.filter((room) => [...crowd.differences(room).values()].some(grave));
    const tookMs = crowd.now() - since;
    if (open.length === 0 || tookMs > withinMs) {
      const found = open.flatMap((room) =>
        [...crowd.differences(room)].map(([id, all]) => `${room}, roster of ${id}: ${texts(all)}`)
      );
      return {
        tookMs,
        violations: wrong(`rosters of clients are wrong after ${withinMs} ms`, found),
      };
    }
    await pause(LOOK_EVERY_MS);
  }
}

/** The same for what REST says on each node. */
export async function restAgrees(
  crowd: Crowd,
  nodes: readonly At[],
  since: number,
  withinMs: number,
): Promise<Verdict> {
  let open = nodes.flatMap((node, index) => crowd.rooms.map((room) => ({ node, index, room })));
  while (true) {
    const last = crowd.now() - since > withinMs;
    const found: string[] = [];
    const still: typeof open = [];
    await each(open, async (one) => {
      const { node, index, room } = one;
      // Someone may come or go while the answer is on its way.
      const before = crowd.truth(room);
      const answer = await askRoom(node, room);
      const text = restText(answer, before) && restText(answer, crowd.truth(room));
      if (text === undefined) return;
      still.push(one);
      found.push(`${room}, REST of node ${index + 1}: ${text}`);
    });
    open = still;
    const tookMs = crowd.now() - since;
    // To ask takes its time: only what is asked when it is too late counts.
    if (open.length === 0 || last) {
      return {
        tookMs,
        violations: wrong(`answers of REST are wrong after ${withinMs} ms`, found),
      };
    }
    await pause(LOOK_EVERY_MS);
  }
}

/** Waits until nobody is on the way any more. */
export async function everyoneIsBack(
  crowd: Crowd,
  since: number,
  withinMs: number,
): Promise<Verdict> {
  while (true) {
    const found = [...crowd.present()].filter(({ standing }) => standing.tag !== "here")
      .map(({ id, room, standing }) => `${id} in ${room} is ${standing.tag}`);
    const tookMs = crowd.now() - since;
    if (found.length === 0 || tookMs > withinMs) {
      return { tookMs, violations: wrong(`people are not back after ${withinMs} ms`, found) };
    }
    await pause(LOOK_EVERY_MS);
  }
}

/** Ghosts are looked for in calm, too: strangers, and those who are gone. */
export function ghostsIn(crowd: Crowd): Violation[] {
  const found = crowd.rooms.flatMap((room) =>
    [...crowd.differences(room)].map(([id, all]) => `${room}, roster of ${id}: ${texts(all)}`)
  );
  return wrong("rosters of clients are wrong at the end", found);
}

/** Waits until what was sent has come, or it is too late. */
export async function signalsArrive(
  crowd: Crowd,
  since: number,
  withinMs: number,
): Promise<Verdict> {
  while (true) {
    const missing = crowd.missing();
    const tookMs = crowd.now() - since;
    if (missing.length === 0 || tookMs > withinMs) {
      const found = missing.map(({ from, to, first, last }) =>
        `signals ${first} to ${last} from ${crowd.whereIs(from)} to ${crowd.whereIs(to)} never came`
      );
      return { tookMs, violations: wrong("links have lost signals", found) };
    }
    await pause(LOOK_EVERY_MS);
  }
}

/** What a node has to count, by who is really on it. */
export async function gaugesAgree(
  crowd: Crowd,
  nodes: readonly At[],
  since: number,
  withinMs: number,
): Promise<Verdict> {
  while (true) {
    const found: string[] = [];
    for (const [index, node] of nodes.entries()) {
      const counted = await readGauges(node);
      const expected = gaugesOf(crowd, index);
      for (const name of ["connections", "participants", "rooms"] as const) {
        if (counted[name] === expected[name]) continue;
        found.push(
          `node ${index + 1} counts ${counted[name]} ${name}; expected ${expected[name]}`,
        );
      }
    }
    const tookMs = crowd.now() - since;
    if (found.length === 0 || tookMs > withinMs) {
      return { tookMs, violations: wrong(`gauges are wrong after ${withinMs} ms`, found) };
    }
    await pause(LOOK_EVERY_MS);
  }
}

function gaugesOf(crowd: Crowd, node: number): Gauges {
  const here = [...crowd.present()].filter(({ standing }) =>
    standing.tag === "here" && standing.node === node
  );
  const rooms = new Set(here.map(({ room }) => room)).size;
  return { connections: here.length, participants: here.length, rooms };
}

/** Someone whose welcome got lost is a stranger that fades like anyone who does not come back. */
function grave(found: Difference[]): boolean {
  return found.some(({ real }) => real !== "stranger");
}

function restText(answer: RoomAnswer, truth: ReadonlyMap<string, Truth>): string | undefined {
  if (typeof answer === "string") {
    // A room that nobody remembers is there again with the first who comes back.
    const forgotten = answer.startsWith("404 ") && ![...truth.values()].includes("here");
    return forgotten ? undefined : answer;
  }
  const found = differences(answer, truth);
  return grave(found) ? texts(found) : undefined;
}

function texts(found: Difference[]): string {
  return found.map(({ id, real, seen }) => `${id} is ${real}, seen ${seen}`).join("; ");
}

/** Something that is wrong, with all cases of it; none where there are none. */
export function wrong(what: string, cases: string[]): Violation[] {
  return cases.length > 0 ? [{ what, cases }] : [];
}
