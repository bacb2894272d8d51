import { POLICY } from "../policy.ts";
import type { Changed } from "../room.ts";
import type { Refusal, RoomEvent } from "../room_event.ts";
import type { SfuRecord } from "../sfu/directory.ts";
import {
  activeNodesOf,
  deadline,
  keyOf,
  nodesOf,
  parseKey,
  type RoomKey,
  type RoomState,
} from "../room_state.ts";
import {
  applied,
  type Beat,
  type Page,
  type Presence,
  roomNotFound,
  type Sign,
  successorOf,
  summaryOf,
} from "./mod.ts";

const LEASE = POLICY.lease;

/** Rooms in this process's memory: for one node, and for tests of several. */
export class MemoryPresence implements Presence {
  readonly #clock: () => number;
  readonly #tenants = new Map<string, Map<string, RoomState>>();
  /** When a room that has ended was made. */
  readonly #ended = new Map<string, { createdAt: number; at: number }>();
  readonly #due = new Map<string, number>();
  readonly #nodes = new Map<string, { at: number; count: number }>();
  readonly #dead = new Map<string, number>();
  /** By node: its rooms that another node has changed, and when. */
  readonly #changed = new Map<string, Map<string, number>>();
  /** By node, what it told last. */
  readonly #sfus = new Map<string, readonly SfuRecord[]>();
  /** The ids of SFUs that are being emptied. */
  readonly #draining = new Set<string>();
  #judgeFrom = 0;
  #born: number;

  /** `clock`: ms since 1970, for leases and what is due. */
  constructor(clock: () => number = Date.now) {
    this.#clock = clock;
    this.#born = clock();
  }

