/**
 * One participant's session at an SFU, from what it asks first to its end: does one thing after the other, and answers.
 *
 * @module
 */
import { assertNever } from "../assert_never.ts";
import { errorText, type Log } from "../log.ts";
import { POLICY } from "../policy.ts";
import type { EndedCode, SfuAsk, SfuTold } from "../protocol.ts";
import { keyOf, type RoomKey } from "../room_state.ts";
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

export interface ParticipantSessionParts {
  /** Of the room's topology. */
  readonly epoch: number;
  readonly sfu: Sfu;
  /** Signs tickets; the same on all nodes. */
  readonly secret: string;
  readonly log: Log;
  /** Brings word to a participant. */
  tell(asker: Asker, epoch: number, told: SfuTold): void;
  /** It is over. */
  over(): void;
}

type State =
  | { kind: "none" }
  /** `offer`: sent, and not answered. `fresh`: nothing was asked of it yet. */
  | { kind: "open"; session: SfuSession; offer?: SfuTold & { op: "offer" }; fresh: boolean }
  | { kind: "over" };

/** What makes a session better, and without which it goes on. */
type Hint = SfuAsk & { op: "candidate" | "layers" };

export class ParticipantSession {
  asker: Asker;
  /** When another node last asked for it, or said that it is wanted, in ms since 1970. */
  keptAt = Date.now();
  readonly #parts: ParticipantSessionParts;
  #state: State = { kind: "none" };
  /** What the session has said before its participant was told that it is open. */
  #early: SfuTold[] | undefined;
  /** Asked and not yet done. */
  #waiting = 0;
  #turn: Promise<void> = Promise.resolve();

  constructor(asker: Asker, parts: ParticipantSessionParts) {
    this.asker = asker;
    this.#parts = parts;
  }

  get epoch(): number {
    return this.#parts.epoch;
  }

  get sfu(): Sfu {
    return this.#parts.sfu;
  }

  /** Does what its participant asks, after what it asked before. */
  ask(ask: SfuAsk): void {
    if (this.#waiting >= POLICY.sfu.askQueue) {
      return this.#drop("refused", "too much is asked at once");
    }
    this.#waiting++;
    this.#turn = this.#turn.then(() => this.#do(ask)).catch((error) => this.#failed(error))
      .finally(() => this.#waiting--);
  }

  /** Ends it, at the SFU too; its participant is not told. */
  close(): void {
    void this.#leave()?.close();
  }

  /** Leaves it as it is at the SFU, for another node to go on with. */
  release(): void {
    this.#leave()?.release();
  }

  /** It is over here; the answer is what is still open at the SFU. */
  #leave(): SfuSession | undefined {
    const state = this.#state;
    this.#state = { kind: "over" };
    this.#parts.over();
    return state.kind === "open" ? state.session : undefined;
  }

