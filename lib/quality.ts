/**
 * How the calls of this node's people go, by their own word: the last summary of each, in memory only, for as long as
 * the socket lives by which it came.
 *
 * @module
 */
import type { LocalRoom, Peer } from "./local_room.ts";
import type { QualitySummary, TopologyMode } from "./protocol.ts";

/** A summary, and when it came, in ms since 1970. */
export interface KnownQuality {
  at: number;
  summary: QualitySummary;
}

/** By participant id. */
export type QualityOf = Readonly<Record<string, KnownQuality>>;

/** Ids come from other nodes too: "constructor" is nobody. */
export function qualityOf(all: QualityOf, id: string): KnownQuality | undefined {
  return Object.hasOwn(all, id) ? all[id] : undefined;
}

type Listener = (summary: QualitySummary, mode: TopologyMode) => void;

export class Qualities {
  readonly #last = new WeakMap<Peer, KnownQuality>();
  readonly #listeners = new Set<Listener>();

  /** Calls `listener` with each summary that is taken, and the way that media take in its room. */
  onTaken(listener: Listener): void {
    this.#listeners.add(listener);
  }

  /** Takes in a summary of someone who is here. */
  take({ room, id }: { room: LocalRoom; id: string }, summary: QualitySummary, now: number): void {
    const peer = room.peers.get(id);
    if (!peer) return;
    this.#last.set(peer, { at: now, summary });
    for (const listener of this.#listeners) listener(summary, room.view.topology.mode);
  }

  /** What is known of those who are here. */
  of(room: LocalRoom | undefined): QualityOf {
    return Object.fromEntries(
      [...room?.peers ?? []].flatMap(([id, peer]) => {
        const known = this.#last.get(peer);
        return known ? [[id, known]] : [];
      }),
    );
  }
}
