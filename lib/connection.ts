/**
 * One socket, from its first frame to its last.
 *
 * Frames are handled one at a time, in order; what its participant asks for, once it has joined, in participation.ts.
 *
 * @module
 */
import { CLOSE_AFTER, type EndCode, type ErrorCode, isEndCode } from "./codes.ts";
import type { TurnedAway } from "./entries.ts";
import type { EntryFrame } from "./entry.ts";
import { type FrameProblem, type FrameRead, isLeave, readFrame, type RelayRead } from "./frame.ts";
import { Heartbeat } from "./heartbeat.ts";
import type { Hub, Seat, Socket } from "./hub.ts";
import { randomId } from "./ids.ts";
import { errorText, type LogFields } from "./log.ts";
import { type Line, Participation } from "./participation.ts";
import { POLICY } from "./policy.ts";
import {
  type ClientFrame,
  LIMITS,
  MESSAGE_CLASS,
  type MessageClass,
  type ServerFrame,
} from "./protocol.ts";
import type { Refusal } from "./room_event.ts";
import { Unavailable } from "./unavailable.ts";
import { TokenBucket } from "./token_bucket.ts";
import type { Wire } from "./wire.ts";

/** What the client says before its welcome is handled after it; what it `then` wants is known before. */
interface Entering {
  readonly kind: "entering";
  readonly backlog: string[];
  then: "stay" | "leave";
}

type Stage =
  | { kind: "waiting"; readonly since: number }
  | Entering
  | { kind: "joined"; participation: Participation }
  | { kind: "closed" };

/** A client's connection to this node. */
export class Connection implements Socket, Line {
  readonly id = randomId(8);
  readonly #wire: Wire;
  readonly #hub: Hub;
  readonly address: string;
  readonly #bucket: TokenBucket;
  #stage: Stage;
  readonly #heartbeat: Heartbeat;

  /** `address`: the client's, for rate limits. */
  constructor(wire: Wire, hub: Hub, address: string) {
    this.#wire = wire;
    this.#hub = hub;
    this.address = address;
    const now = Date.now();
    this.#bucket = new TokenBucket(now, hub.parts.config.frames);
    this.#heartbeat = new Heartbeat(now);
    this.#stage = { kind: "waiting", since: now };
    hub.opened(this);
  }

  get isOpen(): boolean {
    return this.#stage.kind !== "closed";
  }

  /** A WebSocket message has come. Never throws: that would end the process. */
  receive(data: unknown): void {
    if (!this.isOpen) return;
    if (typeof data !== "string") {
      return this.end("malformed_frame", "Cannot read a binary frame; expected text");
    }
    if (data.length > LIMITS.frameLength) {
      return this.end(
        "frame_too_large",
        `Cannot read a frame of ${data.length} characters; expected at most ${LIMITS.frameLength}`,
      );
    }
    const now = Date.now();
    this.#heartbeat.heard(now);
    const cost = Math.ceil(data.length / LIMITS.frameUnit) || 1;
    if (!this.#bucket.take(now, cost)) return this.#tooFast();
    const stage = this.#stage;
    if (stage.kind !== "entering") return this.#handle(data);
    stage.backlog.push(data);
    if (isLeave(data)) stage.then = "leave";
    if (stage.backlog.length > LIMITS.framesBeforeWelcome) this.#tooFast();
  }

  /** The WebSocket has closed. */
  closed(): void {
    this.#part();
    this.#hub.closed(this);
  }

  /** Looks whether the client has said what it wants, and is still there: a network may go without a word. */
  look(now: number): void {
    const stage = this.#stage;
    if (stage.kind === "waiting" && now - stage.since >= LIMITS.joinTimeoutMs) {
      return this.end(
        "join_timeout",
        `Cannot wait longer for a first frame; expected "join" or "resume" within ${LIMITS.joinTimeoutMs} ms`,
      );
    }
    if (stage.kind !== "joined") return;
    switch (this.#heartbeat.check(now)) {
      case "heard":
        return;
      case "ask":
        return this.send({ type: "ping" });
      case "gone":
        return this.end(
          "too_silent",
          `Cannot wait longer for a pong: ${
            this.#heartbeat.silence(now)
          } ms without a frame; expected one within ${POLICY.heartbeat.silentMs} ms`,
        );
    }
  }

  /** Sends a frame. */
  send(frame: ServerFrame): void {
    this.deliver(JSON.stringify(frame), MESSAGE_CLASS[frame.type]);
  }

  /** Sends a frame's text. A client that does not read is cut off, so that it costs the others nothing. */
  deliver(text: string, of: MessageClass): void {
    if (!this.isOpen) return;
    if (this.#wire.bufferedAmount > POLICY.sendBufferBytes) return this.#tooSlow();
    this.#hub.counters.frames[of]++;
    this.#transmit(text);
  }

  /** Says why, then closes for good. */
  end(code: EndCode, message: string, options: { retryAfterMs?: number } = {}): void {
    if (this.isOpen) this.#log("ended", { code });
    this.#dismiss(code, message, options);
  }

  #dismiss(code: EndCode, message: string, options: { retryAfterMs?: number }): void {
    if (!this.isOpen) return;
    this.#hub.counters.error(code);
    this.#transmit(JSON.stringify({ type: "error", code, message, ...options }));
    this.#finish(CLOSE_AFTER[code], code);
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
    this.#part();
    this.#wire.close(close, reason, () => this.closed());
  }

  /** From here on nothing is taken in or sent, and whoever had joined is away. */
  #part(): void {
    const stage = this.#stage;
    this.#stage = { kind: "closed" };
    if (stage.kind !== "joined") return;
    this.#hub.away(stage.participation.seat, this).catch((error) => this.failed(error));
  }

