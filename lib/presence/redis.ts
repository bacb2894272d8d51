import type { Redis } from "@upstash/redis";
import { POLICY } from "../policy.ts";
import type { Changed } from "../room.ts";
import type { Refusal, RoomEvent } from "../room_event.ts";
import {
  activeNodesOf,
  deadline,
  keyOf,
  nodesOf,
  parseKey,
  type RoomKey,
  type RoomState,
} from "../room_state.ts";
import { Unavailable } from "../unavailable.ts";
import {
  applied,
  type Beat,
  type Page,
  type Presence,
  roomNotFound,
  type Sign,
  successorOf,
} from "./mod.ts";
import { fieldsOf, roomOf, summaryFrom, textOf } from "./redis_fields.ts";
import { BEAT, COMMIT, DRAIN_SFU, LIST, RETIRE } from "./redis_scripts.ts";

/** What the client makes of a script's text: sent by its digest, in full where the store does not know it. */
interface Script<Answer> {
  exec(keys: string[], args: string[]): Promise<Answer>;
}

/** What the store has of a room. `guess`: the caller's word for it. */
type Seen =
  | { kind: "guess" | "room"; state: RoomState }
  | { kind: "absent"; endedAt: number; ageMs: number };

/** The last number: since when this store knows anything, in ms since 1970. */
type CommitAnswer =
  | ["room", string[], number]
  | ["absent", number, number, number]
  | ["limit", number]
  | ["done", number];

/** Other nodes may be faster, but not for ever: each time one of them gets on. */
const TRIES = 50;

/** A stamp that no room has: whoever expects it is told what is there. */
const READ = "?";

/** Rooms in a Redis that is shared by all nodes. */
export class RedisPresence implements Presence {
  readonly #commit: Script<CommitAnswer>;
  readonly #beat: Script<
    [
      number,
      [string, string, number][],
      string[],
      string[],
      number,
      string[],
      string[],
      number,
      number,
    ]
  >;
  readonly #drain: Script<number>;
  readonly #retire: Script<number>;
  readonly #list: Script<[string, string, number][]>;
  readonly #clock: (() => number) | undefined;
  #awake: number | undefined;
  #lost = () => {};

  /** `clock`: ms since 1970, for leases and what is due; by default Redis's own. */
  constructor(redis: Redis, clock?: () => number) {
    this.#clock = clock;
    this.#commit = redis.createScript(COMMIT);
    this.#beat = redis.createScript(BEAT);
    this.#retire = redis.createScript(RETIRE);
    this.#drain = redis.createScript(DRAIN_SFU);
    this.#list = redis.createScript(LIST);
  }

  async create(room: RoomState): Promise<"created" | "exists" | "limit"> {
    const answer = await this.#write(undefined, room, room, POLICY.roomsPerTenant);
    if (answer === "done") return "created";
    if (answer === "limit") return "limit";
    if (answer.kind !== "absent") return "exists";
    return await this.create(successorOf(room, answer.endedAt));
  }

  async read(key: RoomKey): Promise<RoomState | undefined> {
    const seen = await this.#look(key);
    return seen.kind === "absent" ? notThere(seen) : seen.state;
  }

  async list(tenant: string, { cursor, limit }: { cursor?: string; limit: number }): Promise<Page> {
    const found = await this.#list.exec([], [JSON.stringify({ tenant, cursor, limit: limit + 1 })]);
    const page = found.slice(0, limit);
    return {
      rooms: page.filter(([, room]) => room !== "").map(([id, room, count]) =>
        summaryFrom({ tenant, id }, room, count)
      ),
      cursor: found.length > limit ? page.at(-1)![0] : undefined,
    };
  }

  async change(
    key: RoomKey,
    event: RoomEvent,
    now: number,
    known?: RoomState,
  ): Promise<Changed | Refusal> {
    let seen: Seen = known ? { kind: "guess", state: known } : await this.#look(key);
    for (let tries = 0; tries < TRIES; tries++) {
      const before = seen.kind === "absent" ? undefined : seen.state;
      const state = before ?? (seen.kind === "absent" ? survivor(seen, known) : undefined);
      if (!state) {
        const forgotten = seen.kind === "absent" && isForgotten(seen);
        // Told to end what may only be lost: now nobody brings it back.
        if (forgotten && event.kind === "end") {
          await this.#write(undefined, null, { key, createdAt: now });
        }
        return roomNotFound(key, forgotten);
      }
      const result = applied(state, event, now, known);
      const writes = result.kind === "changed" &&
        (result.state !== before || event.kind === "tick");
      if (!writes) {
        if (seen.kind !== "guess") return result;
        seen = await this.#look(key);
        continue;
      }
      const answer = await this.#write(before, result.state, state);
      if (answer === "done") return result;
      if (answer === "limit") throw new Error(`Cannot write room "${keyOf(key)}" back: limit`);
      seen = answer;
    }
    throw new Unavailable("store", `${TRIES} times another node was faster`, POLICY.store.pauseMs);
  }

