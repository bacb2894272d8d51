import type { IceCandidate, Layer } from "../../protocol.ts";
import { randomId } from "../../ids.ts";
import { SfuError, type SfuEvents, type SfuSeat, type SfuSession } from "../mod.ts";
import type { Engine } from "./engine.ts";
import { Feed } from "./feed.ts";
import { EMBEDDED } from "./policy.ts";
import { type Offer, Receiving } from "./receiving.ts";
import type { Member, Room } from "./room.ts";
import { Sending } from "./sending.ts";

/** Who is told of what happens: nobody while a session is released, or over. */
type Holder =
  | { state: "held"; events: SfuEvents; by: HeldSession }
  | { state: "released"; since: number }
  | { state: "over" };

/** A participant's session, whoever holds it. */
export class Seated implements Member {
  readonly ticket = randomId(24);
  feeds: readonly Feed[] = [];
  #holder: Holder;
  readonly #engine: Engine;
  readonly #room: Room;
  readonly #ended: () => void;
  readonly #layers = new Map<string, Layer>();
  #number = 0;
  /** When it last had a connection. */
  #connectedAt: number;
  #sending: Sending | undefined;
  #receiving: Promise<Receiving> | undefined;
  /** The same, once it is made. */
  #receivingNow: Receiving | undefined;
  /** One change of the connections after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  readonly #stopTicks: () => void;

  constructor(
    readonly seat: SfuSeat,
    { engine, room, ended }: { engine: Engine; room: Room; ended: () => void },
  ) {
    this.#engine = engine;
    this.#room = room;
    this.#ended = ended;
    this.#holder = { state: "released", since: engine.now() };
    this.#connectedAt = engine.now();
    this.#stopTicks = engine.onTick((now) => this.#tick(now));
  }

  get participant(): string {
    return this.seat.participant;
  }

  /** From now on `events` is told, and nobody else; the session as its holder sees it. */
  hold(events: SfuEvents): SfuSession {
    const by = new HeldSession(this);
    this.#holder = { state: "held", events, by };
    const receiving = this.#receiving;
    if (receiving === undefined) this.changed();
    else {
      this.#soon(async () => {
        const { pending } = await receiving;
        // Whoever held it before may not have got through with it.
        if (pending !== undefined && this.isHeldBy(by)) events.offer(pending);
      });
    }
    return by;
  }

  isHeldBy(session: HeldSession): boolean {
    return this.#holder.state === "held" && this.#holder.by === session;
  }

  release(): void {
    if (this.#holder.state !== "over") {
      this.#holder = { state: "released", since: this.#engine.now() };
    }
  }

  /** Runs `change` after those before it. @throws {SfuError} (rejects) `session_gone`, or what `change` throws. */
  #after<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(() => {
      if (this.#holder.state === "over") throw gone(this.participant);
      return change();
    });
    this.#turn = done.catch(() => {});
    return done;
  }

  /** The same, where nobody waits for it. */
  #soon(change: () => Promise<void>): void {
    this.#after(change).catch((error) => {
      if (!(error instanceof SfuError)) this.end(`the connection cannot be made: ${error}`);
    });
  }

  /** Fulfilled after every change that is under way. */
  settled(): Promise<void> {
    return this.#after(() => Promise.resolve());
  }

  publish(sdp: string): Promise<string> {
    return this.#after(async () => {
      const made = await Sending.take(this.#engine, sdp, (reason) => {
        if (this.#sending === made.sending) this.end(reason);
      });
      this.#sending?.close();
      this.#sending = made.sending;
      if (this.#isOver) made.sending.close();
      this.#feed(made.sending);
      return made.answer;
    });
  }

  get #isOver(): boolean {
    return this.#holder.state === "over";
  }

  /** What the others get goes on in the feeds that there are, as far as it is in the same format. */
  #feed(sending: Sending): void {
    this.feeds = sending.slots.map(({ kind, taken }) => {
      const feed = this.feeds.find((feed) => feed.kind === kind && feed.suits(taken)) ??
        new Feed(this.participant, kind, taken);
      sending.attach(kind, feed);
      return feed;
    });
    this.#room.feedsChanged(this);
  }

  changed(): void {
    if (!this.seat.subscribe || this.#isOver) return;
    if (this.#receiving === undefined && this.#room.feedsFor(this).length === 0) return;
    this.#soon(async () => (await this.#connection()).update());
  }

  #connection(): Promise<Receiving> {
    if (this.#receiving === undefined) {
      const made: Promise<Receiving> = Receiving.make(this.#engine, {
        feeds: () => this.#room.feedsFor(this),
        layerOf: (participant) => this.#layers.get(participant) ?? "high",
        offer: (offer) => this.#tellOffer(offer),
        over: (reason) => {
          if (this.#receiving === made) this.end(reason);
        },
        nextNumber: () => ++this.#number,
      });
      this.#receiving = made;
      made.then((receiving) => {
        this.#receivingNow = receiving;
        if (this.#isOver || this.#receiving !== made) receiving.close();
      }, () => this.#receiving = undefined);
    }
    return this.#receiving;
  }

  #tellOffer(offer: Offer): void {
    if (this.#holder.state === "held") this.#holder.events.offer(offer);
  }

  answer(number: number, sdp: string): Promise<void> {
    return this.#after(async () => {
      // An answer that another offer has overtaken is late, not wrong.
      if (number < this.#number) return;
      if (this.#receiving === undefined) {
        throw new SfuError("invalid", `Cannot take the answer to offer ${number}: none was made`);
      }
      await (await this.#receiving).answer(number, sdp);
    });
  }

  layers(wanted: Readonly<Record<string, Layer>>): Promise<void> {
    return this.#after(() => {
      for (const [participant, layer] of Object.entries(wanted)) {
        // Whoever is named last is forgotten last.
        this.#layers.delete(participant);
        this.#layers.set(participant, layer);
      }
      this.#forgetWishes();
      this.#receivingNow?.wish();
      return Promise.resolve();
    });
  }

  /** Of those who are not there, or not yet, the wishes of a bounded number stay. */
  #forgetWishes(): void {
    const absent = [...this.#layers.keys()].filter((id) => this.#room.member(id) === undefined);
    for (const id of absent.slice(0, -EMBEDDED.wishesMost)) this.#layers.delete(id);
  }

  /** Of how many participants it remembers which layer it wants. */
  get wishes(): number {
    return this.#layers.size;
  }

  resubscribe(): Promise<void> {
    return this.#after(() => {
      this.#receivingNow?.close();
      this.#receivingNow = undefined;
      this.#receiving = undefined;
      this.changed();
      return Promise.resolve();
    });
  }

  #tick(now: number): void {
    this.#sending?.tick(now);
    this.#receivingNow?.tick(now);
    if (this.#sending !== undefined || this.#receiving !== undefined) this.#connectedAt = now;
    const holder = this.#holder;
    if (holder.state === "over") return;
    const since = holder.state === "released"
      ? Math.max(holder.since, this.#connectedAt)
      : this.#connectedAt;
    if (now - since < EMBEDDED.releasedMs) return;
    if (holder.state === "released") this.end("nobody has gone on with it");
    // Who only receives has no connection as long as nobody sends.
    else if (this.seat.publish) {
      this.end(`no connection has been made for ${EMBEDDED.releasedMs / 1_000} s`);
    }
  }

  /** It is over; whoever holds it is told why. */
  end(reason: string): void {
    const holder = this.#holder;
    if (holder.state === "over") return;
    this.close();
    if (holder.state === "held") holder.events.ended(reason);
  }

  /** Ends it and frees everything. */
  close(): void {
    if (this.#holder.state === "over") return;
    this.#holder = { state: "over" };
    this.#stopTicks();
    this.#sending?.close();
    this.#receivingNow?.close();
    this.feeds = [];
    this.#room.leave(this);
    this.#ended();
  }
}

function gone(participant: string): SfuError {
  return new SfuError(
    "session_gone",
    `Cannot go on with the session of ${participant}: it is over`,
  );
}

/** A session in one hand: what another one has gone on with does nothing here any more. */
class HeldSession implements SfuSession {
  constructor(readonly seated: Seated) {}

  get ticket(): string {
    return this.seated.ticket;
  }

  #held(): Seated {
    if (!this.seated.isHeldBy(this)) throw gone(this.seated.participant);
    return this.seated;
  }

  async publish(sdp: string): Promise<string> {
    const seated = this.#held();
    if (!seated.seat.publish) {
      throw new SfuError("invalid", `Cannot publish: ${seated.participant} may not send`);
    }
    return await seated.publish(sdp);
  }

  async answer(number: number, sdp: string): Promise<void> {
    await this.#held().answer(number, sdp);
  }

  /** Candidates are not needed: connectivity checks come in, see `Transport`. */
  async candidate(_of: "publish" | "subscribe", _candidate: IceCandidate | null): Promise<void> {
    await this.#held().settled();
  }

  async layers(wanted: Readonly<Record<string, Layer>>): Promise<void> {
    await this.#held().layers(wanted);
  }

  async resubscribe(): Promise<void> {
    await this.#held().resubscribe();
  }

  close(): Promise<void> {
    if (this.seated.isHeldBy(this)) this.seated.close();
    return Promise.resolve();
  }

  release(): void {
    if (this.seated.isHeldBy(this)) this.seated.release();
  }
}