  #handle(text: string): void {
    try {
      this.#dispatch(readFrame(text));
    } catch (error) {
      this.failed(error);
    }
  }

  #dispatch(read: FrameRead | RelayRead | FrameProblem): void {
    const stage = this.#stage;
    if (read.kind === "problem") {
      const fatal = read.code === "malformed_frame" || stage.kind !== "joined";
      return fatal ? this.end(read.code, read.message) : this.refuse(read.code, read.message);
    }
    if (stage.kind === "waiting") return this.#first(read);
    if (stage.kind === "joined") return this.#joined(read, stage.participation);
  }

  #first(read: FrameRead | RelayRead): void {
    if (read.kind === "relay") return this.#notJoined(read.type);
    const { frame } = read;
    switch (frame.type) {
      case "join":
      case "resume": {
        if (this.#hub.status === "draining") return this.#hub.sendAway(this);
        const stage: Entering = { kind: "entering", backlog: [], then: "stay" };
        this.#stage = stage;
        this.#enter(frame, stage).catch((error) => this.failed(error));
        return;
      }
      case "ping":
        return this.#pong(frame.id);
      default:
        return this.#notJoined(frame.type);
    }
  }

  #notJoined(type: ClientFrame["type"]): void {
    this.end("not_joined", `Cannot handle "${type}" before a join; expected "join" or "resume"`);
  }

  async #enter(frame: EntryFrame, stage: Entering): Promise<void> {
    const askedAt = Date.now();
    const { address } = this;
    // A client that gave up waiting may be back by another socket, which its own past would take over. But whoever has
    // a place, and leaves it, has to be let in for that.
    const wanted = () =>
      (frame.type === "resume" && stage.then === "leave") ||
      (this.isOpen && this.#hub.status === "serving" &&
        Date.now() - askedAt < POLICY.entryPatienceMs);
    const entered = await this.#hub.entries.enter({ frame, socket: this, address, wanted });
    if (entered.kind !== "entered") return this.#turnAway(entered);
    if (!this.isOpen) return await this.#goneMeanwhile(entered.seat, stage);
    this.#stage = { kind: "joined", participation: new Participation(this.#hub, this, entered) };
    for (const text of stage.backlog) if (this.isOpen) this.#handle(text);
  }

  /** It closed while it was let in, or was too slow for its welcome. */
  async #goneMeanwhile(seat: Seat, { then }: Entering): Promise<void> {
    if (then === "stay") return await this.#hub.away(seat, this);
    const { room, id } = seat;
    await this.#hub.rooms.change(room.view.key, { kind: "leave", id, connection: this.id });
  }

  #turnAway(refusal: Refusal | TurnedAway): void {
    if (this.#hub.status === "draining") return this.#hub.sendAway(this);
    const { message, retryAfterMs } = refusal;
    // It may be thousands, of whom the log is told as a whole.
    if (refusal.kind === "shed") return this.#dismiss("unavailable", message, { retryAfterMs });
    const { code } = refusal;
    if (isEndCode(code)) return this.end(code, message, { retryAfterMs });
    this.end("unavailable", message, { retryAfterMs: POLICY.drain.minMs });
  }

  #joined(read: FrameRead | RelayRead, participation: Participation): void {
    if (read.kind === "relay") return participation.relay(read);
    const { frame } = read;
    if (frame.type !== "ping" && frame.type !== "pong") return participation.handle(frame);
    this.#heartbeat.kept();
    if (frame.type === "ping") this.#pong(frame.id);
  }

  #pong(id: number | undefined): void {
    this.send({ type: "pong", id, time: this.#hub.clock.now() });
  }

  /** Tells of a frame that cannot be; the socket stays open. */
  refuse(code: ErrorCode, message: string, retryAfterMs?: number): void {
    this.#hub.counters.error(code);
    this.send({ type: "error", code, message, retryAfterMs });
  }

  #tooFast(): void {
    const { rate, burst } = this.#hub.parts.config.frames;
    this.end(
      "too_fast",
      `Cannot take so many frames; expected at most ${rate} a second and ${burst} at once, ${LIMITS.framesBeforeWelcome} before the welcome`,
      { retryAfterMs: Math.max(this.#bucket.waitMs(), POLICY.drain.minMs) },
    );
  }

  #tooSlow(): void {
    this.#hub.counters.error("too_slow");
    this.#log("ended", { code: "too_slow" });
    // An error frame would only wait behind what is not being read: the close code has to say it.
    this.#finish(CLOSE_AFTER.too_slow, "too_slow");
  }

  /** Nobody expected this: the client is sent away, to come back. */
  failed(error: unknown): void {
    // Nobody waits for an answer, and the next sign of life tells the store who is here.
    if (error instanceof Unavailable && !this.isOpen) return;
    this.#log("connection_failed", { error: errorText(error) }, "error");
    this.end(
      "unavailable",
      "Cannot go on: the node failed at this frame; expected a retry after retryAfterMs",
      { retryAfterMs: POLICY.drain.minMs },
    );
  }

  #log(event: string, fields: LogFields, level: "info" | "error" = "info"): void {
    const stage = this.#stage;
    const { key } = stage.kind === "joined" ? stage.participation.seat.room.view : {};
    const participant = stage.kind === "joined" ? stage.participation.seat.id : undefined;
    const { log } = this.#hub.parts;
    log(level, event, { tenant: key?.tenant, room: key?.id, participant, ...fields });
  }
}
