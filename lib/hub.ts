/**
 * The one impure core of a node: which rooms have people here, and what happens to them.
 *
 * A join walks: Connection -> enter -> presence.change -> welcome. A signal walks: Connection -> relay -> the
 * other's socket, or one publish to the node that holds it; it touches no store.
 *
 * @module
 */
import { assertNever } from "./assert_never.ts";
import type { Ticket, Tokens } from "./auth.ts";
import type { Bus, BusMessage } from "./bus/mod.ts";
import type { Config } from "./config.ts";
import { Counters } from "./counters.ts";
import { LocalRoom, type Peer } from "./local_room.ts";
import { errorText, type Log } from "./log.ts";
import { POLICY } from "./policy.ts";
import { keyOf, type Presence } from "./presence/mod.ts";
import {
  type Attributes,
  LIMITS,
  type Media,
  type MessageClass,
  type WelcomeFrame,
} from "./protocol.ts";
import type { Changed, Refusal, RoomChange, RoomEvent } from "./room.ts";
import { memberOf, type RoomKey } from "./room_state.ts";
import { follow, participantInfo, roomInfo } from "./room_view.ts";
import { iceServers } from "./turn.ts";

/** A participant's place: what a joined socket holds. */
export interface Seat {
  readonly room: LocalRoom;
  readonly id: string;
}

/** A socket, as the hub sees it: a peer that may be told to come back another time. */
export interface Socket extends Peer {
  /** Looks whether the client is still there. */
  checkHeartbeat(now: number): void;
  end(...args: [...Parameters<Peer["end"]>, { retryAfterMs: number }?]): void;
}

/** What a node is made of. */
export interface HubParts {
  /** This node's name, never used twice. */
  node: string;
  config: Config;
  presence: Presence;
  bus: Bus;
  tokens: Tokens;
  log: Log;
}

/** Someone whose socket closed while the store could not be told. */
interface Absence {
  key: RoomKey;
  id: string;
  connection: string;
}

/** One node's rooms and sockets. */
export class Hub {
  readonly counters = new Counters();
  readonly #rooms = new Map<string, LocalRoom>();
  readonly #sockets = new Set<Socket>();
  readonly #absences = new Set<Absence>();
  #status: "serving" | "draining" = "serving";
  /** Resolved when the last socket is gone; made by `drain`. */
  #emptied: PromiseWithResolvers<void> | undefined;

  constructor(readonly parts: HubParts) {}

  get status(): "serving" | "draining" {
    return this.#status;
  }

