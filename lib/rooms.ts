/**
 * The rooms that have people on this node, and their agreement with the store and the other nodes.
 *
 * The store decides where it can be asked. Where it cannot, rooms that live here go on alone; as soon as it is back,
 * it is told what has become of this node's people, and of rooms that it has lost.
 *
 * @module
 */
import type { Bus } from "./bus/mod.ts";
import type { Counters } from "./counters.ts";
import { eachOf } from "./each_of.ts";
import { LocalRoom } from "./local_room.ts";
import { errorText, type Log } from "./log.ts";
import { POLICY } from "./policy.ts";
import { applied, type Beat, keyOf, parseKey, type Presence } from "./presence/mod.ts";
import type { Changed } from "./room.ts";
import type { Refusal, RoomEvent } from "./room_event.ts";
import type { RoomChange } from "./room_change.ts";
import { deadline, newStamp, type RoomKey, type RoomState, succeeds } from "./room_state.ts";
import { follow, rebased, type Told } from "./room_view.ts";
import { goesOnAlone } from "./goes_on_alone.ts";
import { record } from "./record.ts";
import { Turns } from "./turns.ts";
import { Unavailable } from "./unavailable.ts";

/** So many rooms are brought before the store at once: others have to get through as well. */
const AT_ONCE = 16;

export interface RoomsParts {
  /** This node's name. */
  node: string;
  presence: Presence;
  bus: Bus;
  log: Log;
  counters: Counters;
  /** Told what a room with people of this node is like now; `null`: it has ended. */
  watch?(key: RoomKey, view: RoomState | null): void;
}

interface ChangeOptions {
  now?: number;
  /** Asked when its turn has come. */
  wanted?: () => boolean;
  /** The room as somebody remembers it, in case that neither the store nor this node does. */
  recalled?: RoomState;
}

/** A node's rooms: what happens to them, here and with the others. */
export class Rooms {
  readonly #parts: RoomsParts;
  readonly #rooms = new Map<string, LocalRoom>();
  /** What is told of rooms that somebody is entering, until they are known. */
  readonly #arriving = new Map<string, Told[]>();
  /** Rooms of others that this node sees to, and when something is due there. */
  readonly #wards = new Map<string, number>();
  readonly #turns = new Turns();

  constructor(parts: RoomsParts) {
    this.#parts = parts;
  }

  get all(): Iterable<LocalRoom> {
    return this.#rooms.values();
  }

  get size(): number {
    return this.#rooms.size;
  }

