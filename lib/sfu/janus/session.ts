/**
 * A participant's session in Janus: a handle that sends (and hears who else does), and one that receives.
 *
 * @module
 */
import { assertNever } from "../../assert_never.ts";
import type { IceCandidate, Layer, SfuConnection } from "../../protocol.ts";
import { Turns } from "../../turns.ts";
import { SfuError, type SfuEvents, type SfuSeat, type SfuSession } from "../mod.ts";
import { gone, isRefusal, JANUS_CODES, JanusRefusedError, sfuErrorOf } from "./errors.ts";
import { displayOf, receiverOf } from "./display.ts";
import { handleOf, type JanusLink, type LinkAskOptions, type LinkedSession } from "./link.ts";
import { type JanusAnswer, type JanusEvent, VIDEO_ROOM, type VideoRoomData } from "./messages.ts";
import type { JanusPolicy } from "./policy.ts";
import { Publishing } from "./publishing.ts";
import { Receiving } from "./receiving.ts";
import { endIfEmpty, participantsOf, sendersOf } from "./rooms.ts";
import { candidateOf } from "./sdp.ts";
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

export class JanusSession implements SfuSession, LinkedSession {
  readonly ticket: string;
  readonly #parts: SessionParts;
  /** One negotiation at a time per connection. */
  readonly #turns = new Turns();
  readonly #publishing: Publishing;
  /** Absent: it receives nothing. */
  #receiving: Receiving | undefined;
  #state: "opening" | "live" | "over" = "opening";

  constructor(parts: SessionParts) {
    this.#parts = parts;
    const { session, publisher, subscriber, seat: { room, participant, publish } } = parts;
    this.ticket = writeTicket({ session, publisher, room, participant });
    this.#publishing = new Publishing({
      handle: publisher,
      isAllowed: publish,
      timeoutMs: parts.policy.replaceTimeoutMs,
      ask: (...args) => this.#ask(...args),
      message: (...args) => this.#message(...args),
    });
    this.#receiving = subscriber === undefined ? undefined : this.#receive(subscriber, "here");
  }

  get over(): boolean {
    return this.#state === "over";
  }

  /** It stands, newly made; these send already. */
  begin(present: Iterable<string>): void {
    this.#state = "live";
    this.#receiving?.came(present);
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
      if (taken) this.#take(receiverOf(own.display));
      this.#receiving?.know(sendersOf(participants, seat.participant));
    } catch (error) {
      throw isRefusal(error, JANUS_CODES.roomNone) ? gone("its room has ended") : sfuErrorOf(error);
    }
    if (taken) this.#state = "live";
    this.#inBackground(async () => await this.#receiving?.catchUp());
  }

  publish(sdp: string): Promise<string> {
    return this.#inTurn("publish", () => this.#publishing.publish(sdp));
  }

  answer(number: number, sdp: string): Promise<void> {
    return this.#checked(() => this.#receivingOf("take an answer").answer(number, sdp));
  }

  /** After what was asked before: Janus drops candidates that overtake the description to which they belong. */
  candidate(of: SfuConnection, candidate: IceCandidate | null): Promise<void> {
    return this.#inTurn(of === "publish" ? "publish" : "receive", async () => {
      const handle = of === "publish"
        ? this.#publishing.handle
        : this.#receivingOf("take a candidate").handle;
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
    return this.#checked(async () => await this.#receiving?.layers(wanted));
  }

  async resubscribe(): Promise<void> {
    const receiving = this.#receiving;
    if (!receiving) return;
    await this.#inTurn("receive", async () => {
      const before = receiving.handle;
      const attach = { janus: "attach", plugin: VIDEO_ROOM };
      const handle = handleOf(await this.#ask(undefined, attach, "attach again"));
      receiving.renew(handle);
      await this.#ask(before, { janus: "detach" }, "detach");
      const note = { request: "configure", display: displayOf(handle) };
      await this.#message(this.#parts.publisher, note, "note a handle");
    });
    await receiving.sync();
  }

  async close(): Promise<void> {
    if (this.#state === "over") return;
    this.#state = "over";
    this.#receiving?.close();
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
    this.#receiving?.close();
    this.#parts.link.leave(this.#parts.session);
  }

  event(event: JanusEvent): void {
    if (this.#state === "over") return;
    switch (event.janus) {
      case "event":
        if (event.transaction === undefined && event.sender === this.#parts.publisher) {
          this.#heard(event.plugindata?.data);
        }
        if (event.jsep?.type === "offer" && event.sender === this.#receiving?.handle) {
          this.#receiving.offered(event.jsep.sdp);
        }
        return;
      case "trickle":
        return this.#trickled(event);
      case "webrtcup":
        if (event.sender === this.#receiving?.handle) this.#receiving.connected();
        return;
      case "detached":
        if (event.sender === this.#parts.publisher || event.sender === this.#receiving?.handle) {
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
      if (id !== undefined) this.#receiving?.left(id);
    }
    if (data.publishers) this.#receiving?.came(data.publishers.map(({ id }) => id));
  }

  #trickled({ sender, candidate }: JanusEvent & { janus: "trickle" }): void {
    const of = sender === this.#parts.publisher
      ? "publish"
      : sender === this.#receiving?.handle
      ? "subscribe"
      : undefined;
    if (of) this.#parts.events.candidate(of, "completed" in candidate ? null : candidate);
  }

  /** The handle that receives, as its session had noted it. */
  #take(handle: number | undefined): void {
    this.#publishing.takeOver();
    this.#receiving = handle === undefined ? undefined : this.#receive(handle, "elsewhere");
  }

  #receive(handle: number, begun: "here" | "elsewhere"): Receiving {
    const { link, policy, seat, events } = this.#parts;
    return new Receiving(
      {
        room: seat.room,
        tries: policy.joinTries,
        gatherMs: policy.gatherMs,
        message: (...args) => this.#message(...args),
        inTurn: (job) => this.#inTurn("receive", job),
        inBackground: (job) => this.#inBackground(job),
        senders: async () => sendersOf(await participantsOf(link, seat.room), seat.participant),
        offer: (offer) => events.offer(offer),
      },
      handle,
      begun,
    );
  }

  /** @throws {SfuError} */
  #receivingOf(doing: string): Receiving {
    if (this.#receiving) return this.#receiving;
    throw new SfuError("invalid", `Cannot ${doing}: there is no receiving connection`);
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
    this.#receiving?.close();
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
