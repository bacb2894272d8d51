/**
 * The sessions at SFUs that this node holds, one per participant and topology: hands on what is asked of them, in
 * order, and sees to it that none outlives its use.
 *
 * @module
 */
import { assertNever } from "../assert_never.ts";
import { errorText, type Log } from "../log.ts";
import { POLICY } from "../policy.ts";
import { keyOf } from "../presence/mod.ts";
import type { EndedCode, SfuAsk, SfuTold } from "../protocol.ts";
import { memberOf, type RoomKey, type RoomState } from "../room_state.ts";
import { type Sfu, SfuError, type SfuEvents, type SfuSession } from "./mod.ts";
import { readTicket, signTicket } from "./ticket.ts";

/** Who asks, and by way of which node it is answered. */
export interface Asker {
  readonly room: RoomKey;
  readonly id: string;
  readonly node: string;
  readonly publish: boolean;
  readonly subscribe: boolean;
}

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

type State =
  | { kind: "none" }
  /** `offer`: sent, and not answered. `fresh`: nothing was asked of it yet. */
  | { kind: "open"; session: SfuSession; offer?: SfuTold & { op: "offer" }; fresh: boolean }
  | { kind: "over" };

/** What makes a session better, and without which it goes on. */
type Hint = SfuAsk & { op: "candidate" | "layers" };

/** One participant's session, or what will be one. */
interface Held {
  asker: Asker;
  readonly epoch: number;
  readonly sfu: Sfu;
  state: State;
  /** Asked and not yet done. */
  waiting: number;
  /** When another node last asked for it, or said that it is wanted, in ms since 1970. */
  keptAt: number;
  turn: Promise<void>;
}

export class SfuSessions {
  readonly #parts: SfuSessionsParts;
  /** By room, then by epoch and participant. */
  readonly #rooms = new Map<string, Map<string, Held>>();

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
    let held = this.#held(asker.room, epoch, asker.id);
    // After a store has lost a moment, an epoch may have another SFU than it had.
    if (held && held.sfu !== sfu) {
      this.#close(held);
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
    if (mine.waiting >= POLICY.sfu.askQueue) {
      return this.#drop(mine, "refused", "too much is asked at once");
    }
    this.#inTurn(mine, () => this.#do(mine, ask));
  }

  /** Takes in what a room is like now; `null`: it has ended. */
  follow(key: RoomKey, view: RoomState | null): void {
    for (const held of this.#rooms.get(keyOf(key))?.values() ?? []) {
      const { asker } = held;
      const member = view && memberOf(view, asker.id);
      if (!member) this.#close(held);
      else if (member.node !== asker.node) {
        if (held.sfu.reach === "shared") this.#release(held);
        else held.asker = { ...asker, node: member.node };
      }
    }
  }

  /**
   * Ends what belongs to an older topology and is still there although everyone has had the time to switch, and what
   * another node has not asked for any more.
   */
  sweep(now: number, viewOf: (key: RoomKey) => RoomState | undefined): void {
    for (const room of this.#rooms.values()) {
      for (const held of room.values()) {
        const isForsaken = held.asker.node !== this.#parts.node &&
          held.keptAt + POLICY.sfu.forsakenMs <= now;
        if (isForsaken) {
          this.#close(held);
          continue;
        }
        const topology = viewOf(held.asker.room)?.topology;
        if (!topology || topology.epoch <= held.epoch) continue;
        if (topology.since + POLICY.sfu.lingerMs <= now) this.#close(held);
      }
    }
  }

  /** Leaves all as they are, for other nodes to go on with. */
  releaseAll(): void {
    for (const room of this.#rooms.values()) {
      for (const held of room.values()) if (held.sfu.reach === "shared") this.#release(held);
    }
  }

