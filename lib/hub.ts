/**
 * A node's sockets: who is let in, what is handed on, and how it all begins and ends. Its rooms are in rooms.ts.
 *
 * A join walks: Connection -> Entries -> presence.change -> welcome. A signal walks: Connection -> relay -> the
 * other's socket, or one publish to the node that holds it; it touches no store.
 *
 * @module
 */
import { bulkhead } from "cockatiel";
import { assertNever } from "./assert_never.ts";
import type { Tokens } from "./auth.ts";
import { type Bus, type BusMessage, checkMessage } from "./bus/mod.ts";
import { NodeClock } from "./clock.ts";
import type { Config } from "./config.ts";
import { Counters } from "./counters.ts";
import { Entries, type EntriesParts } from "./entries.ts";
import { every } from "./every.ts";
import type { Guard } from "./guard.ts";
import { Lease } from "./lease.ts";
import { Lift } from "./lift.ts";
import type { LocalRoom, Peer } from "./local_room.ts";
import { countedLimits } from "./limits/counted.ts";
import type { Limits } from "./limits/mod.ts";
import { errorText, type Log } from "./log.ts";
import { POLICY } from "./policy.ts";
import type { Presence } from "./presence/mod.ts";
import type { MessageClass } from "./protocol.ts";
import { Qualities } from "./quality.ts";
import { QualityExchange } from "./quality_exchange.ts";
import type { RoomEvent } from "./room_event.ts";
import { memberOf, type RoomKey, type RoomState } from "./room_state.ts";
import { Rooms } from "./rooms.ts";
import type { SfuDirectory } from "./sfu/directory.ts";
import { type Dependency, reasonOf } from "./unavailable.ts";

/** A participant's place: what a joined socket holds. */
export interface Seat {
  readonly room: LocalRoom;
  readonly id: string;
}

/** A socket, as the hub sees it: a peer that may be told to come back another time. */
export interface Socket extends Peer {
  /** Looks whether the client is still there, and has said what it wants. */
  look(now: number): void;
}

/** What a node is made of. */
export interface HubParts {
  /** This node's name, never used twice. */
  node: string;
  config: Config;
  presence: Presence;
  bus: Bus;
  tokens: Tokens;
  limits: Limits;
  /** Of what this node leans on. */
  guards: readonly Guard[];
  /** Made for this node's name. */
  sfus: SfuDirectory;
  log: Log;
  gate?: EntriesParts["gate"];
}

/** One node's sockets. */
export class Hub {
  readonly counters = new Counters();
  readonly rooms: Rooms;
  readonly entries: Entries;
  readonly clock: NodeClock;
  readonly lease: Lease;
  readonly limits: Limits;
  readonly lift: Lift;
  readonly qualities = new Qualities();
  readonly exchange: QualityExchange;
  readonly #sockets = new Set<Socket>();
  #nextToLookAt: Iterator<Socket, undefined> = this.#sockets.values();
  readonly #farewells = bulkhead(POLICY.farewells, Infinity);
  #status: "serving" | "draining" = "serving";
  /** As it was last told to the log. */
  #bus: "up" | "down" = "up";
  /** Resolved when the last socket is gone; made by `drain`. */
  #emptied: PromiseWithResolvers<void> | undefined;

  constructor(readonly parts: HubParts) {
    const { node, presence, bus, sfus, config, log } = parts;
    const { counters } = this;
    const watch = (key: RoomKey, view: RoomState | null) => this.lift.follow(key, view);
    const rooms = this.rooms = new Rooms({ node, presence, bus, log, counters, watch });
    this.exchange = new QualityExchange({ node, rooms, qualities: this.qualities, bus, counters });
    const limits = this.limits = countedLimits(parts.limits, counters.limits);
    this.entries = new Entries({ ...parts, rooms, limits, counters });
    this.clock = new NodeClock(log);
    this.lease = new Lease({ node, presence, rooms, bus, sfus, clock: this.clock, log });
    this.lift = new Lift({
      node,
      rooms,
      sfus,
      secret: config.tokenSecret,
      log,
      publish: (node, message) => this.#publish(node, message),
    });
  }

  get status(): "serving" | "draining" {
    return this.#status;
  }

  /** What this node leans on, and whether it is there. */
  get dependencies(): Record<Dependency, "up" | "down"> {
    const { guards, bus } = this.parts;
    const store = guards.find(({ dependency }) => dependency === "store")?.state ?? "up";
    return { store, bus: bus.state };
  }

