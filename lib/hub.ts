/**
 * The one impure core of a node: who is connected here, and what they are to be told.
 *
 * A join walks: Connection -> enter -> presence.change -> welcome. A signal walks: Connection -> relay -> the
 * other's socket, or one publish to the node that holds it; it touches no store.
 *
 * @module
 */
import type { Ticket, Tokens } from "./auth.ts";
import type { Bus, BusMessage } from "./bus/mod.ts";
import { CLOSE } from "./codes.ts";
import type { Config } from "./config.ts";
import type { Connection } from "./connection.ts";
import type { Log } from "./log.ts";
import { Counters } from "./counters.ts";
import { POLICY } from "./policy.ts";
import { keyOf, type Presence } from "./presence/mod.ts";
import {
  type Attributes,
  LIMITS,
  type Media,
  MESSAGE_CLASS,
  type ServerFrame,
} from "./protocol.ts";
import {
  assertNever,
  type Changed,
  follow,
  memberOf,
  participantInfo,
  type Refusal,
  type RoomChange,
  type RoomEvent,
  roomInfo,
  type RoomKey,
  type RoomState,
} from "./room.ts";
import { iceServers } from "./turn.ts";

/** A room as this node knows it: the roster, and the sockets that are here. */
export interface LocalRoom {
  readonly key: RoomKey;
  state: RoomState;
  readonly connections: Map<string, Connection>;
}

/** A participant's place: what a joined socket holds. */
export interface Seat {
  readonly room: LocalRoom;
  readonly id: string;
}

export interface HubParts {
  node: string;
  config: Config;
  presence: Presence;
  bus: Bus;
  tokens: Tokens;
  log: Log;
}

export class Hub {
  readonly counters = new Counters();
  readonly #rooms = new Map<string, LocalRoom>();
  readonly #connections = new Set<Connection>();
  #status: "serving" | "draining" = "serving";

  constructor(readonly parts: HubParts) {}

  get status(): "serving" | "draining" {
    return this.#status;
  }

