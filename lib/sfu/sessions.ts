/**
 * The sessions at SFUs that this node holds, one per participant and topology: hands on what is asked of them, and sees
 * to it that none outlives its use.
 *
 * @module
 */
import type { Log } from "../log.ts";
import { POLICY } from "../policy.ts";
import type { EndedCode, SfuAsk, SfuTold } from "../protocol.ts";
import { keyOf, memberOf, type RoomKey, type RoomState } from "../room_state.ts";
import type { Sfu } from "./mod.ts";
import { type Asker, ParticipantSession } from "./participant_session.ts";

/** What is asked of which SFU. */
export interface Asked {
  readonly epoch: number;
  readonly sfu: string;
  /** `keep`: its participant is still there, says the node that holds it. */
  readonly ask: SfuAsk | { readonly op: "keep" };
}

export interface SfuSessionsParts {
  /** This node's name. */
  node: string;
  /** This node's SFUs, by id. */
  sfus: ReadonlyMap<string, Sfu>;
  /** Signs tickets; the same on all nodes. */
  secret: string;
  log: Log;
  /** Brings word to a participant. */
  tell(asker: Asker, epoch: number, told: SfuTold): void;
}

export class SfuSessions {
  readonly #parts: SfuSessionsParts;
  /** By room, then by epoch and participant. */
  readonly #rooms = new Map<string, Map<string, ParticipantSession>>();

  constructor(parts: SfuSessionsParts) {
    this.#parts = parts;
  }

  /** How many there are. */
  get size(): number {
    let size = 0;
    for (const room of this.#rooms.values()) size += room.size;
    return size;
  }

  /** Does what a participant asks, after what it asked before. */
  ask(asker: Asker, { epoch, sfu: id, ask }: Asked): void {
    const sfu = this.#parts.sfus.get(id);
    let held = this.#rooms.get(keyOf(asker.room))?.get(nameOf(epoch, asker.id));
    // After a store has lost a moment, an epoch may have another SFU than it had.
    if (held && held.sfu !== sfu) {
      held.close();
      held = undefined;
    }
    if (held) held.keptAt = Date.now();
    if (ask.op === "keep") return;
    if (!held && ask.op !== "open") {
      if (ask.op !== "close") this.#end(asker, epoch, "no_session", "there is no session");
      return;
    }
    if (!sfu) {
      return this.#end(asker, epoch, "unavailable", `this node does not know the SFU "${id}"`);
    }
    const mine = held ?? this.#hold(asker, epoch, sfu);
    mine.asker = asker;
    mine.ask(ask);
  }

  /** Takes in what a room is like now; `null`: it has ended. */
  follow(key: RoomKey, view: RoomState | null): void {
    for (const held of this.#rooms.get(keyOf(key))?.values() ?? []) {
      const { asker } = held;
      const member = view && memberOf(view, asker.id);
      if (!member) held.close();
      else if (member.node !== asker.node) {
        if (held.sfu.reach === "shared") held.release();
        else held.asker = { ...asker, node: member.node };
      }
    }
  }

  /**
   * Ends what belongs to an older topology and is still there although everyone has had the time to switch, and what
   * another node has not asked for any more.
   */
  sweep(now: number, viewOf: (key: RoomKey) => RoomState | undefined): void {
    for (const held of this.#all()) {
      const isForsaken = held.asker.node !== this.#parts.node &&
        held.keptAt + POLICY.sfu.forsakenMs <= now;
      const topology = viewOf(held.asker.room)?.topology;
      const isOld = topology !== undefined && topology.epoch > held.epoch &&
        topology.since + POLICY.sfu.lingerMs <= now;
      if (isForsaken || isOld) held.close();
    }
  }

  /** Leaves all as they are, for other nodes to go on with. */
  releaseAll(): void {
    for (const held of this.#all()) if (held.sfu.reach === "shared") held.release();
  }

  *#all(): Iterable<ParticipantSession> {
    for (const room of this.#rooms.values()) yield* room.values();
  }

  #hold(asker: Asker, epoch: number, sfu: Sfu): ParticipantSession {
    const { secret, log, tell } = this.#parts;
    const [roomName, name] = [keyOf(asker.room), nameOf(epoch, asker.id)];
    const room = this.#rooms.get(roomName) ?? new Map<string, ParticipantSession>();
    this.#rooms.set(roomName, room);
    const over = () => {
      if (room.get(name) === held) room.delete(name);
      if (room.size === 0 && this.#rooms.get(roomName) === room) this.#rooms.delete(roomName);
    };
    const held = new ParticipantSession(asker, { epoch, sfu, secret, log, tell, over });
    room.set(name, held);
    return held;
  }

  #end(asker: Asker, epoch: number, code: EndedCode, reason: string): void {
    this.#parts.tell(asker, epoch, { op: "ended", code, reason });
  }
}

function nameOf(epoch: number, id: string): string {
  return `${epoch} ${id}`;
}
