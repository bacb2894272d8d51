/**
 * What somebody who has joined asks for, frame by frame.
 *
 * What changes the room waits for the change before it; what only passes through (`signal`, `message`, `sfu`) waits for
 * nothing.
 *
 * @module
 */
import { assertNever } from "./assert_never.ts";
import type { ErrorCode } from "./codes.ts";
import type { Entered } from "./entries.ts";
import { type NodeFrame, type RelayRead, relayText } from "./frame.ts";
import type { Hub, Seat } from "./hub.ts";
import { denialText } from "./limits/mod.ts";
import { POLICY } from "./policy.ts";
import {
  type Measured,
  MESSAGE_CLASS,
  type Permissions,
  type QualitySummary,
  type ServerFrame,
  type SfuAsk,
} from "./protocol.ts";
import type { Refusal, RoomEvent } from "./room_event.ts";
import { memberOf } from "./room_state.ts";
import { unwanted } from "./rooms.ts";
import { Unavailable } from "./unavailable.ts";
import { TokenBucket } from "./token_bucket.ts";
import { iceServers } from "./turn.ts";

/** The socket, as its participant's doings see it. */
export interface Line {
  readonly id: string;
  /** The client's, for rate limits. */
  readonly address: string;
  send(frame: ServerFrame): void;
  /** Tells of what cannot be; the socket stays open. */
  refuse(code: ErrorCode, message: string, retryAfterMs?: number): void;
  /** This failed, and nobody knows why. */
  failed(error: unknown): void;
}

/** Frames that only a joined participant may send. */
export type JoinedFrame = Exclude<NodeFrame, { type: "ping" | "pong" }>;

type Update = RoomEvent & { kind: "update" };
type Measure = RoomEvent & { kind: "measure" };

export class Participation {
  readonly seat: Seat;
  readonly #hub: Hub;
  readonly #line: Line;
  readonly #permissions: Permissions;
  /** The last change asked for, until it is done. */
  #change: Promise<void> | undefined;
  /** What it may still update; made at the first. */
  #updates: TokenBucket | undefined;
  /** An update whose turn has not come. */
  #waiting: Update | undefined;
  /** A report whose turn has not come. */
  #reporting: Measure | undefined;
  /** The summaries that it may still send; made at the first. */
  #summaries: TokenBucket | undefined;
  /** What it may still ask of an SFU; made at the first. */
  #asks: TokenBucket | undefined;

  constructor(hub: Hub, line: Line, { seat, permissions }: Entered) {
    this.#hub = hub;
    this.#line = line;
    this.seat = seat;
    this.#permissions = permissions;
  }

  /** Does what a frame asks for. */
  handle(frame: JoinedFrame): void {
    const { id } = this.seat;
    switch (frame.type) {
      case "update":
        if (this.#mayUpdate()) this.#update(frame);
        return;
      case "report":
        if (frame.quality) this.#summary(frame.quality);
        if (frame.measured && this.#mayUpdate()) this.#report(frame.measured);
        return;
      case "remove":
        if (!this.#permissions.moderate) return this.#notPermitted("moderate", "remove anyone");
        return this.#remove(frame.participant);
      case "leave":
        return this.#alter({ kind: "leave", id, connection: this.#line.id });
      case "sfu":
        if (!this.#mayAsk(frame.data)) return;
        return this.#hub.lift.ask(this.seat, frame.epoch, frame.data);
      case "iceServers":
        this.#iceServers().catch((error) => this.#line.failed(error));
        return;
      case "join":
      case "resume":
        return this.#line.refuse(
          "already_joined",
          `Cannot ${frame.type}: this socket is participant "${id}" already; expected one join per socket`,
        );
      default:
        return assertNever(frame);
    }
  }

  /** Hands on what is for another. */
  relay(read: RelayRead): void {
    const { room, id } = this.seat;
    const { to, type } = read;
    if (type === "message" && !this.#permissions.chat) {
      return this.#notPermitted("chat", "send a message");
    }
    if (to === id) {
      return this.#line.refuse(
        "not_to_self",
        `Cannot send to "${to}": that is you; expected another`,
      );
    }
    if (!this.#hub.relay(room, to, relayText(read, id), MESSAGE_CLASS[type])) {
      this.#line.refuse(
        "participant_not_found",
        `Cannot send to "${to}": no such participant in room "${room.view.key.id}"; expected an id from the roster`,
      );
    }
  }

  async #iceServers(): Promise<void> {
    const { room, id } = this.seat;
    const { config } = this.#hub.parts;
    const now = Date.now();
    if (config.turn) {
      const subject = { address: this.#line.address, tenant: room.view.key.tenant };
      const verdict = await this.#hub.limits.take("turn", subject, now);
      if (verdict.kind === "denied") {
        return this.#line.refuse("rate_limited", denialText(verdict), verdict.retryAfterMs);
      }
    }
    this.#line.send({ type: "iceServers", ...iceServers(config, id, now) });
  }

  /** What makes connections costs the SFU, and everyone who has to take them in. */
  #mayAsk({ op }: SfuAsk): boolean {
    if (op !== "open" && op !== "publish" && op !== "resubscribe") return true;
    const now = Date.now();
    const { asks } = POLICY.sfu;
    this.#asks ??= new TokenBucket(now, asks);
    if (this.#asks.take(now)) return true;
    this.#line.refuse(
      "too_fast",
      `Cannot "${op}" at the SFU so often; expected at most ${asks.rate} a second and ${asks.burst} at once`,
      this.#asks.waitMs(),
    );
    return false;
  }