  async beat(node: string, { count, seen, sfus }: Sign): Promise<Beat> {
    const words = this.#words({
      node,
      count,
      seen,
      ...(sfus.length > 0 && { sfus: textOf(sfus) }),
    });
    const [previous, changed, due, dead, upTo, nodes, draining, time, since] = await this.#beat
      .exec([], [words]);
    return {
      previous,
      since,
      changed: changed.map(([name, stamp, holds]) => ({
        key: parseKey(name),
        stamp: stamp === "" ? null : stamp,
        holds: holds === 1,
      })),
      upTo,
      due: due.map(parseKey),
      dead: Object.fromEntries(pairs(dead).map(([name, at]) => [name, Number(at)])),
      sfus: {
        nodes: Object.fromEntries(pairs(nodes).map(([name, text]) => [name, JSON.parse(text)])),
        draining,
      },
      time,
    };
  }

  async drainSfu(id: string, draining: boolean): Promise<void> {
    await this.#drain.exec([], [this.#words({ id, draining })]);
  }

  async retire(node: string): Promise<void> {
    await this.#retire.exec([], [this.#words({ node })]);
  }

  onLoss(listener: () => void): void {
    this.#lost = listener;
  }

  async #look(key: RoomKey): Promise<Seen> {
    const { tenant, id } = key;
    return seenIn(key, await this.#ask({ name: keyOf(key), tenant, id, expected: READ }));
  }

  async #write(
    before: RoomState | undefined,
    state: RoomState | null,
    { key, createdAt }: Pick<RoomState, "key" | "createdAt">,
    limit?: number,
  ): Promise<Seen | "done" | "limit"> {
    const old = before ? fieldsOf(before) : new Map<string, string>();
    const fields = state ? fieldsOf(state) : new Map<string, string>();
    const set = [...fields].filter(([name, value]) => old.get(name) !== value).flat();
    const active = activeNodesOf(state);
    const at = state ? deadline(state) : Infinity;
    const answer = await this.#ask({
      name: keyOf(key),
      tenant: key.tenant,
      id: key.id,
      expected: before?.stamp ?? "",
      createdAt,
      limit,
      set: state ? set : undefined,
      del: [...old.keys()].filter((name) => !fields.has(name)),
      due: at === Infinity ? undefined : at,
      active: [...active],
      gone: [...activeNodesOf(before ?? null).difference(active)],
      told: [...nodesOf(before ?? null).union(nodesOf(state))],
    });
    if (answer[0] === "done" || answer[0] === "limit") return answer[0];
    return seenIn(key, answer);
  }

  async #ask(words: Record<string, unknown>): Promise<CommitAnswer> {
    const answer = await this.#commit.exec([], [this.#words(words)]);
    const awake = answer.at(-1) as number;
    if (this.#awake !== undefined && awake !== this.#awake) this.#lost();
    this.#awake = awake;
    return answer;
  }

  #words(words: Record<string, unknown>): string {
    return textOf({ ...words, clock: this.#clock?.() });
  }
}

function seenIn(key: RoomKey, answer: CommitAnswer): Seen {
  switch (answer[0]) {
    case "room":
      return { kind: "room", state: roomOf(key, pairs(answer[1])) };
    case "absent":
      return { kind: "absent", endedAt: answer[1], ageMs: answer[2] };
    default:
      throw new Error(`Cannot read the store's answer "${answer[0]}"; expected a room or none`);
  }
}

/** What is left of a room that the store does not have: what the caller knows, unless it has ended since. */
function survivor(
  seen: Seen & { kind: "absent" },
  known: RoomState | undefined,
): RoomState | undefined {
  if (known === undefined) return notThere(seen);
  return seen.endedAt >= known.createdAt ? undefined : known;
}

/** @throws {Unavailable} where the store is so young that it may have lost what it knew, and be told again. */
function notThere({ ageMs, endedAt }: Seen & { kind: "absent" }): undefined {
  const { settleMs } = POLICY.lease;
  if (endedAt >= 0 || ageMs >= settleMs) return undefined;
  throw new Unavailable(
    "store",
    "it has just begun and may not know all rooms yet",
    Math.min(settleMs - ageMs, POLICY.store.pauseMs),
  );
}

function isForgotten({ endedAt, ageMs }: Seen & { kind: "absent" }): boolean {
  return endedAt < 0 && ageMs < POLICY.lease.recallMs;
}

function pairs(flat: string[]): [string, string][] {
  const all: [string, string][] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) all.push([flat[i]!, flat[i + 1]!]);
  return all;
}
