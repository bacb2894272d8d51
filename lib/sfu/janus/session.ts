/**
 * A participant's session in Janus: a handle that sends (and hears who else does), and one that receives.
 *
 * @module
 */
import { assertNever } from "../../assert_never.ts";
import type { IceCandidate, Layer, SfuConnection, SfuSlot } from "../../protocol.ts";
import { Turns } from "../../turns.ts";
import { SfuError, type SfuEvents, type SfuSeat, type SfuSession } from "../mod.ts";
import { JANUS_CODES, JanusRefusedError, sfuErrorOf } from "./errors.ts";
import { Layers } from "./layers.ts";
import { handleOf, type JanusLink, type LinkAskOptions, type LinkedSession } from "./link.ts";
import {
  type JanusAnswer,
  type JanusEvent,
  type Jsep,
  VIDEO_ROOM,
  type VideoRoomData,
} from "./messages.ts";
import type { JanusPolicy } from "./policy.ts";
import { endIfEmpty, isRefusal, participantsOf } from "./rooms.ts";
import { checkPublication, ridOrderOf, slotsOf } from "./sdp.ts";
import { writeTicket } from "./ticket.ts";

export interface SessionParts {
  readonly link: JanusLink;
  readonly policy: JanusPolicy;
  readonly seat: SfuSeat;
  readonly events: SfuEvents;
  /** Session and handle in Janus. */
  readonly session: number;
  readonly publisher: number;
  /** The handle that receives, of a session that is begun; absent: it receives nothing. */
  readonly subscriber?: number;
}

/** The receiving connection. `fresh`: its handle has not joined the room. */
type Receiving =
  | { is: "none" }
  | { is: "fresh"; handle: number }
  /** `asked`: whose media it has, or is about to. `offer`: the number of the one that waits for an answer. */
  | { is: "joined"; handle: number; asked: Set<string>; offer?: number };

export class JanusSession implements SfuSession, LinkedSession {
  readonly ticket: string;
  readonly #parts: SessionParts;
  /** One negotiation at a time per connection. */
  readonly #turns = new Turns();
  /** Everyone else who sends. */
  #present = new Set<string>();
  readonly #layers = new Layers();
  #slots: SfuSlot[] = [];
  #receiving: Receiving;
  /** `maybe`: another node held it before, or it did not go well. */
  #published: "no" | "maybe" | "yes" = "no";
  #lastNumber = 0;
  #state: "opening" | "live" | "over" = "opening";

  constructor(parts: SessionParts) {
    this.#parts = parts;
    const { session, publisher, subscriber, seat: { room, participant } } = parts;
    this.ticket = writeTicket({ session, publisher, room, participant });
    this.#receiving = subscriber === undefined
      ? { is: "none" }
      : { is: "fresh", handle: subscriber };
  }

  get over(): boolean {
    return this.#state === "over";
  }

  /** It stands, newly made; these send already. */
  begin(present: Iterable<string>): void {
    this.#state = "live";
    for (const participant of present) this.#present.add(participant);
    this.#inBackground(() => this.#sync());
  }

  /**
   * Goes on with a session that was held elsewhere, or by way of another connection.
   *
   * @throws {SfuError} (rejects) `session_gone`, `unavailable`
   */
  async recover(): Promise<void> {
    const { link, seat } = this.#parts;
    const taken = this.#state === "opening";
    try {
      await this.#ask(undefined, { janus: "claim" }, "claim a session");
      const participants = await participantsOf(link, seat.room);
      const own = participants.find(({ id }) => id === seat.participant);
      if (!own) throw gone("its participant is not in the room any more");
      if (taken) this.#take(Number(own.display));
      const others = participants.filter((one) => one.publisher && one !== own);
      this.#present = new Set(others.map(({ id }) => id));
    } catch (error) {
      throw isRefusal(error, JANUS_CODES.roomNone) ? gone("its room has ended") : sfuErrorOf(error);
    }
    if (taken) this.#state = "live";
    this.#inBackground(() => this.#catchUp());
  }