  /** Sockets and rooms on this node, and participants with a socket here. */
  get size(): { connections: number; rooms: number; participants: number } {
    let participants = 0;
    for (const room of this.rooms.all) participants += room.peers.size;
    return { connections: this.#sockets.size, rooms: this.rooms.size, participants };
  }

  /** Opens this node's inbox, and begins to give signs of life and to look after what is due; the answer stops it all. */
  start(): () => Promise<void> {
    const inbox = this.parts.bus.subscribe(this.parts.node, {
      message: (message) => this.#hear(message),
      missed: () => this.lease.hurry(),
    });
    this.lease.start();
    const stopTicking = every(POLICY.tickMs, (now, late) => {
      this.entries.look(now, late);
      return this.tick(now);
    });
    const { lookMs, portions, pingMs } = POLICY.heartbeat;
    const stopLooking = every(lookMs / portions, (now, late) => {
      // A process that stood still has not heard what its clients said meanwhile.
      if (late < pingMs / 2) this.lookAtSockets(now, 1 / portions);
    });
    return async () => {
      stopTicking();
      stopLooking();
      this.lease.stop();
      await inbox.close();
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
      this.#publish(member.node, { kind: "deliver", room: room.view.key, to, frame, of });
    }
    return true;
  }

  /** The socket of a participant has closed without a leave. */
  async away({ room, id }: Seat, socket: Socket): Promise<void> {
    // Whoever was sent away (removed, taken over, left) has lost its place already.
    if (room.peers.get(id) !== socket) return;
    room.peers.delete(id);
    // A draining node's people are told of all at once, see `drain`.
    if (this.#status === "draining") return;
    const now = Date.now();
    const event: RoomEvent = { kind: "away", id, connection: socket.id };
    // Of thousands who lost their sockets at once most are back before their turn comes.
    const wanted = () => memberOf(room.view, id)?.connection === socket.id;
    await this.#farewells.execute(() => this.rooms.change(room.view.key, event, { now, wanted }));
  }

  /**
   * Looks which clients are still there, and have said what they want: so many of all, those who were looked at longest
   * ago.
   */
  lookAtSockets(now: number, share = 1): void {
    for (let left = Math.ceil(this.#sockets.size * share); left > 0; left--) {
      let { value } = this.#nextToLookAt.next();
      if (value === undefined) {
        this.#nextToLookAt = this.#sockets.values();
        ({ value } = this.#nextToLookAt.next());
      }
      value?.look(now);
    }
  }

  /** Ends what is due: the grace of those who are away. */
  async tick(now: number): Promise<void> {
    this.#watchBus();
    this.lift.tick(now);
    await this.rooms.tick(this.rooms.due(now), now);
  }

  #watchBus(): void {
    const { bus, log } = this.parts;
    if (bus.state === this.#bus) return;
    this.#bus = bus.state;
    if (bus.state === "up") log("info", "bus_back");
    else log("error", "bus_away", { error: bus.reason });
  }

  /**
   * Tells every client when to come back, spread out, and closes its socket; nobody is let in any more. Resolves when
   * all sockets are gone, at the latest after `POLICY.drain.socketsMs`, and the store knows that this node is.
   */
  async drain(): Promise<void> {
    this.#status = "draining";
    this.lease.stop();
    const moving = this.lift.drain();
    // While they are being moved, their people are still here to be told.
    if (moving.length > 0) await Promise.all(moving);
    const { minMs, perClientMs, maxMs, socketsMs } = POLICY.drain;
    const spreadMs = Math.min(maxMs, minMs + this.#sockets.size * perClientMs);
    this.#emptied = Promise.withResolvers<void>();
    if (this.#sockets.size === 0) this.#emptied.resolve();
    const { promise: tooLong, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, socketsMs);
    for (const socket of [...this.#sockets]) this.sendAway(socket, spreadMs);
    // The store may be letting somebody in yet.
    const empty = this.#emptied.promise.then(() => this.entries.settled());
    await Promise.race([empty, tooLong]);
    clearTimeout(timer);
    const { presence, node, log } = this.parts;
    // Untold, its lease runs out by itself.
    await presence.retire(node).catch((error) =>
      log("error", "retire_failed", { error: reasonOf(error) })
    );
  }

  /** Tells one client to come back within `spreadMs`. */
  sendAway(socket: Socket, spreadMs: number = POLICY.drain.maxMs): void {
    socket.end(
      "draining",
      "Cannot serve: this node is draining; expected another node, or this one later",
      { retryAfterMs: Math.round(POLICY.drain.minMs + Math.random() * spreadMs) },
    );
  }

  /** Never throws: that would end the process, or the connection that brought the message. */
  #hear(message: BusMessage): void {
    try {
      this.#receive(message);
    } catch (error) {
      this.parts.log("error", "message_failed", { error: errorText(error) });
    }
  }

  #receive(message: BusMessage): void {
    checkMessage(message);
    switch (message.kind) {
      case "deliver":
        this.rooms.get(message.room)?.peers.get(message.to)?.deliver(message.frame, message.of);
        return;
      case "changes":
        return this.rooms.hear(message.room, message.told);
      case "sfu":
        return this.lift.sessions.ask(message.asker, message.asked);
      case "quality_wanted":
      case "quality":
        return this.exchange.hear(message);
      default:
        assertNever(message);
    }
  }

  #publish(node: string, message: BusMessage): void {
    this.parts.bus.publish(node, message).catch(() => this.counters.busFailures++);
  }
}