  /** Sockets and rooms on this node, and participants with a socket here. */
  get size(): { connections: number; rooms: number; participants: number } {
    let participants = 0;
    for (const room of this.#rooms.values()) participants += room.peers.size;
    return { connections: this.#sockets.size, rooms: this.#rooms.size, participants };
  }

  /** Opens this node's inbox and begins to look after what is due; the answer stops both. */
  async start(): Promise<() => Promise<void>> {
    const unsubscribe = await this.parts.bus.subscribe(this.parts.node, {
      message: (message) => this.#receive(message),
      missed: () => this.#rereadAll(),
    });
    let timer: ReturnType<typeof setTimeout>;
    const tickLater = () => {
      const due = Date.now() + POLICY.tickMs;
      timer = setTimeout(() => {
        const now = Date.now();
        // A process that stood still has not heard what its clients said meanwhile.
        if (now - due < POLICY.heartbeat.pingMs / 2) this.checkHeartbeats(now);
        this.tick(now).finally(tickLater);
      }, POLICY.tickMs);
    };
    tickLater();
    return async () => {
      clearTimeout(timer);
      await unsubscribe();
    };
  }

  /** A socket has opened. */
  opened(socket: Socket): void {
    this.#sockets.add(socket);
  }

  /** A socket has closed, close frame and all. */
  closed(socket: Socket): void {
    this.#sockets.delete(socket);
    if (this.#sockets.size === 0) this.#emptied?.resolve();
  }

  /** Lets a participant in, new or back, and welcomes it. */
  async enter(
    ticket: Ticket,
    socket: Socket,
    said: { media?: Media; attributes?: Attributes },
  ): Promise<Seat | Refusal> {
    const { tokens, presence, node } = this.parts;
    const key = ticket.room;
    const { id } = ticket.admission;
    // First, because from the store's answer to the welcome nothing may come between: what the others are
    // told meanwhile would be missed.
    const session = await tokens.signSession(ticket);
    const event: RoomEvent = {
      kind: "enter",
      admission: ticket.admission,
      node,
      connection: socket.id,
      ...said,
    };
    const result = await presence.change(key, event, Date.now());
    if (result.kind === "refused") {
      this.#notice(key, result);
      return result;
    }
    const name = keyOf(key);
    const known = this.#rooms.get(name);
    const room = known ?? new LocalRoom(result.state!);
    this.#announce(key, result);
    // Answers of the store may overtake each other: the room may know better by now.
    if (memberOf(room.view, id)?.connection !== socket.id) return overtaken;
    // Only now: its own older socket may have been the last here, and the room forgotten with it.
    this.#rooms.set(name, room);
    const resumed = result.changes.some((c) => c.kind === "participant" && c.cause === "resumed");
    const welcome = this.#welcome(room, id, session, resumed);
    room.peers.set(id, socket);
    socket.deliver(JSON.stringify(welcome), "control");
    // What happened to the room while the store's answer was under way, nobody here has followed.
    if (!known) this.#reread(key);
    return { room, id };
  }

  /** Hands `frame` to another participant of the room. `false`: there is no such participant. */
  relay(room: LocalRoom, to: string, frame: string, of: MessageClass): boolean {
    const peer = room.peers.get(to);
    if (peer) {
      peer.deliver(frame, of);
      return true;
    }
    const member = memberOf(room.view, to);
    if (!member) return false;
    // Someone who is away gets nothing: the endpoints repeat what was not acknowledged.
    if (member.node !== this.parts.node && member.presence.state === "active") {
      const { key } = room.view;
      this.parts.bus.publish(member.node, { kind: "deliver", room: key, to, frame, of });
    }
    return true;
  }

  /** Changes a room, here and everywhere. */
  async change(key: RoomKey, event: RoomEvent, now = Date.now()): Promise<Changed | Refusal> {
    const result = await this.parts.presence.change(key, event, now);
    if (result.kind === "changed") this.#announce(key, result);
    else this.#notice(key, result);
    return result;
  }

  /** The socket of a participant has closed without a leave. */
  async away({ room, id }: Seat, socket: Socket): Promise<void> {
    // Whoever was sent away (removed, taken over, left) has lost its place already.
    if (room.peers.get(id) !== socket) return;
    room.peers.delete(id);
    this.#forgetIfEmpty(room);
    await this.#tellAbsence({ key: room.view.key, id, connection: socket.id });
  }

  /** Looks which clients are still there. */
  checkHeartbeats(now: number): void {
    for (const socket of this.#sockets) socket.checkHeartbeat(now);
  }

  /** Ends what is due: grace of those who are away, rooms that stood empty. */
  async tick(now: number): Promise<void> {
    for (const absence of [...this.#absences]) {
      this.#absences.delete(absence);
      await this.#tellAbsence(absence);
    }
    const due = await this.parts.presence.due(now).catch((error) => {
      this.#unexpected("due_failed", error);
      return [];
    });
    // One that fails holds up no other.
    for (const key of due) {
      await this.change(key, { kind: "tick" }, now)
        .catch((error) => this.#unexpected("tick_failed", error, key));
    }
  }

  /**
   * Tells every client when to come back, spread out, and closes its socket; nobody is let in any more. Resolves when
   * all sockets are gone, at the latest after `POLICY.drain.socketsMs`.
   */
  async drain(): Promise<void> {
    this.#status = "draining";
    const { minMs, perClientMs, maxMs, socketsMs } = POLICY.drain;
    const spreadMs = Math.min(maxMs, minMs + this.#sockets.size * perClientMs);
    this.#emptied = Promise.withResolvers<void>();
    if (this.#sockets.size === 0) this.#emptied.resolve();
    const timer = setTimeout(this.#emptied.resolve, socketsMs);
    for (const socket of [...this.#sockets]) this.sendAway(socket, spreadMs);
    await this.#emptied.promise;
    clearTimeout(timer);
  }

  /** Tells one client to come back within `spreadMs`. */
  sendAway(socket: Socket, spreadMs: number = POLICY.drain.maxMs): void {
    socket.end(
      "draining",
      "Cannot serve: this node is draining; expected another node, or this one later",
      { retryAfterMs: Math.round(POLICY.drain.minMs + Math.random() * spreadMs) },
    );
  }

  async #tellAbsence(absence: Absence): Promise<void> {
    const { key, id, connection } = absence;
    try {
      await this.change(key, { kind: "away", id, connection });
    } catch (error) {
      // Untold it would be a ghost: the next tick tries again.
      this.#absences.add(absence);
      this.#unexpected("away_failed", error, key);
    }
  }

  #forgetIfEmpty(room: LocalRoom): void {
    const name = keyOf(room.view.key);
    if (room.peers.size === 0 && this.#rooms.get(name) === room) this.#rooms.delete(name);
  }

  /** Tells those here, and the other nodes that have people in the room. */
  #announce(key: RoomKey, { state, changes, nodes }: Changed): void {
    if (changes.length === 0) return;
    this.#record(key, changes);
    for (const node of nodes) {
      if (node === this.parts.node) continue;
      this.parts.bus.publish(node, { kind: "changes", room: key, changes });
    }
    this.#advance(key, (room) => room.advance(state, changes));
  }

  /** A room that the store does not have has ended, whoever missed it. */
  #notice(key: RoomKey, { code }: Refusal): void {
    if (code === "room_not_found") this.#advance(key, (room) => room.advance(null));
  }

  #advance(key: RoomKey, move: (room: LocalRoom) => void): void {
    const room = this.#rooms.get(keyOf(key));
    if (!room) return;
    move(room);
    this.#forgetIfEmpty(room);
  }

  #receive(message: BusMessage): void {
    const room = this.#rooms.get(keyOf(message.room));
    if (!room) return;
    switch (message.kind) {
      case "deliver":
        room.peers.get(message.to)?.deliver(message.frame, message.of);
        return;
      case "changes":
        for (const change of message.changes) {
          const next = change.kind === "ended" ? null : follow(room.view, change);
          if (next === undefined) return this.#reread(message.room);
          this.#advance(message.room, (room) => room.advance(next, [change]));
        }
        return;
      default:
        assertNever(message);
    }
  }

  /** Something was missed: the store knows. */
  #reread(key: RoomKey): void {
    this.parts.presence.read(key)
      .then((state) => this.#advance(key, (room) => room.advance(state ?? null)))
      .catch((error) => this.#unexpected("reread_failed", error, key));
  }

  #rereadAll(): void {
    for (const room of this.#rooms.values()) this.#reread(room.view.key);
  }

  #welcome(room: LocalRoom, id: string, session: string, resumed: boolean): WelcomeFrame {
    const { config } = this.parts;
    const { members, version, topology } = room.view;
    const others = Object.values(members).filter((member) => member.id !== id);
    return {
      type: "welcome",
      self: participantInfo(memberOf(room.view, id)!),
      session,
      resumed,
      room: roomInfo(room.view),
      participants: others.map(participantInfo),
      version,
      topology,
      ...iceServers(config, id, Date.now()),
      limits: {
        frameLength: LIMITS.frameLength,
        frameUnit: LIMITS.frameUnit,
        framesPerSecond: config.frames.rate,
        frameBurst: config.frames.burst,
        updatesPerSecond: POLICY.updates.rate,
        updateBurst: POLICY.updates.burst,
      },
    };
  }

  /** Counts and logs what this node did to a room; not every mute and raised hand. */
  #record({ tenant, id: room }: RoomKey, changes: RoomChange[]): void {
    const { log } = this.parts;
    for (const change of changes) {
      switch (change.kind) {
        case "participant": {
          const { cause, member: { id: participant } } = change;
          if (cause === "joined" || cause === "resumed") this.counters.entered[cause]++;
          if (cause !== "updated") log("info", cause, { tenant, room, participant });
          break;
        }
        case "left":
          this.counters.left[change.reason]++;
          log("info", "left", { tenant, room, participant: change.id, code: change.reason });
          break;
        case "ended":
          log("info", "room_ended", { tenant, room });
          break;
        case "room":
        case "topology":
          break;
        default:
          assertNever(change);
      }
    }
  }

  #unexpected(event: string, error: unknown, key?: RoomKey): void {
    const { log } = this.parts;
    log("error", event, { tenant: key?.tenant, room: key?.id, error: errorText(error) });
  }
}

const overtaken: Refusal = {
  kind: "refused",
  code: "taken_over",
  message: "Cannot enter: a newer socket resumed this session; expected one socket per session",
};