  /** Sockets and rooms on this node, and participants with a socket here. */
  get size(): { connections: number; rooms: number; participants: number } {
    let participants = 0;
    for (const room of this.#rooms.values()) participants += room.connections.size;
    return { connections: this.#connections.size, rooms: this.#rooms.size, participants };
  }

  /** Opens this node's inbox and begins to look after what is due; the answer stops both. */
  async start(): Promise<() => Promise<void>> {
    const unsubscribe = await this.parts.bus.subscribe(this.parts.node, (m) => this.#receive(m));
    const timer = setInterval(() => {
      this.tick(Date.now()).catch((error) => this.#unexpected("tick_failed", error));
    }, POLICY.tickMs);
    return async () => {
      clearInterval(timer);
      await unsubscribe();
    };
  }

  /** A socket has opened, or has closed. */
  opened(connection: Connection): void {
    this.#connections.add(connection);
  }
  closed(connection: Connection): void {
    this.#connections.delete(connection);
  }

  /** Lets a participant in, new or back, and welcomes it. */
  async enter(
    ticket: Ticket,
    connection: Connection,
    said: { media?: Media; attributes?: Attributes },
  ): Promise<Seat | Refusal> {
    const { tokens, presence, node } = this.parts;
    const id = ticket.admission.id;
    // First, because from the store's answer to the welcome nothing may come between: what the others are
    // told meanwhile would be missed.
    const session = await tokens.signSession(ticket);
    const event: RoomEvent = {
      kind: "enter",
      admission: ticket.admission,
      node,
      connection: connection.id,
      ...said,
    };
    const result = await presence.change(ticket.room, event, Date.now());
    if (result.kind === "refused") return result;
    const room = this.#local(ticket.room, result.state!);
    this.#announce(ticket.room, result);
    room.connections.set(id, connection);
    if (!connection.isOpen) {
      await this.away({ room, id }, connection);
      return gone;
    }
    const resumed = result.changes.some((c) => c.kind === "participant" && c.cause === "resumed");
    this.counters.entered[resumed ? "resumed" : "joined"]++;
    connection.send(this.#welcome(room, id, session, resumed));
    return { room, id };
  }

  /** Hands `frame` to another participant of the room. `false`: there is no such participant. */
  relay(room: LocalRoom, to: string, frame: string): boolean {
    const connection = room.connections.get(to);
    if (connection) {
      connection.deliver(frame);
      return true;
    }
    const member = memberOf(room.state, to);
    if (!member) return false;
    // Someone who is away gets nothing: the endpoints repeat what was not acknowledged.
    if (member.node !== this.parts.node && member.presence.state === "active") {
      this.parts.bus.publish(member.node, { kind: "deliver", room: room.key, to, frame });
    }
    return true;
  }

  /** Changes a room, here and everywhere. */
  async change(key: RoomKey, event: RoomEvent): Promise<Changed | Refusal> {
    const result = await this.parts.presence.change(key, event, Date.now());
    if (result.kind === "changed") this.#announce(key, result);
    return result;
  }

  /** The socket of a participant has closed without a leave. */
  async away({ room, id }: Seat, connection: Connection): Promise<void> {
    // Whoever was sent away (removed, taken over, left) has lost its place already.
    if (room.connections.get(id) !== connection) return;
    room.connections.delete(id);
    await this.change(room.key, { kind: "away", id, connection: connection.id });
    this.#forgetIfEmpty(room);
  }

  /** Ends what is due: grace of those who are away, rooms that stood empty. */
  async tick(now: number): Promise<void> {
    for (const key of await this.parts.presence.due(now)) {
      await this.change(key, { kind: "tick" });
    }
  }

  /** Tells every client when to come back, spread out, and closes its socket. Nobody is let in any more. */
  drain(): void {
    this.#status = "draining";
    const { minMs, perClientMs, maxMs } = POLICY.drain;
    const spreadMs = Math.min(maxMs, minMs + this.#connections.size * perClientMs);
    for (const connection of [...this.#connections]) this.sendAway(connection, spreadMs);
  }

  /** Tells one client to come back within `spreadMs`. */
  sendAway(connection: Connection, spreadMs: number = POLICY.drain.maxMs): void {
    connection.end("draining", CLOSE.draining, "Cannot serve: this node is draining", {
      retryAfterMs: Math.round(POLICY.drain.minMs + Math.random() * spreadMs),
    });
  }

  #local(key: RoomKey, state: RoomState): LocalRoom {
    const name = keyOf(key);
    let room = this.#rooms.get(name);
    if (!room) this.#rooms.set(name, room = { key, state, connections: new Map() });
    return room;
  }

  #forgetIfEmpty(room: LocalRoom): void {
    const name = keyOf(room.key);
    if (room.connections.size === 0 && this.#rooms.get(name) === room) this.#rooms.delete(name);
  }

  /** Tells those here, and the other nodes that have people in the room. */
  #announce(key: RoomKey, { state, changes, nodes }: Changed): void {
    if (changes.length === 0) return;
    const room = this.#rooms.get(keyOf(key));
    for (const node of nodes) {
      if (node === this.parts.node) continue;
      this.parts.bus.publish(node, { kind: "changes", room: key, changes });
    }
    if (!room) return;
    if (state && state.version > room.state.version) room.state = state;
    for (const change of changes) this.#tell(room, change);
  }

  /** One change, told to the sockets that are here. */
  #tell(room: LocalRoom, change: RoomChange): void {
    switch (change.kind) {
      case "participant": {
        const { version, member } = change;
        const here = room.connections.get(member.id);
        if (here && here.id !== member.connection) {
          room.connections.delete(member.id);
          here.end(
            "taken_over",
            CLOSE.takenOver,
            "Cannot stay: a newer socket resumed this session",
          );
        }
        this.#broadcast(room, {
          type: "participant",
          version,
          participant: participantInfo(member),
        });
        // Not when it came back to this node: then its new socket is about to be seated here.
        if (here && member.node !== this.parts.node) this.#forgetIfEmpty(room);
        return;
      }
      case "left": {
        const { version, id, reason } = change;
        const here = room.connections.get(id);
        room.connections.delete(id);
        this.counters.left[reason]++;
        this.#broadcast(room, { type: "left", version, id, reason });
        if (reason === "removed") {
          here?.end("removed", CLOSE.removed, "Cannot stay: removed from the room");
        } else {
          here?.close();
        }
        return this.#forgetIfEmpty(room);
      }
      case "room":
        return this.#broadcast(room, { type: "room", version: change.version, room: change.room });
      case "topology":
        return this.#broadcast(room, {
          type: "topology",
          ...change.topology,
          reason: change.reason,
        });
      case "ended":
        for (const connection of room.connections.values()) {
          connection.end(
            "room_ended",
            CLOSE.noRoom,
            `Cannot stay: room "${room.key.id}" has ended`,
          );
        }
        room.connections.clear();
        return this.#forgetIfEmpty(room);
      default:
        return assertNever(change);
    }
  }

  #broadcast(room: LocalRoom, frame: ServerFrame): void {
    const text = JSON.stringify(frame);
    this.counters.frames[MESSAGE_CLASS[frame.type]] += room.connections.size;
    for (const connection of room.connections.values()) connection.deliver(text);
  }

  #receive(message: BusMessage): void {
    const room = this.#rooms.get(keyOf(message.room));
    if (!room) return;
    switch (message.kind) {
      case "deliver":
        room.connections.get(message.to)?.deliver(message.frame);
        return;
      case "changes":
        for (const change of message.changes) {
          const state = follow(room.state, change);
          if (state) room.state = state;
          else this.#reread(room);
          this.#tell(room, change);
        }
        return;
      default:
        assertNever(message);
    }
  }

  /** Something was missed: the store knows. */
  #reread(room: LocalRoom): void {
    this.parts.presence.read(room.key).then((state) => {
      if (state && state.version > room.state.version) room.state = state;
    }).catch((error) => this.#unexpected("reread_failed", error));
  }

  #welcome(room: LocalRoom, id: string, session: string, resumed: boolean): ServerFrame {
    const { config } = this.parts;
    const { members, version, topology } = room.state;
    const others = Object.values(members).filter((member) => member.id !== id);
    return {
      type: "welcome",
      self: participantInfo(memberOf(room.state, id)!),
      session,
      resumed,
      room: roomInfo(room.state),
      participants: others.map(participantInfo),
      version,
      topology,
      ...iceServers(config, id, Date.now()),
      limits: {
        frameLength: LIMITS.frameLength,
        framesPerSecond: config.frames.rate,
        frameBurst: config.frames.burst,
      },
    };
  }

  #unexpected(event: string, error: unknown): void {
    this.parts.log("error", event, { error: String(error) });
  }
}

const gone: Refusal = {
  kind: "refused",
  code: "unavailable",
  message: "Cannot welcome: the socket closed while it was being let in",
};
