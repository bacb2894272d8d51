/**
 * A node's part in lifting calls: has each room here steered, and what its people ask of an SFU brought to where that
 * SFU can be reached.
 *
 * @module
 */
import type { BusMessage } from "./bus/mod.ts";
import type { LocalRoom } from "./local_room.ts";
import type { Log } from "./log.ts";
import { POLICY } from "./policy.ts";
import { MESSAGE_CLASS, type ServerFrame, type SfuAsk } from "./protocol.ts";
import { keyOf, memberOf, type RoomKey, type RoomState } from "./room_state.ts";
import type { Rooms } from "./rooms.ts";
import type { SfuDirectory } from "./sfu/directory.ts";
import type { Asker } from "./sfu/participant_session.ts";
import { type Asked, SfuSessions } from "./sfu/sessions.ts";
import { Steering } from "./steering.ts";

export interface LiftParts {
  node: string;
  rooms: Rooms;
  sfus: SfuDirectory;
  /** Signs the tickets of sessions; the same on all nodes. */
  secret: string;
  log: Log;
  /** Sends to another node; what gets lost is the carrier's business. */
  publish(node: string, message: BusMessage): void;
}

/** What was last asked for a session at another node. */
interface Elsewhere {
  host: string;
  asker: Asker;
  asked: Asked;
}

export class Lift {
  readonly sessions: SfuSessions;
  readonly #parts: LiftParts;
  readonly #steering: Steering;
  /** Sessions of our people at SFUs within other nodes, by room; each by participant and epoch. */
  readonly #elsewhere = new Map<string, Map<string, Elsewhere>>();
  #keepAt = 0;
  /** What the log was told of each SFU. */
  readonly #seen = new Map<string, string>();

  constructor(parts: LiftParts) {
    this.#parts = parts;
    const { node, rooms, sfus, secret, log } = parts;
    this.#steering = new Steering({ node, rooms, sfus, log });
    this.sessions = new SfuSessions({
      node,
      sfus: sfus.own,
      secret,
      log,
      tell: (asker, epoch, data) => this.#tell(asker, { type: "sfu", epoch, data }),
    });
  }

  /** Takes in what a room with people here is like now; `null`: it has ended. */
  follow(key: RoomKey, view: RoomState | null): void {
    this.sessions.follow(key, view);
    this.#partWith(key, view);
    if (view) this.#steering.review(view);
  }

  /** One of our people asks something of its room's SFU. */
  ask({ room, id }: { room: LocalRoom; id: string }, epoch: number, ask: SfuAsk): void {
    const { node, sfus } = this.#parts;
    const { topology, key } = room.view;
    const member = memberOf(room.view, id);
    if (!member) return;
    const { publish, subscribe } = member.permissions;
    const asker: Asker = { room: key, id, node, publish, subscribe };
    const isCurrent = topology.mode === "sfu" && topology.epoch === epoch;
    if (isCurrent) room.rememberSfu(epoch, topology.grant.sfu);
    const sfu = room.sfuOf.get(epoch);
    if (sfu === undefined || (!isCurrent && ask.op === "open")) {
      const reason = `epoch ${epoch} is not the one of the room's topology, ${topology.epoch}`;
      return this.#tell(asker, {
        type: "sfu",
        epoch,
        data: { op: "ended", code: "stale", reason },
      });
    }
    const asked: Asked = { epoch, sfu, ask };
    const host = sfus.get(sfu)?.node ?? node;
    if (host === node) return this.sessions.ask(asker, asked);
    this.#askElsewhere({ host, asker, asked });
  }

  /** Looks after what is due. */
  tick(now: number): void {
    this.#steering.tick(now);
    this.#watch();
    if (now >= this.#keepAt) this.#keep(now);
    this.sessions.sweep(now, (key) => this.#parts.rooms.get(key)?.view);
  }

  /**
   * Rooms at an SFU within this node move away, and the sessions elsewhere are left for other nodes to go on with; the
   * answer is what there is to wait for.
   */
  drain(): Promise<void>[] {
    this.#parts.sfus.drain();
    this.sessions.releaseAll();
    return this.#steering.committing;
  }

  /** Asks at another node, and remembers that somebody has a session there. */
  #askElsewhere(session: Elsewhere): void {
    const { host, asker, asked } = session;
    this.#forget(session);
    if (asked.ask.op !== "close") {
      const room = this.#elsewhere.get(keyOf(asker.room)) ?? new Map<string, Elsewhere>();
      this.#elsewhere.set(keyOf(asker.room), room.set(nameOf(session), session));
    }
    this.#parts.publish(host, { kind: "sfu", room: asker.room, asker, asked });
  }

  /** Tells the log how this node's SFUs are, and why. */
  #watch(): void {
    const { sfus, log } = this.#parts;
    for (const [id, { health, reason, info: { region } }] of sfus.own) {
      const seen = `${health} ${reason}`;
      const before = this.#seen.get(id);
      if (before === seen) continue;
      this.#seen.set(id, seen);
      if (health === "down") log("warn", "sfu_down", { sfu: id, region, reason });
      else if (before !== undefined) log("info", "sfu_up", { sfu: id, region });
    }
  }

  /** Tells where sessions of our people are that they are wanted: word of their end may get lost, and nodes die. */
  #keep(now: number): void {
    this.#keepAt = now + POLICY.sfu.keepMs;
    for (const room of this.#elsewhere.values()) {
      for (const { host, asker, asked: { epoch, sfu } } of room.values()) {
        const asked: Asked = { epoch, sfu, ask: { op: "keep" } };
        this.#parts.publish(host, { kind: "sfu", room: asker.room, asker, asked });
      }
    }
  }

  /** Nodes with an SFU that have nobody in the room do not hear who has left it. */
  #partWith(key: RoomKey, view: RoomState | null): void {
    for (const session of [...this.#elsewhere.get(keyOf(key))?.values() ?? []]) {
      const { asker, asked } = session;
      const member = view && memberOf(view, asker.id);
      if (!member) this.#askElsewhere({ ...session, asked: { ...asked, ask: { op: "close" } } });
      // Its new node sees to it.
      else if (member.node !== asker.node) this.#forget(session);
    }
  }

  #forget(session: Elsewhere): void {
    const name = keyOf(session.asker.room);
    const room = this.#elsewhere.get(name);
    room?.delete(nameOf(session));
    if (room?.size === 0) this.#elsewhere.delete(name);
  }

  /** To a participant on whichever node. */
  #tell({ room, id: to, node }: Asker, frame: ServerFrame): void {
    const of = MESSAGE_CLASS[frame.type];
    const text = JSON.stringify(frame);
    if (node === this.#parts.node) {
      this.#parts.rooms.get(room)?.peers.get(to)?.deliver(text, of);
    } else {
      this.#parts.publish(node, { kind: "deliver", room, to, frame: text, of });
    }
  }
}

function nameOf({ asker, asked }: Elsewhere): string {
  return `${asked.epoch} ${asker.id}`;
}