  /** Loses everything, as a store does that is flushed. */
  forget(): void {
    this.#judgeFrom = 0;
    this.#born = this.#clock();
    const all = [this.#tenants, this.#ended, this.#due, this.#nodes, this.#dead, this.#changed];
    for (const map of [...all, this.#sfus, this.#draining]) map.clear();
  }

  create(room: RoomState): Promise<"created" | "exists" | "limit"> {
    const rooms = this.#roomsOf(room.key.tenant);
    if (rooms.has(room.key.id)) return Promise.resolve("exists");
    if (rooms.size >= POLICY.roomsPerTenant) return Promise.resolve("limit");
    const predecessor = this.#ended.get(keyOf(room.key))?.createdAt;
    const made = predecessor === undefined ? room : successorOf(room, predecessor);
    this.#save(undefined, made, made);
    return Promise.resolve("created");
  }

  read(key: RoomKey): Promise<RoomState | undefined> {
    return Promise.resolve(this.#roomsOf(key.tenant).get(key.id));
  }

  list(tenant: string, { cursor, limit }: { cursor?: string; limit: number }): Promise<Page> {
    const rooms = this.#roomsOf(tenant);
    const ids = [...rooms.keys()].filter((id) => cursor === undefined || id > cursor).sort();
    const page = ids.slice(0, limit);
    return Promise.resolve({
      rooms: page.map((id) => summaryOf(rooms.get(id)!)),
      cursor: ids.length > limit ? page.at(-1) : undefined,
    });
  }

  change(
    key: RoomKey,
    event: RoomEvent,
    now: number,
    known?: RoomState,
  ): Promise<Changed | Refusal> {
    const before = this.#roomsOf(key.tenant).get(key.id);
    const state = before ?? (this.#hasEnded(known) ? undefined : known);
    if (!state) {
      const forgotten = this.#forgot(key);
      // Told to end what may only be lost: now nobody brings it back.
      if (forgotten && event.kind === "end") {
        this.#ended.set(keyOf(key), { createdAt: now, at: this.#clock() });
      }
      return Promise.resolve(roomNotFound(key, forgotten));
    }
    const result = applied(state, event, now, known);
    if (result.kind === "refused") return Promise.resolve(result);
    if (result.state !== before || event.kind === "tick") this.#save(before, result.state, state);
    return Promise.resolve(result);
  }

  beat(node: string, { count, seen, sfus }: Sign): Promise<Beat> {
    const now = this.#clock();
    const previous = this.#nodes.get(node)?.count ?? 0;
    this.#judge(now);
    this.#nodes.set(node, { at: now, count });
    this.#sfus.set(node, sfus);
    this.#dead.delete(node);
    return Promise.resolve({
      previous,
      since: this.#born,
      changed: this.#changedSince(node, seen, now),
      upTo: now - LEASE.changedMarginMs,
      due: this.#takeDue(now),
      dead: Object.fromEntries(this.#dead),
      sfus: { nodes: Object.fromEntries(this.#sfus), draining: [...this.#draining] },
      time: now,
    });
  }

  drainSfu(id: string, draining: boolean): Promise<void> {
    if (draining) this.#draining.add(id);
    else this.#draining.delete(id);
    return Promise.resolve();
  }

  /** What is lost here is lost with the process. */
  onLoss(): void {}

  retire(node: string): Promise<void> {
    this.#bury(node, this.#clock(), this.#clock() + POLICY.awayGraceMs);
    return Promise.resolve();
  }

  #roomsOf(tenant: string): Map<string, RoomState> {
    let rooms = this.#tenants.get(tenant);
    if (!rooms) this.#tenants.set(tenant, rooms = new Map());
    return rooms;
  }

  #forgot(key: RoomKey): boolean {
    return !this.#ended.has(keyOf(key)) && this.#clock() - this.#born < LEASE.recallMs;
  }

  #hasEnded(known: RoomState | undefined): boolean {
    if (known === undefined) return false;
    const ended = this.#ended.get(keyOf(known.key));
    return ended !== undefined && known.createdAt <= ended.createdAt;
  }

  #save(
    before: RoomState | undefined,
    state: RoomState | null,
    { key, createdAt }: Pick<RoomState, "key" | "createdAt">,
  ): void {
    const name = keyOf(key);
    const now = this.#clock();
    if (state) {
      this.#roomsOf(key.tenant).set(key.id, state);
    } else {
      this.#roomsOf(key.tenant).delete(key.id);
      this.#ended.set(name, { createdAt, at: now });
    }
    const active = activeNodesOf(state);
    const forsaken = [...active].some((node) => this.#dead.has(node));
    const at = forsaken ? now - LEASE.dueMarginMs : state ? deadline(state) : Infinity;
    if (at === Infinity) this.#due.delete(name);
    else this.#due.set(name, at);
    for (const node of active) this.#vouchFor(node, now);
    for (const node of nodesOf(before ?? null).union(nodesOf(state))) {
      let changed = this.#changed.get(node);
      if (!changed) this.#changed.set(node, changed = new Map());
      changed.set(name, now);
    }
  }

  /** A node that somebody else names has a lease too, or it would never run out. */
  #vouchFor(node: string, now: number): void {
    if (this.#nodes.has(node) || this.#dead.has(node)) return;
    this.#nodes.set(node, { at: now - LEASE.beatMs, count: 0 });
  }

  /** Nodes that missed their time are dead; but not when all did, for then it was the store that was away. */
  #judge(now: number): void {
    const nodes = [...this.#nodes];
    const newest = Math.max(...nodes.map(([, { at }]) => at));
    if (nodes.length > 0 && now - newest > LEASE.silentStoreMs) {
      this.#judgeFrom = now + LEASE.silentStoreMs;
    }
    if (now < this.#judgeFrom) return;
    for (const [node, { at }] of nodes) {
      if (now - at > LEASE.lapsesAfterMs) this.#bury(node, at, now - LEASE.dueMarginMs);
    }
    for (const [node, at] of this.#dead) {
      if (now - at > LEASE.forgetDeadMs) this.#dead.delete(node);
    }
    for (const [name, { at }] of this.#ended) {
      if (now - at > LEASE.forgetEndedMs) this.#ended.delete(name);
    }
  }

  #bury(node: string, lastSeen: number, dueAt: number): void {
    this.#nodes.delete(node);
    this.#changed.delete(node);
    this.#sfus.delete(node);
    this.#dead.set(node, lastSeen);
    for (const rooms of this.#tenants.values()) {
      for (const state of rooms.values()) {
        const name = keyOf(state.key);
        if (!activeNodesOf(state).has(node)) continue;
        this.#due.set(name, Math.min(dueAt, this.#due.get(name) ?? Infinity));
      }
    }
  }

  #changedSince(node: string, seen: number, now: number): Beat["changed"] {
    const changed = this.#changed.get(node) ?? new Map<string, number>();
    for (const [name, at] of changed) if (at <= seen) changed.delete(name);
    const old = [...changed].filter(([, at]) => at <= now - LEASE.changedMarginMs);
    return old.map(([name]) => {
      const key = parseKey(name);
      const state = this.#roomsOf(key.tenant).get(key.id);
      const holds = activeNodesOf(state ?? null).has(node);
      return { key, stamp: state?.stamp ?? null, holds };
    });
  }

  #takeDue(now: number): RoomKey[] {
    const due = [...this.#due].filter(([, at]) => at <= now - LEASE.dueMarginMs)
      .slice(0, LEASE.dueLimit);
    for (const [name] of due) this.#due.set(name, now + LEASE.claimMs);
    return due.map(([name]) => parseKey(name));
  }
}