  async #do(ask: SfuAsk): Promise<void> {
    if (this.#state.kind === "over") return;
    if (isHint(ask)) return await this.#hint(ask);
    if (ask.op === "open") return await this.#open(ask.ticket);
    if (ask.op === "close") return await this.#leave()?.close();
    if (this.#state.kind === "none") return this.#end("no_session", "the session is not open");
    const { session } = this.#state;
    this.#state.fresh = false;
    switch (ask.op) {
      case "publish": {
        const sdp = await session.publish(ask.sdp);
        return this.#tell({ op: "published", sdp });
      }
      case "answer":
        // One that comes late, or again, answers nothing any more.
        if (this.#state.offer?.number !== ask.number) return;
        this.#state.offer = undefined;
        return await session.answer(ask.number, ask.sdp);
      case "resubscribe":
        return await session.resubscribe();
      default:
        assertNever(ask);
    }
  }

  /** What an SFU that is busy may miss, and nobody hears of it. */
  async #hint(hint: Hint): Promise<void> {
    if (this.#state.kind !== "open") return;
    const { session } = this.#state;
    try {
      if (hint.op === "layers") await session.layers(hint.layers);
      else await session.candidate(hint.of, hint.candidate);
    } catch (error) {
      if (!(error instanceof SfuError) || error.code !== "unavailable") throw error;
    }
  }

  async #open(ticket: string | undefined): Promise<void> {
    const state = this.#state;
    if (state.kind === "open") {
      const mine = this.#ticketOf(state.session);
      // Asked again, because the answer was late or lost: there is no need of another.
      const isRepeated = ticket === undefined && state.fresh;
      if (ticket === mine || isRepeated) {
        this.#tell({ op: "opened", ticket: mine, resumed: !isRepeated });
        // The socket on which it went out may be gone.
        if (state.offer) this.#tell(state.offer);
        return;
      }
      await state.session.close();
      // Its participant may have left meanwhile.
      if (this.#isOver()) return;
      this.#state = { kind: "none" };
    }
    const claim = ticket === undefined
      ? undefined
      : readTicket(this.#parts.secret, ticket, this.#claim());
    const resumed = claim === undefined ? undefined : await this.#begin(claim);
    const session = resumed ?? await this.#begin();
    if (!session) return;
    const opened = { op: "opened", ticket: this.#ticketOf(session) } as const;
    this.#tell({ ...opened, resumed: resumed !== undefined });
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const told of early) this.#passOn(told);
  }

  /** `undefined`: the session of this ticket is gone. */
  async #begin(ticket?: string): Promise<SfuSession | undefined> {
    const { sfu, epoch } = this.#parts;
    if (this.#isOver()) return undefined;
    if (ticket === undefined && sfu.load >= sfu.info.capacity) {
      const { id, capacity } = sfu.info;
      throw new SfuError("unavailable", `Cannot begin a session: SFU "${id}" has ${capacity}`);
    }
    const { id: participant, room, publish, subscribe } = this.asker;
    const seat = { room: `${keyOf(room)}#${epoch}`, participant, publish, subscribe };
    this.#early = [];
    const events: SfuEvents = {
      offer: (offer) => this.#passOn({ op: "offer", ...offer }),
      candidate: (of, candidate) => this.#passOn({ op: "candidate", of, candidate }),
      ended: (reason) => this.#drop("ended", reason),
    };
    try {
      const session = await sfu.open({ ...seat, ...(ticket !== undefined && { ticket }) }, events);
      if (this.#isOver()) {
        await session.close();
        return undefined;
      }
      this.#state = { kind: "open", session, fresh: ticket === undefined };
      return session;
    } catch (error) {
      const gone = error instanceof SfuError && error.code === "session_gone";
      if (ticket !== undefined && gone) return undefined;
      throw error;
    }
  }

  /** Tells what the session says. */
  #passOn(told: SfuTold): void {
    if (this.#early !== undefined) return void this.#early.push(told);
    if (told.op === "offer" && this.#state.kind === "open") this.#state.offer = told;
    this.#tell(told);
  }

  #failed(error: unknown): void {
    const expected = error instanceof SfuError;
    if (!expected) {
      const { room: { tenant, id: room }, id: participant } = this.asker;
      const fields = { tenant, room, participant, error: errorText(error) };
      this.#parts.log("error", "sfu_failed", fields);
    }
    const code = expected && error.code === "invalid" ? "refused" : "unavailable";
    this.#drop(code, expected ? error.message : "the node failed at this");
  }

  /** It is over, and its participant is told why. */
  #drop(code: EndedCode, reason: string): void {
    if (this.#isOver()) return;
    this.#end(code, reason);
    this.close();
  }

  #claim() {
    const { room, id: participant } = this.asker;
    const { epoch, sfu } = this.#parts;
    return { room: keyOf(room), epoch, participant, sfu: sfu.info.id };
  }

  #ticketOf({ ticket: session }: SfuSession): string {
    return signTicket(this.#parts.secret, { ...this.#claim(), session });
  }

  #tell(told: SfuTold): void {
    if (!this.#isOver()) this.#parts.tell(this.asker, this.epoch, told);
  }

  #end(code: EndedCode, reason: string): void {
    this.#parts.tell(this.asker, this.epoch, { op: "ended", code, reason });
  }

  #isOver(): boolean {
    return this.#state.kind === "over";
  }
}

function isHint(ask: SfuAsk): ask is Hint {
  return ask.op === "candidate" || ask.op === "layers";
}
