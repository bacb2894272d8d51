/**
 * Who is in the call, after what the node says.
 *
 * @module
 */
import type { ParticipantInfo, WelcomeFrame } from "../lib/protocol.ts";
import { REJOIN_GRACE_MS } from "./policy.ts";
import { Remote } from "./remote.ts";

export interface RosterEvents {
  added(remote: Remote): void;
  /** What the node says of it has changed; `returned`: it was away, and is back. */
  changed(remote: Remote, returned: boolean): void;
  /** The node says of it what it has said before. */
  unchanged(remote: Remote): void;
  left(remote: Remote): void;
}

export class Roster {
  readonly participants = new Map<string, Remote>();
  readonly #events: RosterEvents;
  /** Those whom a restarted node does not know (yet), though media still flows. */
  readonly #missing = new Map<string, ReturnType<typeof setTimeout>>();
  #self = "";
  #version = 0;

  constructor(events: RosterEvents) {
    this.#events = events;
  }

  /** Whether it is in the call: somebody else of the same id may be by now. */
  isHere(remote: Remote): boolean {
    return this.participants.get(remote.id) === remote;
  }

  /** Takes over the roster of a welcome. */
  welcome({ self, participants, version, resumed }: WelcomeFrame): void {
    this.#self = self.id;
    this.#version = version;
    const present = new Set(participants.map(({ id }) => id));
    for (const remote of [...this.participants.values()]) {
      if (present.has(remote.id)) continue;
      // A node that has just started knows nobody: they come back like us, and their media never stopped.
      if (!resumed && remote.connection === "connected") this.#miss(remote);
      else this.#remove(remote.id);
    }
    for (const info of participants) this.#put(info);
  }

  participant(info: ParticipantInfo, version: number): void {
    if (info.id === this.#self || !this.#isNew(version)) return;
    this.#put(info);
  }

  left(id: string, version: number): void {
    if (this.#isNew(version)) this.#remove(id);
  }

  /** Everyone is gone, for us. */
  clear(): void {
    for (const id of [...this.participants.keys()]) this.#remove(id);
  }

  #isNew(version: number): boolean {
    if (version < this.#version) return false;
    this.#version = version;
    return true;
  }

  #put(info: ParticipantInfo): void {
    clearTimeout(this.#missing.get(info.id));
    this.#missing.delete(info.id);
    const known = this.participants.get(info.id);
    if (known === undefined) {
      const remote = new Remote(info);
      this.participants.set(info.id, remote);
      return this.#events.added(remote);
    }
    const returned = known.state === "away" && info.state === "active";
    if (known.update(info)) this.#events.changed(known, returned);
    else this.#events.unchanged(known);
  }

  #miss(remote: Remote): void {
    if (this.#missing.has(remote.id)) return;
    this.#missing.set(remote.id, setTimeout(() => this.#remove(remote.id), REJOIN_GRACE_MS));
    remote.state = "away";
    this.#events.changed(remote, false);
  }

  #remove(id: string): void {
    clearTimeout(this.#missing.get(id));
    this.#missing.delete(id);
    const remote = this.participants.get(id);
    if (remote === undefined) return;
    this.participants.delete(id);
    this.#events.left(remote);
  }
}
