/**
 * A room as this node knows it, and the sockets that are here.
 *
 * @module
 */
import { assertNever } from "./assert_never.ts";
import type { EndCode } from "./codes.ts";
import { POLICY } from "./policy.ts";
import { type LeftReason, MESSAGE_CLASS, type MessageClass, type ServerFrame } from "./protocol.ts";
import type { RoomChange } from "./room_change.ts";
import { deadline, type Member, memberOf, newStamp, type RoomState } from "./room_state.ts";
import { difference, participantInfo, roomInfo, topologyInfo } from "./room_view.ts";

/** A participant's socket, as its room sees it. */
export interface Peer {
  /** Tells one socket of a participant from another. */
  readonly id: string;
  /** Sends a frame's text. */
  deliver(text: string, of: MessageClass): void;
  /** Says why, then closes for good. */
  end(code: EndCode, message: string, options?: { retryAfterMs?: number }): void;
  /** Closes after a leave: there is nothing to explain. */
  close(): void;
}

export class LocalRoom {
  /** The sockets that are here, by participant id. */
  readonly peers = new Map<string, Peer>();
  /**
   * `settled`: what is known here is from the store, or was current when it came. `ahead`: something has happened here
   * that the store may not know; or it may have lost what it knew.
   */
  standing: "settled" | "ahead" = "settled";
  /** The SFU of each topology whose session somebody here may still have, by epoch. */
  readonly sfuOf = new Map<number, string>();
  /** The stamp of the last state that is known to be, or to have been, the store's. */
  saved: string;
  #view: RoomState;
  #deadline: number;

  constructor(view: RoomState) {
    this.#view = view;
    this.saved = view.stamp;
    this.#deadline = deadline(view);
  }

  get view(): RoomState {
    return this.#view;
  }

  /** Older ones than the last few have no sessions any more. */
  rememberSfu(epoch: number, sfu: string): void {
    this.sfuOf.set(epoch, sfu);
    for (const old of this.sfuOf.keys()) if (old < epoch - 4) this.sfuOf.delete(old);
  }

  /** See `deadline` of a room. */
  get deadline(): number {
    return this.#deadline;
  }

  /** Whether anyone of this node is in the room, with a socket or about to come back. */
  isOf(node: string): boolean {
    return Object.values(this.#view.members).some((member) => member.node === node);
  }

  /**
   * `next`, but with those whose sockets are here although others take them for gone: nobody knows better than this
   * node. The same object where there are none.
   */
  defended(next: RoomState, changes: RoomChange[]): RoomState {
    const mine = [...this.peers].flatMap(([id, peer]): [string, Member][] => {
      const member = memberOf(this.#view, id);
      if (member?.connection !== peer.id || member.presence.state === "away") return [];
      const then = memberOf(next, id);
      if (then) {
        const takenForGone = then.connection === peer.id && then.presence.state === "away";
        // Whoever told a store that had lost everything may not have known of this socket yet.
        const unknown = then.connection !== peer.id && then.enteredAt < member.enteredAt;
        return takenForGone || unknown ? [[id, member]] : [];
      }
      const wentItself = changes.some((change) =>
        change.kind === "left" && change.id === id && change.reason !== "lost"
      );
      return wentItself || Object.hasOwn(next.banned, member.ticket) ? [] : [[id, member]];
    });
    if (mine.length === 0) return next;
    return {
      ...next,
      members: { ...next.members, ...Object.fromEntries(mine) },
      stamp: newStamp(),
    };
  }

  /**
   * Moves to a newer view and tells those here what differs; what is old is passed over, in whichever order answers
   * come in. The changes say it better than the difference does, where they were made to what is known here, which has
   * the stamp `base`. `null`: it has ended.
   */
  advance(next: RoomState | null, news?: { changes: RoomChange[]; base: string }): void {
    if (next === null) return this.#end();
    if (next.version <= this.#view.version) return;
    const [first] = news?.changes ?? [];
    const nothingMissed = news?.base === this.#view.stamp && first !== undefined &&
      first.kind !== "ended" && first.version === this.#view.version + 1;
    const told = nothingMissed ? news.changes : difference(this.#view, next, news?.changes);
    this.#view = next;
    this.#deadline = deadline(next);
    for (const change of told) this.#tell(change);
  }

  #tell(change: RoomChange): void {
    switch (change.kind) {
      case "participant": {
        const { version, member } = change;
        this.#sendAwayOlder(member.id);
        if (change.cause === "measured") return;
        return this.#broadcast({
          type: "participant",
          version,
          participant: participantInfo(member),
        });
      }
      case "left": {
        const { version, id, reason } = change;
        const peer = this.peers.get(id);
        this.peers.delete(id);
        this.#broadcast({ type: "left", version, id, reason });
        return peer && sendOff(peer, reason);
      }
      case "room":
        return this.#broadcast({
          type: "room",
          version: change.version,
          room: roomInfo(this.#view),
        });
      case "topology":
        return this.#broadcast({
          type: "topology",
          ...topologyInfo(change.topology),
          reason: change.reason,
        });
      case "ended":
        return this.#end();
      default:
        return assertNever(change);
    }
  }

  /** Ends the socket of a participant for whom another one, here or elsewhere, speaks now. */
  #sendAwayOlder(id: string): void {
    const peer = this.peers.get(id);
    if (!peer || memberOf(this.#view, id)?.connection === peer.id) return;
    this.peers.delete(id);
    peer.end(
      "taken_over",
      "Cannot stay: a newer socket resumed this session; expected one socket per session",
    );
  }

  #end(): void {
    for (const [id, peer] of [...this.peers]) {
      this.peers.delete(id);
      peer.end(
        "room_ended",
        `Cannot stay: room "${this.#view.key.id}" has ended; expected another room`,
      );
    }
  }

  #broadcast(frame: ServerFrame): void {
    const text = JSON.stringify(frame);
    for (const peer of [...this.peers.values()]) peer.deliver(text, MESSAGE_CLASS[frame.type]);
  }
}

/** Closes the socket of someone who is no longer in the room. */
function sendOff(peer: Peer, reason: LeftReason): void {
  switch (reason) {
    case "left":
      return peer.close();
    case "removed":
      return peer.end(
        "removed",
        "Cannot stay: removed from the room; expected a new token to come back",
      );
    case "lost":
      return peer.end(
        "unavailable",
        "Cannot stay: taken for gone by the others; expected a resume",
        { retryAfterMs: POLICY.drain.minMs },
      );
    default:
      return assertNever(reason);
  }
}
