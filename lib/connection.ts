/**
 * One socket, from its first frame to its last: one frame at a time, in order.
 *
 * @module
 */
import { TokenError } from "./auth.ts";
import { CLOSE, type ErrorCode } from "./codes.ts";
import { type FrameRead, readFrame, type Relayed, relayText } from "./frame.ts";
import type { Hub, Seat } from "./hub.ts";
import { participantId, randomId } from "./ids.ts";
import { errorText } from "./log.ts";
import { POLICY } from "./policy.ts";
import { type ClientFrame, LIMITS, MESSAGE_CLASS, type ServerFrame } from "./protocol.ts";
import { assertNever, type Refusal } from "./room.ts";
import { TokenBucket } from "./token_bucket.ts";
import { iceServers } from "./turn.ts";

/** What a connection needs of a WebSocket. */
export interface Wire {
  send(text: string): void;
  close(code: number, reason: string): void;
  readonly bufferedAmount: number;
  readonly readyState: number;
}

type Timer = ReturnType<typeof setTimeout>;

type Stage =
  | { kind: "waiting"; timer: Timer }
  | { kind: "entering" }
  | { kind: "joined"; seat: Seat }
  | { kind: "closed" };

export class Connection {
  readonly id = randomId(8);
  readonly #wire: Wire;
  readonly #hub: Hub;
  readonly #bucket: TokenBucket;
  #stage: Stage;
  /** Texts that came while an earlier frame was being worked on; `null` when none is. */
  #backlog: string[] | null = null;

  constructor(wire: Wire, hub: Hub) {
    this.#wire = wire;
    this.#hub = hub;
    this.#bucket = new TokenBucket(Date.now(), hub.parts.config.frames);
    const timer = setTimeout(() => this.#joinTimedOut(), LIMITS.joinTimeoutMs);
    this.#stage = { kind: "waiting", timer };
    hub.opened(this);
  }

  get isOpen(): boolean {
    return this.#stage.kind !== "closed";
  }

  /** A WebSocket message has come. */
  receive(data: unknown): void {
    if (!this.isOpen) return;
    if (typeof data !== "string") {
      return this.end(
        "malformed_frame",
        CLOSE.malformed,
        "Cannot read a binary frame; expected text",
      );
    }
    if (data.length > LIMITS.frameLength) {
      return this.end(
        "frame_too_large",
        CLOSE.tooLarge,
        `Cannot read a frame of ${data.length} characters; expected at most ${LIMITS.frameLength}`,
      );
    }
    if (!this.#bucket.take(Date.now())) {
      const { rate, burst } = this.#hub.parts.config.frames;
      return this.end(
        "too_fast",
        CLOSE.tooFast,
        `Cannot take so many frames; expected at most ${rate} a second and ${burst} at once`,
        { retryAfterMs: this.#bucket.waitMs() },
      );
    }
    if (this.#backlog) this.#backlog.push(data);
    else this.#work(data);
  }

  /** The WebSocket has closed, or is about to. */
  closed(): void {
    const stage = this.#stage;
    if (stage.kind === "closed") return;
    if (stage.kind === "waiting") clearTimeout(stage.timer);
    this.#stage = { kind: "closed" };
    this.#backlog = null;
    this.#hub.closed(this);
    if (stage.kind === "joined") {
      this.#hub.away(stage.seat, this).catch((error) => this.#unexpected(error));
    }
  }

  send(frame: ServerFrame): void {
    this.deliver(JSON.stringify(frame));
  }

  /** Sends a frame's text. A client that does not read is cut off, so that it costs the others nothing. */
  deliver(text: string): void {
    if (this.#stage.kind === "closed") return;
    if (this.#wire.bufferedAmount > POLICY.sendBufferBytes) return this.#tooSlow();
    this.#transmit(text);
  }

  /** Says why, then closes for good. */
  end(
    code: ErrorCode,
    close: number,
    message: string,
    options: { retryAfterMs?: number } = {},
  ): void {
    if (!this.isOpen) return;
    this.#hub.counters.error(code);
    this.#transmit(JSON.stringify({ type: "error", code, message, ...options }));
    this.#finish(close, code);
  }

  /** Closes after a leave: there is nothing to explain. */
  close(): void {
    if (this.isOpen) this.#finish(1000, "left");
  }

  /** To send on a socket that is closing by itself throws, and its `closed` may still be on the way. */
  #transmit(text: string): void {
    if (this.#wire.readyState === WebSocket.OPEN) this.#wire.send(text);
  }

  #finish(close: number, reason: string): void {
    this.closed();
    this.#wire.close(close, reason);
  }

  #tooSlow(): void {
    this.#hub.counters.error("too_slow");
    this.#log("too_slow");
    // An error frame would only wait behind what is not being read: the close code has to say it.
    this.#finish(CLOSE.tryLater, "too_slow");
  }

  #joinTimedOut(): void {
    this.end(
      "join_timeout",
      CLOSE.joinTimeout,
      `Cannot wait longer for a first frame; expected "join" or "resume" within ${LIMITS.joinTimeoutMs} ms`,
    );
  }

  #work(text: string): void {
    const pending = this.#attempt(text);
    if (!pending) return;
    this.#backlog = [];
    pending.catch((error) => this.#unexpected(error)).then(() => this.#next());
  }

  /** Whatever a frame sets off ends at its own socket: thrown further, it would end the process. */
  #attempt(text: string): Promise<void> | void {
    try {
      return this.#handle(text);
    } catch (error) {
      this.#unexpected(error);
    }
  }

  #next(): void {
    const waiting = this.#backlog;
    this.#backlog = null;
    while (waiting && waiting.length > 0) {
      this.#work(waiting.shift()!);
      if (this.#backlog) {
        this.#backlog = waiting;
        return;
      }
      if (!this.isOpen) return;
    }
  }