  async #do(held: Held, ask: SfuAsk): Promise<void> {
    if (held.state.kind === "over") return;
    if (isHint(ask)) return await this.#hint(held, ask);
    if (ask.op === "open") return await this.#open(held, ask.ticket);
    if (ask.op === "close") return await this.#finish(held);
    if (held.state.kind === "none") {
      return this.#end(held.asker, held.epoch, "no_session", "the session is not open");
    }
    const { session } = held.state;
    held.state.fresh = false;
    switch (ask.op) {
      case "publish": {
        const sdp = await session.publish(ask.sdp);
        return this.#tell(held, { op: "published", sdp });
      }
      case "answer":
        // One that comes late, or again, answers nothing any more.
        if (held.state.offer?.number !== ask.number) return;
        held.state.offer = undefined;
        return await session.answer(ask.number, ask.sdp);
      case "resubscribe":
        return await session.resubscribe();
      default:
        assertNever(ask);
    }
  }

  /** What an SFU that is busy may miss, and nobody hears of it. */
  async #hint({ state }: Held, hint: Hint): Promise<void> {
    if (state.kind !== "open") return;
    try {
      if (hint.op === "layers") await state.session.layers(hint.layers);
      else await state.session.candidate(hint.of, hint.candidate);
    } catch (error) {
      if (!(error instanceof SfuError) || error.code !== "unavailable") throw error;
    }
  }

  async #open(held: Held, ticket: string | undefined): Promise<void> {
    const { state } = held;
    if (state.kind === "open") {
      const mine = this.#ticketOf(held, state.session);
      // Asked again, because the answer was late or lost: there is no need of another.
      const isRepeated = ticket === undefined && state.fresh;
      if (ticket === mine || isRepeated) {
        this.#tell(held, { op: "opened", ticket: mine, resumed: !isRepeated });
        // The socket on which it went out may be gone.
        if (state.offer) this.#tell(held, state.offer);
        return;
      }
      await state.session.close();
      // Its participant may have left meanwhile.
      if (isOver(held)) return;
      held.state = { kind: "none" };
    }
    const claim = ticket === undefined
      ? undefined
      : readTicket(this.#parts.secret, ticket, this.#claimOf(held));
    const resumed = claim === undefined ? undefined : await this.#begin(held, claim);
    const session = resumed ?? await this.#begin(held);
    if (!session) return;
    this.#tell(held, {
      op: "opened",
      ticket: this.#ticketOf(held, session),
      resumed: resumed !== undefined,
    });
  }

  /** `undefined`: the session of this ticket is gone. */
  async #begin(held: Held, ticket?: string): Promise<SfuSession | undefined> {
    const { asker, epoch, sfu } = held;
    if (isOver(held)) return undefined;
    if (ticket === undefined && sfu.load >= sfu.info.capacity) {
      const { id, capacity } = sfu.info;
      throw new SfuError("unavailable", `Cannot begin a session: SFU "${id}" has ${capacity}`);
    }
    const { id: participant, publish, subscribe } = asker;
    const seat = { room: `${keyOf(asker.room)}#${epoch}`, participant, publish, subscribe };
    // What comes before the session stands comes after `opened`.
    const early: SfuTold[] = [];
    const tell = (told: SfuTold) => {
      if (held.state.kind !== "open") return void early.push(told);
      if (told.op === "offer") held.state.offer = told;
      this.#tell(held, told);
    };
    const events: SfuEvents = {
      offer: (offer) => tell({ op: "offer", ...offer }),
      candidate: (of, candidate) => tell({ op: "candidate", of, candidate }),
      ended: (reason) => this.#drop(held, "ended", reason),
    };
    try {
      const session = await sfu.open({ ...seat, ...(ticket !== undefined && { ticket }) }, events);
      if (isOver(held)) {
        await session.close();
        return undefined;
      }
      held.state = { kind: "open", session, fresh: ticket === undefined };
      // After the `opened` that follows at once.
      queueMicrotask(() => early.forEach(tell));
      return session;
    } catch (error) {
      const gone = error instanceof SfuError && error.code === "session_gone";
      if (ticket !== undefined && gone) return undefined;
      throw error;
    }
  }

  #inTurn(held: Held, job: () => Promise<void>): void {
    held.waiting++;
    held.turn = held.turn.then(job).catch((error) => this.#failed(held, error))
      .finally(() => held.waiting--);
  }

  #failed(held: Held, error: unknown): void {
    const expected = error instanceof SfuError;
    if (!expected) {
      const { room: { tenant, id: room }, id: participant } = held.asker;
      this.#parts.log("error", "sfu_failed", {
        tenant,
        room,
        participant,
        error: errorText(error),
      });
    }
    const code = expected && error.code === "invalid" ? "refused" : "unavailable";
    this.#drop(held, code, expected ? error.message : "the node failed at this");
  }

  /** It is over, and its participant is told why. */
  #drop(held: Held, code: EndedCode, reason: string): void {
    if (isOver(held)) return;
    this.#end(held.asker, held.epoch, code, reason);
    this.#close(held);
  }

  #close(held: Held): void {
    const { state } = held;
    this.#forget(held);
    if (state.kind === "open") void state.session.close();
  }

  async #finish(held: Held): Promise<void> {
    const { state } = held;
    this.#forget(held);
    if (state.kind === "open") await state.session.close();
  }

  #release(held: Held): void {
    const { state } = held;
    this.#forget(held);
    if (state.kind === "open") state.session.release();
  }

  #forget(held: Held): void {
    held.state = { kind: "over" };
    const name = keyOf(held.asker.room);
    const room = this.#rooms.get(name);
    const key = nameOf(held.epoch, held.asker.id);
    if (room?.get(key) === held) room.delete(key);
    if (room?.size === 0) this.#rooms.delete(name);
  }

  #held(room: RoomKey, epoch: number, id: string): Held | undefined {
    return this.#rooms.get(keyOf(room))?.get(nameOf(epoch, id));
  }

  #hold(asker: Asker, epoch: number, sfu: Sfu): Held {
    const name = keyOf(asker.room);
    const room = this.#rooms.get(name) ?? new Map<string, Held>();
    this.#rooms.set(name, room);
    const turn = Promise.resolve();
    const state = { kind: "none" } as const;
    const held: Held = { asker, epoch, sfu, state, waiting: 0, keptAt: Date.now(), turn };
    room.set(nameOf(epoch, asker.id), held);
    return held;
  }

  #claimOf({ asker, epoch, sfu }: Held) {
    return { room: keyOf(asker.room), epoch, participant: asker.id, sfu: sfu.info.id };
  }

  #ticketOf(held: Held, session: SfuSession): string {
    return signTicket(this.#parts.secret, { ...this.#claimOf(held), session: session.ticket });
  }

  #tell({ asker, epoch, state }: Held, told: SfuTold): void {
    if (state.kind !== "over") this.#parts.tell(asker, epoch, told);
  }

  #end(asker: Asker, epoch: number, code: EndedCode, reason: string): void {
    this.#parts.tell(asker, epoch, { op: "ended", code, reason });
  }
}

function isOver({ state }: Held): boolean {
  return state.kind === "over";
}

function isHint(ask: SfuAsk): ask is Hint {
  return ask.op === "candidate" || ask.op === "layers";
}

function nameOf(epoch: number, id: string): string {
  return `${epoch} ${id}`;
}
