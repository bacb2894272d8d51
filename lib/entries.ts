/**
 * How somebody comes in: through the gate, past the checks, into the room, and is welcomed.
 *
 * @module
 */
import { assertNever } from "./assert_never.ts";
import type { Ticket, Tokens } from "./auth.ts";
import type { Config } from "./config.ts";
import type { Counters } from "./counters.ts";
import { checkAddress, checkEntry, type EntryFrame } from "./entry.ts";
import { Gate, type GatePolicy, type Shed } from "./gate.ts";
import type { Seat } from "./hub.ts";
import type { Limits } from "./limits/mod.ts";
import type { Peer } from "./local_room.ts";
import type { Log } from "./log.ts";
import { POLICY } from "./policy.ts";
import { roomNotFound } from "./presence/mod.ts";
import type { Permissions } from "./protocol.ts";
import type { Changed } from "./room.ts";
import type { Refusal, RoomEvent } from "./room_event.ts";
import { memberOf, originOf, recalledRoom } from "./room_state.ts";
import { type Rooms, unwanted } from "./rooms.ts";
import type { SfuDirectory } from "./sfu/directory.ts";
import { Standstill } from "./standstill.ts";
import { Unavailable } from "./unavailable.ts";
import { welcomeFrame } from "./welcome.ts";

/** What entries are made of. */
export interface EntriesParts {
  /** This node's name. */
  node: string;
  config: Config;
  tokens: Tokens;
  limits: Limits;
  rooms: Rooms;
  sfus: SfuDirectory;
  counters: Counters;
  log: Log;
  /** Who is let in when many want to be; by default what suits the store. */
  gate?: GatePolicy;
}

/** Who wants to come in. */
export interface Newcomer {
  frame: EntryFrame;
  socket: Peer;
  /** Where the socket comes from: each address has its limit, and its turn. */
  address: string;
  /** Asked when its turn has come. */
  wanted: () => boolean;
}

/** One of many who want in at once: counted, and told of in the log as a whole. */
export interface TurnedAway {
  readonly kind: "shed";
  readonly message: string;
  readonly retryAfterMs: number;
}

/** Who was let in, and what it may do. */
export interface Entered {
  readonly kind: "entered";
  readonly seat: Seat;
  readonly permissions: Permissions;
}

/** All who come in at a node, and those who want to. */
export class Entries {
  readonly #parts: EntriesParts;
  readonly #gate: Gate;
  readonly #standstill = new Standstill(POLICY.standstill);
  readonly #entering = new Set<Promise<unknown>>();
  /** How many were turned away since all were let in, and when the last. */
  #shed: { count: number; at: number } | undefined;

  constructor(parts: EntriesParts) {
    this.#parts = parts;
    const { gate, config } = parts;
    this.#gate = new Gate(gate ?? gatePolicy(config.store.kind));
  }

  /** How many wait for their turn. */
  get waiting(): number {
    return this.#gate.waiting;
  }

  /** Lets a participant in, new or back, and welcomes it; not if it is not `wanted` any more when its turn comes. */
  enter(newcomer: Newcomer): Promise<Entered | Refusal | TurnedAway> {
    const entering = this.#enter(newcomer);
    this.#entering.add(entering);
    const known = () => void this.#entering.delete(entering);
    entering.then(known, known);
    return entering;
  }

  /** Resolves when what became of each who wants in is known. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#entering);
  }

  /** To be called all the time; `late`: by how many ms it came later than it should. */
  look(now: number, late: number): void {
    this.#standstill.looked(now);
    this.#gate.look(late, now);
    if (!this.#shed || this.#gate.shedding(now) || now - this.#shed.at < POLICY.shedOverMs) return;
    this.#parts.log("info", "shedding_over", { count: this.#shed.count });
    this.#shed = undefined;
  }

  async #enter(newcomer: Newcomer): Promise<Entered | Refusal | TurnedAway> {
    const { frame, address, wanted } = newcomer;
    const tooOften = await checkAddress(this.#parts, address);
    if (tooOften) return tooOften;
    // After a standstill nobody is served for a moment, which nobody has to wait for in the queue.
    await this.#standstill.over();
    const is = frame.type === "join" ? "new" : "back";
    const passed = await this.#gate.pass({ is, address, wanted }, async () => {
      const ticket = await checkEntry(this.#parts, frame);
      return "kind" in ticket ? ticket : await this.#letIn(ticket, newcomer);
    });
    switch (passed.kind) {
      case "done":
        return passed.result;
      case "shed":
        return this.#turnedAway(passed, Date.now());
      case "unwanted":
        return unwanted;
      default:
        assertNever(passed);
    }
  }