  /** Rooms that are to be brought before the store again. */
  get unsettled(): number {
    return [...this.#rooms.values()].filter(({ standing }) => standing === "ahead").length;
  }

  get(key: RoomKey): LocalRoom | undefined {
    return this.#rooms.get(keyOf(key));
  }

  /**
   * A room, from the store, or as this node knows it where the store does not.
   *
   * @throws {Unavailable} when the store is away and nobody of the room is here.
   */
  async read(key: RoomKey): Promise<RoomState | undefined> {
    try {
      const state = await this.#parts.presence.read(key);
      const room = this.get(key);
      if (state || !room) return state;
      // Either its end was missed here, or the store has lost it.
      room.standing = "ahead";
      await this.#tryReconcile(room);
      return this.get(key)?.view;
    } catch (error) {
      const room = this.get(key);
      if (error instanceof Unavailable && room) return room.view;
      throw error;
    }
  }

  /**
   * Changes a room, here and everywhere, after the change before it; refused where, when its turn comes, it is not
   * `wanted` any more.
   *
   * @throws {Unavailable} when the store is away and the room cannot go on without.
   */
  change(
    key: RoomKey,
    event: RoomEvent,
    { now = Date.now(), wanted = () => true, recalled }: ChangeOptions = {},
  ): Promise<Changed | Refusal> {
    return this.#turns.take(keyOf(key), async () => {
      return wanted() ? await this.#change(key, event, now, recalled) : unwanted;
    });
  }

  /** News from another node. */
  hear(key: RoomKey, told: Told): void {
    const room = this.get(key);
    if (!room) return void this.#arriving.get(keyOf(key))?.push(told);
    const next = follow(room.view, told);
    if (next === undefined) return this.#doubt(room);
    const { version } = room.view;
    const news = told.changes.filter((change) =>
      change.kind === "ended" || change.version > version
    );
    this.#advance(key, next, { changes: news, base: told.base });
    if (next === room.view && told.unsaved) room.standing = "ahead";
    else if (next === room.view && news.length > 0) room.saved = told.stamp;
  }

  /** What the store says has changed elsewhere: whatever is not as it is known here is asked for. */
  async compare(changed: Beat["changed"]): Promise<void> {
    for (const { key, stamp, holds } of changed) {
      const room = this.get(key);
      if (room && room.view.stamp !== stamp) {
        room.standing = "ahead";
        // The bus has had its time to tell.
        this.#parts.bus.check();
      }
      // An answer got lost on the way: the store believes someone to be here who never came in.
      if (!room && holds) await this.#disown(key);
    }
  }

  /** Whoever is said to be here and has no socket is away: its entry failed half-way. */
  async sweep(): Promise<void> {
    const stray = [...this.#rooms.values()].flatMap((room) =>
      Object.values(room.view.members).filter(({ id, node, presence }) =>
        node === this.#parts.node && presence.state === "active" && !room.peers.has(id)
      ).map(({ id, connection }) => ({ key: room.view.key, id, connection }))
    );
    await eachOf(stray, AT_ONCE, async ({ key, ...socket }) => {
      try {
        // Whose entry is done by its turn has a socket by then.
        const wanted = () => !this.get(key)?.peers.has(socket.id);
        await this.change(key, { kind: "away", ...socket }, { wanted });
      } catch (error) {
        this.#failed("sweep_failed", key, error);
      }
    });
  }

  /** The store has lost what it knew: every room is to be looked at. */
  doubtAll(): void {
    for (const room of this.#rooms.values()) room.standing = "ahead";
  }

  /** Brings every room that is ahead and the store together, some at a time. */
  async reconcile(): Promise<void> {
    const ahead = [...this.#rooms.values()].filter(({ standing }) => standing === "ahead");
    await eachOf(ahead, AT_ONCE, (room) => this.#tryReconcile(room));
  }

  /** Rooms of this node in which something is due. Who was of another node is its to see to, if it can. */
  due(now: number): RoomKey[] {
    const due: RoomKey[] = [];
    for (const room of this.#rooms.values()) {
      if (room.deadline <= now && this.#deadlineHere(room) <= now) due.push(room.view.key);
    }
    for (const [name, at] of this.#wards) {
      if (at > now) continue;
      this.#wards.delete(name);
      due.push(parseKey(name));
    }
    return due;
  }

  /** What is due in these rooms happens; one that fails holds up no other. */
  async tick(keys: RoomKey[], now: number, dead: Record<string, number> = {}): Promise<void> {
    await eachOf(keys, AT_ONCE, async (key) => {
      try {
        const result = await this.change(key, { kind: "tick", dead }, { now });
        if (result.kind === "changed") this.#ward(key, result.state, now);
      } catch (error) {
        this.#failed("tick_failed", key, error);
      }
    });
  }

  /** A room of others whose people are about to be given up: the next beat to tell of it would be late. */
  #ward(key: RoomKey, state: RoomState | null, now: number): void {
    if (!state || this.get(key) || state.emptySince !== null) return;
    const at = deadline(state);
    if (at <= now + POLICY.awayGraceMs) this.#wards.set(keyOf(key), at);
  }

  #deadlineHere({ view, deadline }: LocalRoom): number {
    const mine = Object.values(view.members).some(({ node, presence }) =>
      node === this.#parts.node && presence.state === "away" &&
      presence.since + POLICY.awayGraceMs === deadline
    );
    return mine ? deadline : deadline + POLICY.lease.dueMarginMs;
  }

  async #change(
    key: RoomKey,
    event: RoomEvent,
    now: number,
    recalled?: RoomState,
  ): Promise<Changed | Refusal> {
    const name = keyOf(key);
    const known = this.#rooms.get(name);
    if (!known && event.kind === "enter") this.#arriving.set(name, []);
    try {
      if (known?.standing === "ahead") await this.#reconcile(known);
      const view = this.#rooms.get(name)?.view ?? recalled;
      const result = await this.#parts.presence.change(key, event, now, view);
      this.#settle(key, result);
      for (const told of this.#arriving.get(name) ?? []) this.hear(key, told);
      return result;
    } catch (error) {
      const room = this.#rooms.get(name);
      if (!(error instanceof Unavailable) || !room || !goesOnAlone(event)) throw error;
      return this.#alone(room, event, now);
    } finally {
      this.#arriving.delete(name);
    }
  }

  /** The store is away: the room goes on by what is known here. */
  #alone(room: LocalRoom, event: RoomEvent, now: number): Changed | Refusal {
    const { key } = room.view;
    const result = applied(room.view, event, now);
    if (result.kind === "refused" || result.state === room.view) return result;
    room.standing = "ahead";
    // Its end is the store's to say: forgotten here, it would be left there as it was.
    if (result.state === null) return { ...result, state: room.view, changes: [], nodes: [] };
    this.#settle(key, result, { unsaved: true });
    return result;
  }

  /** In its turn, so that no change of this node is under way. */
  async #reconcile(room: LocalRoom): Promise<void> {
    const { node, presence } = this.#parts;
    const { view, saved } = room;
    const event: RoomEvent = { kind: "restore", node, view, saved };
    // Before, because it may be doubted again meanwhile.
    room.standing = "settled";
    try {
      this.#settle(view.key, await presence.change(view.key, event, Date.now(), view));
    } catch (error) {
      room.standing = "ahead";
      throw error;
    }
  }

  async #tryReconcile(room: LocalRoom): Promise<void> {
    const { key } = room.view;
    try {
      await this.#turns.take(keyOf(key), async () => {
        if (this.get(key) === room && room.standing === "ahead") await this.#reconcile(room);
      });
    } catch (error) {
      this.#failed("reconcile_failed", key, error);
    }
  }

  #doubt(room: LocalRoom): void {
    room.standing = "ahead";
    this.#tryReconcile(room);
  }

  async #disown(key: RoomKey): Promise<void> {
    const now = Date.now();
    try {
      await this.#turns.take(keyOf(key), async () => {
        if (this.get(key)) return;
        const event: RoomEvent = { kind: "tick", dead: { [this.#parts.node]: now } };
        this.#settle(key, await this.#parts.presence.change(key, event, now));
      });
    } catch (error) {
      this.#failed("disown_failed", key, error);
    }
  }

  /** Tells those here, and the other nodes that have people in the room. */
  #settle(key: RoomKey, result: Changed | Refusal, how: Pick<Told, "unsaved"> = {}): void {
    if (result.kind === "refused") {
      // A room that the store does not have has ended, whoever missed it.
      if (result.code === "room_not_found") this.#advance(key, null);
      return;
    }
    const { state, changes, base, nodes } = result;
    record(this.#parts, key, changes);
    const { version, stamp } = state ?? { version: 0, stamp: newStamp() };
    for (const node of nodes) {
      if (node === this.#parts.node) continue;
      const told = { changes, base, version, stamp, ...how };
      this.#parts.bus.publish(node, { kind: "changes", room: key, told })
        .catch(() => this.#parts.counters.busFailures++);
    }
    const known = this.get(key);
    if (state && known && succeeds(state, known.view)) this.#advance(key, null);
    if (state && !this.get(key)) {
      const room = new LocalRoom(state);
      if (!room.isOf(this.#parts.node)) return;
      this.#rooms.set(keyOf(key), room);
      this.#parts.watch?.(key, state);
      return;
    }
    // The store has lost what it knew, and this was made to less than what has been heard here meanwhile.
    const forked = state && known && changes.length > 0 && state.version <= known.view.version;
    if (forked) return this.#putOnTop(known, changes);
    this.#advance(key, state, { changes, base });
    if (known && state && !how.unsaved) known.saved = state.stamp;
  }

  /** Changes that were made to another state than what is known here; which of both is right the next beat shows. */
  #putOnTop(room: LocalRoom, changes: RoomChange[]): void {
    const { view } = room;
    const [next, moved] = rebased(view, changes);
    room.standing = "ahead";
    this.#advance(view.key, next, { changes: moved, base: view.stamp });
  }

  #advance(key: RoomKey, next: RoomState | null, news?: Pick<Told, "changes" | "base">): void {
    const room = this.get(key);
    if (!room) return;
    const kept = next && room.defended(next, news?.changes ?? []);
    if (kept === next) {
      room.advance(next, news);
    } else {
      room.advance(kept);
      this.#doubt(room);
    }
    const done = room.standing === "settled" && !room.isOf(this.#parts.node);
    if (next === null || done) this.#rooms.delete(keyOf(key));
    this.#parts.watch?.(key, next && room.view);
  }

  /** That the store is away is told elsewhere, once and not per room. */
  #failed(event: string, { tenant, id: room }: RoomKey, error: unknown): void {
    if (error instanceof Unavailable) return;
    this.#parts.log("error", event, { tenant, room, error: errorText(error) });
  }
}

const unwanted: Refusal = {
  kind: "refused",
  code: "unavailable",
  message: "Cannot enter: its turn came too late; expected less to do here, or another node",
  retryAfterMs: POLICY.drain.minMs,
};
