import type { Feed } from "./feed.ts";

/** One whose feeds and wishes a room brings together with those of the others. */
export interface Member {
  readonly participant: string;
  readonly feeds: readonly Feed[];
  /** What the others send has changed. */
  changed(): void;
}

/** Everyone in one room; the feeds of each are for all the others. */
export class Room {
  readonly #members = new Map<string, Member>();

  get isEmpty(): boolean {
    return this.#members.size === 0;
  }

  /** Who takes part as `participant`. */
  member(participant: string): Member | undefined {
    return this.#members.get(participant);
  }

  /** In place of whoever took part as the same participant. */
  enter(member: Member): void {
    this.#members.set(member.participant, member);
    this.feedsChanged(member);
  }

  leave(member: Member): void {
    if (this.#members.get(member.participant) !== member) return;
    this.#members.delete(member.participant);
    this.feedsChanged(member);
  }

  /** What everyone but `member` sends. */
  feedsFor(member: Member): Feed[] {
    return [...this.#members.values()].flatMap((other) => other === member ? [] : other.feeds);
  }

  /** What `member` sends has changed. */
  feedsChanged(member: Member): void {
    for (const other of this.#members.values()) if (other !== member) other.changed();
  }
}