  #turnedAway({ kind, cause, retryAfterMs }: Shed, now: number): TurnedAway {
    const { counters, log } = this.#parts;
    counters.shed[cause]++;
    if (!this.#shed) log("warn", "shedding", { reason: cause });
    this.#shed = { count: (this.#shed?.count ?? 0) + 1, at: now };
    return {
      kind,
      message: "Cannot enter: too many want in here; expected another node, or this one later",
      retryAfterMs,
    };
  }

  async #letIn(
    ticket: Ticket,
    { socket, frame: { media, attributes }, wanted }: Newcomer,
  ): Promise<Entered | Refusal> {
    const { rooms, sfus, tokens, node, config } = this.#parts;
    const key = ticket.room;
    const { id, permissions } = ticket.admission;
    const event: RoomEvent = {
      kind: "enter",
      admission: ticket.admission,
      node,
      region: config.region,
      connection: socket.id,
      sfus: sfus.views,
      media,
      attributes,
    };
    // A client that gave up on a node which stood still is elsewhere by now, and its close is still to be heard.
    await this.#standstill.over();
    const result = await this.#change(ticket, event, wanted).catch(refusedLater);
    if (result.kind === "refused") return result;
    const session = tokens.signSession({ ...ticket, made: originOf(result.state!) });
    const room = rooms.get(key);
    if (!room) return roomNotFound(key);
    // Others may have changed it since.
    if (memberOf(room.view, id)?.connection !== socket.id) return overtaken;
    const resumed = result.changes.some((c) => c.kind === "participant" && c.cause === "resumed");
    const welcome = welcomeFrame(this.#parts, { room, id, session, resumed }, Date.now());
    room.peers.set(id, socket);
    socket.deliver(JSON.stringify(welcome), "control");
    return { kind: "entered", seat: { room, id }, permissions };
  }

  /** A room that nobody remembers is made again by the first who comes and knows what it was like. */
  async #change(
    ticket: Ticket,
    event: RoomEvent,
    wanted: () => boolean,
  ): Promise<Changed | Refusal> {
    const { rooms, log } = this.#parts;
    const { room: key, made, admission } = ticket;
    const result = await rooms.change(key, event, { wanted });
    if (result.kind === "changed" || !result.forgotten) return result;
    if (!made || admission.expiresAt <= Date.now()) return result;
    log("warn", "room_recalled", { tenant: key.tenant, room: key.id });
    const recalled = recalledRoom(key, made, Date.now());
    return await rooms.change(key, event, { wanted, recalled });
  }
}

/** Who is let in when many want to be, with such a store. */
export function gatePolicy(store: Config["store"]["kind"]): GatePolicy {
  return { ...POLICY.gate, ...POLICY.gatePatience[store] };
}

const overtaken: Refusal = {
  kind: "refused",
  code: "taken_over",
  message: "Cannot enter: a newer socket resumed this session; expected one socket per session",
};

/** Nobody can be let in: the store is away, and nobody of the room is here. */
function refusedLater(error: unknown): Refusal {
  if (!(error instanceof Unavailable)) throw error;
  const { message } = error;
  // Spread out: all that are refused at once would be back at once.
  const retryAfterMs = Math.round(error.retryAfterMs * (1 + Math.random()));
  return { kind: "refused", code: "unavailable", message, retryAfterMs };
}