  publish(sdp: string): Promise<string> {
    return this.#inTurn("publish", async () => {
      if (!this.#parts.seat.publish) {
        throw new SfuError("invalid", "Cannot publish: this participant may not send");
      }
      checkPublication(sdp);
      const { publisher, policy } = this.#parts;
      // Janus would take a second offer for a change of the same connection.
      if (this.#published !== "no") await this.#ask(publisher, { janus: "hangup" }, "hang up");
      this.#published = "maybe";
      const answer = await this.#message(publisher, { request: "publish" }, "publish", {
        jsep: { type: "offer", sdp, rid_order: ridOrderOf(sdp) },
        timeoutMs: policy.replaceTimeoutMs,
      });
      this.#published = "yes";
      if (answer.janus === "event" && answer.jsep?.type === "answer") return answer.jsep.sdp;
      throw new SfuError("unavailable", "Cannot publish: Janus answered without a description");
    });
  }

  answer(number: number, sdp: string): Promise<void> {
    return this.#inTurn("receive", async () => {
      const receiving = this.#receiving;
      const waits = receiving.is === "joined" ? receiving.offer : undefined;
      if (receiving.is !== "joined" || waits !== number) {
        throw new SfuError(
          "invalid",
          `Cannot take the answer to offer ${number}: ${waits ?? "none"} waits for one`,
        );
      }
      // Janus may send the next offer as soon as it has this.
      receiving.offer = undefined;
      await this.#message(receiving.handle, { request: "start" }, "take an answer", {
        jsep: { type: "answer", sdp },
      });
    });
  }

  /** After what was asked before: Janus drops candidates that overtake the description to which they belong. */
  candidate(of: SfuConnection, candidate: IceCandidate | null): Promise<void> {
    return this.#inTurn(of === "publish" ? "publish" : "receive", async () => {
      const handle = of === "publish" ? this.#parts.publisher : this.#receivingHandle();
      if (handle === undefined) {
        throw new SfuError("invalid", "Cannot take a candidate: there is no receiving connection");
      }
      const trickle = { janus: "trickle", candidate: candidateOf(candidate) };
      try {
        await this.#ask(handle, trickle, "take a candidate", { until: "ack" });
      } catch (error) {
        // One of a kind that Janus cannot use, such as a name that only a browser knows, takes nothing from the others.
        if (!(error instanceof JanusRefusedError) || sfuErrorOf(error).code === "session_gone") {
          throw error;
        }
      }
    });
  }

  layers(wanted: Readonly<Record<string, Layer>>): Promise<void> {
    this.#layers.want(wanted);
    return this.#inTurn("receive", () => this.#settleLayers());
  }

  resubscribe(): Promise<void> {
    return this.#inTurn("receive", async () => {
      const before = this.#receivingHandle();
      if (before === undefined) return;
      const attach = { janus: "attach", plugin: VIDEO_ROOM };
      const handle = handleOf(await this.#ask(undefined, attach, "attach again"));
      this.#receiving = { is: "fresh", handle };
      this.#slots = [];
      this.#layers.forgetTold();
      await this.#ask(before, { janus: "detach" }, "detach");
      const note = { request: "configure", display: displayOf(handle) };
      await this.#message(this.#parts.publisher, note, "note a handle");
    }).then(() => this.#sync());
  }

  async close(): Promise<void> {
    if (this.#state === "over") return;
    this.#state = "over";
    const { link, session, publisher, seat } = this.#parts;
    try {
      // Without it the participant would be in the room for a moment longer than the session is.
      await this.#message(publisher, { request: "leave" }, "leave a room");
    } catch { /* Then it goes with the session. */ }
    await link.destroy(session);
    await endIfEmpty(link, seat.room);
  }

  release(): void {
    this.#state = "over";
    this.#parts.link.leave(this.#parts.session);
  }

  event(event: JanusEvent): void {
    if (this.#state === "over") return;
    switch (event.janus) {
      case "event":
        if (event.transaction === undefined && event.sender === this.#parts.publisher) {
          this.#heard(event.plugindata?.data);
        }
        if (event.jsep?.type === "offer") this.#offered(event.sender, event.jsep);
        return;
      case "trickle":
        return this.#trickled(event);
      case "detached":
        if (event.sender === this.#parts.publisher || event.sender === this.#receivingHandle()) {
          this.#end("Janus ended one of its handles");
        }
        return;
      case "timeout":
        return this.gone("Janus gave the session up");
      default:
        assertNever(event);
    }
  }

  reconnected(): void {
    // One that is being opened finds out by itself.
    if (this.#state === "live") this.#inBackground(() => this.recover());
  }

  gone(reason: string): void {
    this.#end(reason);
  }

  #heard(data: VideoRoomData | undefined): void {
    if (data === undefined) return;
    if (data.videoroom === "destroyed") return this.#end("the room at Janus has ended");
    if (data.leaving === "ok") return this.#end("Janus sent the participant out of the room");
    for (const id of [data.unpublished, data.leaving, data.kicked]) {
      if (id === undefined) continue;
      this.#present.delete(id);
      if (this.#receiving.is === "joined") this.#receiving.asked.delete(id);
    }
    for (const { id } of data.publishers ?? []) this.#present.add(id);
    this.#inBackground(() => this.#sync());
  }

  #offered(sender: number, { sdp }: Jsep): void {
    const receiving = this.#receiving;
    if (receiving.is !== "joined" || sender !== receiving.handle) return;
    this.#slots = slotsOf(sdp);
    receiving.asked = new Set(this.#slots.map(({ participant }) => participant));
    // Goes up also from node to node.
    const number = Math.max(this.#lastNumber + 1, Date.now());
    receiving.offer = this.#lastNumber = number;
    this.#parts.events.offer({ number, sdp, slots: [...this.#slots] });
    this.#inBackground(() => this.#inTurn("receive", () => this.#settleLayers()));
    this.#inBackground(() => this.#sync());
  }

  #trickled({ sender, candidate }: JanusEvent & { janus: "trickle" }): void {
    const of = sender === this.#parts.publisher
      ? "publish"
      : sender === this.#receivingHandle()
      ? "subscribe"
      : undefined;
    if (of) this.#parts.events.candidate(of, "completed" in candidate ? null : candidate);
  }

  /**
   * Has Janus offer what is missing, and no longer what is over. While an answer is still to come, Janus keeps that
   * back itself, and puts it all into one next offer.
   */
  #sync(): Promise<void> {
    return this.#inTurn("receive", async () => {
      for (let tries = this.#parts.policy.joinTries; tries > 0; tries--) {
        try {
          return await this.#syncOnce();
        } catch (error) {
          if (!isRefusal(error, JANUS_CODES.noSuchFeed)) throw error;
          // Somebody has stopped sending, and word of that is still on its way.
          await this.#look();
        }
      }
    });
  }

  async #syncOnce(): Promise<void> {
    const receiving = this.#receiving;
    if (receiving.is === "none") return;
    const asked = receiving.is === "joined" ? receiving.asked : new Set<string>();
    const missing = [...this.#present].filter((id) => !asked.has(id));
    const over = this.#slots.filter(({ participant }) => !this.#present.has(participant));
    const subscribe = missing.map((feed) => ({ feed }));
    const unsubscribe = over.map(({ mid }) => ({ sub_mid: mid }));
    if (receiving.is === "fresh") {
      if (missing.length > 0) await this.#join(receiving.handle, subscribe);
    } else {
      if (missing.length + over.length === 0) return;
      // Its sections may be another's in the next offer.
      this.#slots = this.#slots.filter((slot) => !over.includes(slot));
      await this.#message(receiving.handle, {
        request: "update",
        ...subscribe.length > 0 && { subscribe },
        ...unsubscribe.length > 0 && { unsubscribe },
      }, "subscribe");
    }
    if (this.#receiving.is !== "joined") return;
    for (const id of missing) if (this.#present.has(id)) this.#receiving.asked.add(id);
  }

  async #join(handle: number, streams: { feed: string }[]): Promise<void> {
    const { room } = this.#parts.seat;
    // What is over is taken out by `#sync`, whichever way somebody went.
    const options = { use_msid: true, autoupdate: false };
    this.#receiving = { is: "joined", handle, asked: new Set() };
    try {
      const join = { request: "join", ptype: "subscriber", room, streams, ...options };
      await this.#message(handle, join, "subscribe");
    } catch (error) {
      this.#receiving = { is: "fresh", handle };
      throw error;
    }
  }

  async #look(): Promise<void> {
    const { link, seat } = this.#parts;
    const participants = await participantsOf(link, seat.room);
    const others = participants.filter((one) => one.publisher && one.id !== seat.participant);
    this.#present = new Set(others.map(({ id }) => id));
  }

  /** Finds out what is received, by an offer of all that is. */
  #catchUp(): Promise<void> {
    return this.#inTurn("receive", async () => {
      const receiving = this.#receiving;
      if (receiving.is !== "joined" || receiving.offer !== undefined) return;
      const { handle } = receiving;
      const before = this.#lastNumber;
      const [again, nothing] = [{ update: true }, { streams: [] }];
      try {
        await this.#message(handle, { request: "configure", ...again }, "ask for an offer", {
          until: "ack",
        });
        // It does not come while another waits for an answer; what is asked now is answered after it.
        await this.#message(handle, { request: "configure", ...nothing }, "ask for nothing");
      } catch (error) {
        if (!isRefusal(error, JANUS_CODES.joinFirst)) throw error;
        this.#receiving = { is: "fresh", handle };
        return;
      }
      if (this.#lastNumber === before) throw gone("an offer was lost, or the answer to it");
    }).then(() => this.#sync());
  }

  /** The handle that receives, as its session had noted it. */
  #take(handle: number): void {
    this.#published = "maybe";
    this.#receiving = handle > 0
      ? { is: "joined", handle, asked: new Set<string>() }
      : { is: "none" };
  }

  async #settleLayers(): Promise<void> {
    const receiving = this.#receiving;
    if (receiving.is !== "joined") return;
    const streams = this.#layers.settle(this.#slots);
    if (streams.length === 0) return;
    await this.#message(receiving.handle, { request: "configure", streams }, "choose layers");
  }

  #receivingHandle(): number | undefined {
    return this.#receiving.is === "none" ? undefined : this.#receiving.handle;
  }

  #inTurn<T>(connection: "publish" | "receive", job: () => Promise<T>): Promise<T> {
    return this.#turns.take(connection, () => this.#checked(job));
  }

  /** @throws {SfuError} whatever went wrong (rejects) */
  async #checked<T>(job: () => Promise<T>): Promise<T> {
    if (this.#state === "over") throw gone("it is over");
    try {
      return await job();
    } catch (error) {
      const sfuError = sfuErrorOf(error);
      if (sfuError.code === "session_gone") this.#end(sfuError.message);
      throw sfuError;
    }
  }

  /** What fails for want of a connection is made up for when there is one again. */
  #inBackground(job: () => Promise<unknown>): void {
    job().catch((error) => {
      const { code, message } = sfuErrorOf(error);
      if (code !== "unavailable" || this.#parts.link.health === "up") this.#end(message);
    });
  }

  #end(reason: string): void {
    if (this.#state === "over") return;
    const opened = this.#state === "live";
    this.#state = "over";
    const { link, session, seat, events } = this.#parts;
    const ended = link.destroy(session);
    // Who is still opening it may have made the room anew by then.
    if (!opened) return;
    void ended.then(() => endIfEmpty(link, seat.room));
    events.ended(reason);
  }

  #ask(
    handle: number | undefined,
    request: { janus: string } & Record<string, unknown>,
    doing: string,
    options: Omit<LinkAskOptions, "doing"> = {},
  ): Promise<JanusAnswer> {
    const { link, session } = this.#parts;
    const to = { session_id: session, ...handle !== undefined && { handle_id: handle } };
    return link.ask({ ...request, ...to }, { doing, ...options });
  }

  #message(
    handle: number,
    body: Record<string, unknown>,
    doing: string,
    { jsep, ...options }: Omit<LinkAskOptions, "doing"> & { jsep?: Record<string, unknown> } = {},
  ): Promise<JanusAnswer> {
    const message = { janus: "message", body, ...jsep && { jsep } };
    return this.#ask(handle, message, doing, options);
  }
}

/** By this a session notes the handle that receives, for another node to find it. */
export function displayOf(subscriber: number | undefined): string {
  return String(subscriber ?? 0);
}

function gone(why: string): SfuError {
  return new SfuError("session_gone", `Cannot go on with the session at Janus: ${why}`);
}

function candidateOf(candidate: IceCandidate | null): Record<string, unknown> {
  if (candidate === null || candidate.candidate === "") return { completed: true };
  const { sdpMid, sdpMLineIndex } = candidate;
  return {
    candidate: candidate.candidate,
    ...sdpMid != null && { sdpMid },
    ...sdpMLineIndex != null && { sdpMLineIndex },
  };
}