  #handle(text: string): Promise<void> | void {
    const read = readFrame(text);
    const stage = this.#stage;
    if (read.kind === "problem") {
      const close = read.code === "malformed_frame" || stage.kind !== "joined";
      return close
        ? this.end(read.code, CLOSE.malformed, read.message)
        : this.#error(read.code, read.message);
    }
    switch (stage.kind) {
      case "waiting":
        return this.#first(read.frame, stage.timer);
      case "joined":
        return this.#joined(read, text, stage.seat);
      case "entering":
      case "closed":
        return;
      default:
        return assertNever(stage);
    }
  }

  #first(frame: ClientFrame, timer: Timer): Promise<void> | void {
    switch (frame.type) {
      case "join":
      case "resume":
        clearTimeout(timer);
        this.#stage = { kind: "entering" };
        return this.#enter(frame);
      case "ping":
        return this.send({ type: "pong", id: frame.id, time: Date.now() });
      default:
        return this.end(
          "not_joined",
          CLOSE.malformed,
          `Cannot handle "${frame.type}" before a join; expected "join" or "resume"`,
        );
    }
  }

  async #enter(frame: Extract<ClientFrame, { type: "join" | "resume" }>): Promise<void> {
    const { tokens } = this.#hub.parts;
    const now = Date.now();
    if (this.#hub.status === "draining") return this.#hub.sendAway(this);
    try {
      const ticket = frame.type === "join"
        ? await tokens.verify(frame.token, participantId(now), now)
        : await tokens.verifySession(frame.session, now);
      if (frame.type === "join" && (frame.room ?? ticket.room.id) !== ticket.room.id) {
        throw new TokenError(
          "token_invalid",
          `Cannot join room "${frame.room}": the token is for room "${ticket.room.id}"; expected a token for this room`,
        );
      }
      const { media, attributes } = frame;
      const entered = await this.#hub.enter(ticket, this, { media, attributes });
      if ("kind" in entered) return this.#refuse(entered);
      if (!this.isOpen) return;
      this.#stage = { kind: "joined", seat: entered };
      this.#log(frame.type);
    } catch (error) {
      if (!(error instanceof TokenError)) throw error;
      this.end(error.code, CLOSE.refused, error.message);
    }
  }

  #refuse({ code, message, retryAfterMs }: Refusal): void {
    switch (code) {
      case "room_not_found":
        return this.end(code, CLOSE.noRoom, message);
      case "removed":
        return this.end(code, CLOSE.removed, message);
      case "token_expired":
      case "not_permitted":
        return this.end(code, CLOSE.refused, message);
      default:
        return this.end(code as ErrorCode, CLOSE.tryLater, message, { retryAfterMs });
    }
  }

  #joined({ frame, exact }: FrameRead, text: string, seat: Seat): Promise<void> | void {
    switch (frame.type) {
      case "signal":
        return this.#relay({ frame, exact }, text, seat);
      case "message":
        if (!permissions(seat).chat) return this.#notPermitted("chat", "send a message");
        return this.#relay({ frame, exact }, text, seat);
      case "update":
        return this.#change(seat, {
          kind: "update",
          id: seat.id,
          media: frame.media,
          attributes: frame.attributes,
        });
      case "remove":
        if (!permissions(seat).moderate) return this.#notPermitted("moderate", "remove anyone");
        return this.#change(seat, { kind: "remove", id: frame.participant });
      case "iceServers":
        return this.send({
          type: "iceServers",
          ...iceServers(this.#hub.parts.config, seat.id, Date.now()),
        });
      case "ping":
        return this.send({ type: "pong", id: frame.id, time: Date.now() });
      case "leave":
        return this.#change(seat, { kind: "leave", id: seat.id, connection: this.id });
      case "join":
      case "resume":
        return this.#error(
          "already_joined",
          `Cannot ${frame.type}: this socket is participant "${seat.id}" already; expected one join per socket`,
        );
      default:
        return assertNever(frame);
    }
  }

  #relay(read: { frame: Relayed; exact: boolean }, text: string, { room, id }: Seat): void {
    const { to, type } = read.frame;
    if (to === id) {
      return this.#error("not_to_self", `Cannot send to "${to}": that is you; expected another`);
    }
    this.#hub.counters.frames[MESSAGE_CLASS[type]]++;
    if (!this.#hub.relay(room, to, relayText(text, read, id))) {
      this.#error(
        "participant_not_found",
        `Cannot send to "${to}": no such participant in room "${room.key.id}"; expected an id from the roster`,
      );
    }
  }

  async #change(seat: Seat, event: Parameters<Hub["change"]>[1]): Promise<void> {
    const result = await this.#hub.change(seat.room.key, event);
    if (result.kind === "refused") this.#error(result.code as ErrorCode, result.message);
  }

  #notPermitted(permission: string, what: string): void {
    this.#error(
      "not_permitted",
      `Cannot ${what}: the token has ${permission}=false; expected a token with ${permission}=true`,
    );
  }

  #error(code: ErrorCode, message: string): void {
    this.#hub.counters.error(code);
    this.send({ type: "error", code, message });
  }

  #unexpected(error: unknown): void {
    this.#hub.parts.log("error", "connection_failed", { error: errorText(error) });
    this.end("unavailable", CLOSE.tryLater, "Cannot go on: an internal error; expected none", {
      retryAfterMs: POLICY.drain.minMs,
    });
  }

  #log(event: string): void {
    const stage = this.#stage;
    if (stage.kind !== "joined") return;
    const { room, id } = stage.seat;
    this.#hub.parts.log("info", event, {
      tenant: room.key.tenant,
      room: room.key.id,
      participant: id,
    });
  }
}

function permissions({ room, id }: Seat) {
  return room.state.members[id]!.permissions;
}