  /** One too many is dropped without a word: nothing hangs on it, and another will come. */
  #summary(quality: QualitySummary): void {
    const now = Date.now();
    this.#summaries ??= new TokenBucket(now, POLICY.quality);
    const { qualities, clock, counters } = this.#hub;
    if (this.#summaries.take(now)) qualities.take(this.seat, quality, clock.now());
    else counters.qualityDropped++;
  }

  /** Only the last word counts, also where a slow store has not taken in the one before. */
  #report(measured: Measured): void {
    if (this.#reporting) return void (this.#reporting.measured = measured);
    const report: Measure = { kind: "measure", id: this.seat.id, measured };
    this.#reporting = report;
    this.#alter(report, () => {
      this.#reporting = undefined;
      return true;
    });
  }

  /** The store is asked for nobody whom the roster does not have, or not any more when its turn comes. */
  #remove(id: string): void {
    const { room } = this.seat;
    const isHere = () => memberOf(room.view, id) !== undefined;
    if (isHere()) return this.#alter({ kind: "remove", id }, isHere);
    this.#line.refuse(
      "participant_not_found",
      `Cannot remove "${id}": no such participant in room "${room.view.key.id}"; expected an id from the roster`,
    );
  }

  #mayUpdate(): boolean {
    const now = Date.now();
    this.#updates ??= new TokenBucket(now, POLICY.updates);
    if (this.#updates.take(now)) return true;
    const { rate, burst } = POLICY.updates;
    this.#line.refuse(
      "too_fast",
      `Cannot update so often; expected at most ${rate} updates a second and ${burst} at once`,
      this.#updates.waitMs(),
    );
    return false;
  }

  /** What is to be updated goes along with an update that waits: a slow store must not fall behind for good. */
  #update({ media, attributes }: JoinedFrame & { type: "update" }): void {
    const said = { ...(media && { media }), ...(attributes && { attributes }) };
    // One that is refused would take the other along.
    const alone = media !== undefined && !this.#permissions.publish;
    if (this.#waiting && !alone) return void Object.assign(this.#waiting, said);
    const update: Update = { kind: "update", id: this.seat.id, ...said };
    if (alone) return this.#alter(update);
    this.#waiting = update;
    this.#alter(update, () => {
      this.#waiting = undefined;
      return true;
    });
  }

  /** Changes the room, after the change before it. `wanted`: see `Rooms.change`. */
  #alter(event: RoomEvent, wanted?: () => boolean): void {
    const change = (this.#change ?? Promise.resolve()).then(async () => {
      const result = await this.#hub.rooms.change(this.seat.room.view.key, event, { wanted });
      if (result === unwanted || result.kind !== "refused") return;
      this.#line.refuse(wireCode(result), result.message);
    }).catch((error) => this.#failed(error)).finally(() => {
      if (this.#change === change) this.#change = undefined;
    });
    this.#change = change;
  }

  #failed(error: unknown): void {
    if (!(error instanceof Unavailable)) return this.#line.failed(error);
    this.#line.refuse("unavailable", error.message, error.retryAfterMs);
  }

  #notPermitted(permission: string, what: string): void {
    this.#line.refuse(
      "not_permitted",
      `Cannot ${what}: the token has ${permission}=false; expected a token with ${permission}=true`,
    );
  }
}

/** A room's refusal of a joined participant's change, as a socket hears it. */
function wireCode({ code }: Refusal): ErrorCode {
  return code === "invalid_settings" || code === "epoch_stale" ? "invalid_frame" : code;
}
