/**
 * What happens to the rooms that have people on this node. As they are known here: local_rooms.ts.
 *
 * The store decides where it can be asked. Where it cannot, rooms that live here go on alone, until both are brought
 * together again: reconciliation.ts.
 *
 * @module
 */
import type { Bus } from "./bus/mod.ts";
import type { Counters } from "./counters.ts";
import { eachOf } from "./each_of.ts";
import { goesOnAlone } from "./goes_on_alone.ts";
import type { LocalRoom } from "./local_room.ts";
import { LocalRooms } from "./local_rooms.ts";
import type { Log } from "./log.ts";
import { POLICY } from "./policy.ts";
import { applied, type Beat, type Presence } from "./presence/mod.ts";
import { Reconciliation } from "./reconciliation.ts";
import { recordFailure } from "./record.ts";
import type { Changed } from "./room.ts";
import type { Refusal, RoomEvent } from "./room_event.ts";
import { deadline, keyOf, parseKey, type RoomKey, type RoomState } from "./room_state.ts";
import type { Told } from "./room_view.ts";
import { Turns } from "./turns.ts";
import { Unavailable } from "./unavailable.ts";

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
  readonly #local: LocalRooms;
  readonly #turns = new Turns();
  readonly #reconciliation: Reconciliation;
  /** What is told of rooms that somebody is entering, until they are known. */
  readonly #arriving = new Map<string, Told[]>();
  /** Rooms of others that this node sees to, and when something is due there. */
  readonly #wards = new Map<string, number>();

  constructor(parts: RoomsParts) {
    this.#parts = parts;
    const doubted = (room: LocalRoom) => void this.#reconciliation.one(room);
    const rooms = this.#local = new LocalRooms({ ...parts, doubted });
    this.#reconciliation = new Reconciliation({ ...parts, rooms, turns: this.#turns });
  }

  get all(): Iterable<LocalRoom> {
    return this.#local.all;
  }

  get size(): number {
    return this.#local.size;
  }

  /** Rooms that are to be brought before the store again. */
  get unsettled(): number {
    return this.#local.ahead.length;
  }

  get(key: RoomKey): LocalRoom | undefined {
    return this.#local.get(key);
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
      await this.#reconciliation.one(room);
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
    if (this.get(key)) this.#local.hear(key, told);
    else this.#arriving.get(keyOf(key))?.push(told);
  }

  /** What the store says has changed elsewhere: whatever is not as it is known here is to be reconciled. */
  async compare(changed: Beat["changed"]): Promise<void> {
    await this.#reconciliation.compare(changed);
  }

  /** The store has lost what it knew: every room is to be reconciled. */
  doubtAll(): void {
    for (const room of this.all) room.standing = "ahead";
  }

  /** Brings what is known here and the store together, of every room that wants it. */
  async reconcile(): Promise<void> {
    await this.#reconciliation.all();
  }

  /** Whoever is said to be here and has no socket is away: its entry failed half-way. */
  async sweep(): Promise<void> {
    const stray = [...this.all].flatMap((room) =>
      Object.values(room.view.members).filter(({ id, node, presence }) =>
        node === this.#parts.node && presence.state === "active" && !room.peers.has(id)
      ).map(({ id, connection }) => ({ key: room.view.key, id, connection }))
    );
    await eachOf(stray, POLICY.roomsAtOnce, async ({ key, ...socket }) => {
      try {
        // Whose entry is done by its turn has a socket by then.
        const wanted = () => !this.get(key)?.peers.has(socket.id);
        await this.change(key, { kind: "away", ...socket }, { wanted });
      } catch (error) {
        recordFailure(this.#parts.log, "sweep_failed", key, error);
      }
    });
  }

  /** Rooms of this node in which something is due. Who was of another node is its to see to, if it can. */
  due(now: number): RoomKey[] {
    const due: RoomKey[] = [];
    for (const room of this.#local.dated) {
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
    await eachOf(keys, POLICY.roomsAtOnce, async (key) => {
      try {
        const result = await this.change(key, { kind: "tick", dead }, { now });
        if (result.kind === "changed") this.#ward(key, result.state, now);
      } catch (error) {
        recordFailure(this.#parts.log, "tick_failed", key, error);
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
    const known = this.get(key);
    const heard: Told[] = [];
    if (!known && event.kind === "enter") this.#arriving.set(keyOf(key), heard);
    try {
      if (known?.standing === "ahead") await this.#reconciliation.inTurn(known);
      const view = this.get(key)?.view ?? recalled;
      const result = await this.#parts.presence.change(key, event, now, view);
      this.#local.settle(key, result);
      for (const told of heard) this.#local.hear(key, told);
      return result;
    } catch (error) {
      const room = this.get(key);
      if (!(error instanceof Unavailable) || !room || !goesOnAlone(event)) throw error;
      return this.#alone(room, event, now);
    } finally {
      this.#arriving.delete(keyOf(key));
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
    this.#local.settle(key, result, { unsaved: true });
    return result;
  }
}

/** Whoever wanted this has gone, or given up. */
export const unwanted: Refusal = {
  kind: "refused",
  code: "unavailable",
  message: "Cannot enter: its turn came too late; expected less to do here, or another node",
  retryAfterMs: POLICY.drain.minMs,
};
