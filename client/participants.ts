/**
 * What becomes of the participants: each is connected to, shown and heard, from when it comes until it leaves, and the
 * application is told.
 *
 * @module
 */
import type { CallEvents, CallState, TrackKind } from "./api.ts";
import type { Courier } from "./courier.ts";
import type { Emitter } from "./emitter.ts";
import type { LinkKind } from "./link.ts";
import type { Messages } from "./messages.ts";
import type { Parts } from "./parts.ts";
import type { Removals } from "./removals.ts";
import type { Remote } from "./remote.ts";
import type { Roster, RosterEvents } from "./roster.ts";
import type { Connection, Transport } from "./transport.ts";
import type { Way } from "./way.ts";

/** The call, as far as it concerns its participants. */
export interface AttendedCall {
  readonly state: CallState;
  readonly way: Way;
  readonly roster: Roster;
  /** Where media goes now. */
  readonly transport: Transport;
  readonly courier: Courier;
  readonly messages: Messages;
  readonly removals: Removals;
  readonly parts: Parts;
  readonly emitter: Pick<Emitter<CallEvents>, "emit">;
}

export class Participants implements RosterEvents {
  readonly #call: AttendedCall;

  constructor(call: AttendedCall) {
    this.#call = call;
  }

  added(remote: Remote): void {
    // A listener may have left while a welcome is being taken in.
    if (this.#call.state === "closed") return;
    this.#call.courier.add(remote.id);
    this.connect(remote);
    this.#call.emitter.emit("participant", remote);
    this.#call.parts.added(remote);
    this.#call.courier.catchUp(remote.id);
    this.#call.parts.prepare();
  }

  changed(remote: Remote, returned: boolean): void {
    if (returned) this.#call.courier.restart(remote.id);
    this.show(remote);
  }

  /** It may be back by another socket before anybody missed it. */
  unchanged({ id }: Remote): void {
    this.#call.courier.repeat(id);
  }

  left(remote: Remote): void {
    this.#call.courier.park(remote.id);
    this.#call.transport.remove(remote.id);
    this.#call.parts.left(remote);
    remote.clear();
    this.#call.removals.left(remote.id);
    this.#call.emitter.emit("left", remote);
  }

  /** Connects to somebody, if that is due. */
  connect({ id, permissions: { subscribe } }: Remote): void {
    // Where the mesh is not the way, it is the switch that knows whether it is needed, and does this when it is there.
    if (this.#call.way.mode !== "mesh" && !this.#call.parts.isSwitched) return;
    this.#call.transport.add({ id, subscribe });
  }

  /** How it stands with the connection to somebody. */
  connection(id: string, state: Connection): void {
    const remote = this.#call.roster.participants.get(id);
    if (remote === undefined) return;
    remote.connection = state;
    this.#call.emitter.emit("updated", remote);
  }

  /** Something arrives from somebody, to be shown from now on. */
  track(from: string, kind: TrackKind, receiver: RTCRtpReceiver): void {
    const remote = this.#call.roster.participants.get(from);
    if (remote === undefined) return;
    remote.arrive(kind, receiver);
    // Screen sound is shown from its first packet on, see Remote.
    receiver.track.addEventListener("unmute", () => this.#show(remote));
    this.#show(remote);
  }

  /** Takes in what somebody has sent. */
  deliver(from: string, kind: LinkKind, item: unknown): void {
    const remote = this.#call.roster.participants.get(from);
    if (remote === undefined) return;
    if (kind === "message") return this.#call.messages.handle(remote, item);
    const { shows } = Object(item);
    if (typeof shows === "number") {
      remote.shows = shows;
      this.#call.parts.prepare(true);
    }
    this.#call.transport.handle(from, item);
    this.#call.parts.handle(remote, item);
  }

  /** Shows what is to be shown of somebody now, and tells the application. */
  show(remote: Remote): void {
    this.#show(remote);
    this.#call.emitter.emit("updated", remote);
  }

  #show(remote: Remote): void {
    if (!this.#call.roster.isHere(remote)) return;
    for (const { kind, track } of remote.show()) {
      this.#call.emitter.emit("track", { participant: remote, kind, track });
    }
  }
}
