/**
 * Everyone in all rooms: who is really there, and what of all that they are told is wrong.
 *
 * @module
 */
import type { ErrorCode } from "../../lib/codes.ts";
import type { ServerFrame } from "../../lib/protocol.ts";
import { Ledger } from "./ledger.ts";
import { Person, type World } from "./person.ts";
import { pick } from "./random.ts";
import { type Difference, differences, type Truth } from "./roster.ts";

/** After so long nobody may have someone in the roster who went for good, in ms. */
export const GHOST_MS = 10_000;

/** What a client that keeps to the protocol may hear from nodes that come and go. */
const EXPECTED: readonly ErrorCode[] = ["draining", "unavailable", "participant_not_found"];

/** Somebody was told that somebody has left who had not. */
export interface WrongLeft {
  id: string;
  room: string;
  at: number;
  /** For how long it had been without a socket, in ms; 0: it has one. */
  awayMs: number;
  /** The node that it is on, or was last. */
  node: number;
}

/** Someone who went for good, and for how long others had it in their rosters after that, in ms. */
export interface Ghost {
  id: string;
  goneAt: number;
  seenMs: number;
}

/** How long a signal took, in ms: in all, and since both ends were connected as they were when it came. */
export interface Delay {
  allMs: number;
  connectedMs: number;
}

export interface CrowdOptions {
  addresses: readonly string[];
  random: () => number;
}

export class Crowd implements World {
  readonly addresses: readonly string[];
  readonly random: () => number;
  readonly ledger = new Ledger();
  readonly violations: string[] = [];
  readonly delays: Delay[] = [];
  readonly welcomes = { new: 0, resumed: 0, "new again": 0 };
  readonly errors = new Map<string, number>();
  readonly wrongLefts = new Map<string, WrongLeft>();
  readonly ghosts = new Map<string, Ghost>();
  readonly #rooms = new Map<string, Set<Person>>();
  readonly #byId = new Map<string, Person>();
  /** How often each was welcomed. */
  readonly #spells = new Map<string, number>();

  constructor({ addresses, random }: CrowdOptions) {
    this.addresses = addresses;
    this.random = random;
  }

  now(): number {
    return performance.timeOrigin + performance.now();
  }

  get rooms(): string[] {
    return [...this.#rooms.keys()];
  }

  /** Who has not gone for good. */
  *present(room?: string): Iterable<Person> {
    const rooms = room === undefined ? this.#rooms.values() : [this.#rooms.get(room) ?? []];
    for (const people of rooms) for (const person of people) if (!person.isOver) yield person;
  }

  /** Someone comes into a room. */
  enter(room: string, token: string, node: number): Person {
    const person = new Person(this, room, token, node);
    const people = this.#rooms.get(room) ?? new Set();
    this.#rooms.set(room, people.add(person));
    return person;
  }

  /** Someone goes for good. */
  end(person: Person, how: "leave" | "vanish"): void {
    person.end(how);
    if (person.id === undefined) return;
    this.ghosts.set(person.id, { id: person.id, goneAt: this.now(), seenMs: 0 });
  }

  /** A signal from somebody to somebody in the same room; none where there is nobody. */
  signal(padding: string): void {
    const room = pick([...this.#rooms.values()], this.random);
    const present = [...room].filter((person) => !person.isOver && person.id !== undefined);
    if (present.length === 0) return;
    const from = pick(present, this.random);
    const known = [...from.roster.people.keys()].filter((id) =>
      this.#byId.get(id)?.isOver === false
    );
    if (known.length === 0) return;
    const to = pick(known, this.random);
    const number = this.ledger.send(from.id!, to, this.now());
    from.courier.push(to, "signal", JSON.stringify({ number, padding }));
  }

  /** Who went for good may be seen until `GHOST_MS` after that, and after the last fault: whose end is told here. */
  lastFaultAt = 0;

  /** What really is in a room, as far as ids are known. */
  truth(room: string): Map<string, Truth> {
    const truth = new Map<string, Truth>();
    const now = this.now();
    for (const { id, standing } of this.#rooms.get(room) ?? []) {
      if (id === undefined) continue;
      if (standing.tag === "here") truth.set(id, "here");
      else if (standing.tag !== "over") truth.set(id, "coming");
      else {
        const since = Math.max(standing.at, this.lastFaultAt);
        truth.set(id, now - since < GHOST_MS ? "fading" : "gone");
      }
    }
    return truth;
  }

  /** What those who are here have wrong in their rosters of this room, by whom. */
  differences(room: string): Map<string, Difference[]> {
    const truth = this.truth(room);
    const all = new Map<string, Difference[]>();
    for (const { id, standing, roster } of this.present(room)) {
      if (standing.tag !== "here") continue;
      const found = differences(roster.people, truth, id);
      if (found.length > 0) all.set(id!, found);
    }
    return all;
  }

  /** Looks who still has whom in the roster that went for good; to be called often. */
  lookForGhosts(): void {
    const now = this.now();
    for (const ghost of this.ghosts.values()) {
      const { room } = this.#byId.get(ghost.id)!;
      const seen = [...this.present(room)].some(({ standing, roster }) =>
        standing.tag === "here" && roster.people.has(ghost.id)
      );
      if (seen) ghost.seenMs = now - ghost.goneAt;
    }
  }

  /** Someone and its node, for people. */
  whereIs(id: string): string {
    const person = this.#byId.get(id);
    return person ? `${id} on node ${person.lastNode + 1}` : id;
  }

  /** Signals that should have come and have not. */
  missing() {
    return this.ledger.missing((id) => this.#byId.get(id)?.isOver === false);
  }

  /** Resolves when all sockets, of all who ever were here, have closed. */
  async closed(): Promise<void> {
    const people = [...this.#rooms.values()].flatMap((room) => [...room]);
    await Promise.all(people.map((person) => person.closed()));
  }

  delivered(to: Person, from: string, item: unknown): void {
    const { number } = item as { number?: unknown };
    const sentAt = this.ledger.receive(from, to.id!, number);
    if (sentAt === undefined) return;
    const ends = [this.#byId.get(from)!, to].map(({ standing }) =>
      standing.tag === "here" ? standing.since : sentAt
    );
    const now = this.now();
    this.delays.push({ allMs: now - sentAt, connectedMs: now - Math.max(sentAt, ...ends) });
  }

  welcomed(person: Person, as: "new" | "resumed" | "new again"): void {
    const id = person.id!;
    this.welcomes[as]++;
    this.#byId.set(id, person);
    this.#spells.set(id, (this.#spells.get(id) ?? 0) + 1);
  }

  left(observer: Person, id: string): void {
    const person = this.#byId.get(id);
    if (!person) return;
    if (person.isOver) return observer.courier.park(id);
    const key = `${id} ${this.#spells.get(id)}`;
    if (this.wrongLefts.has(key)) return;
    const at = this.now();
    const { lostAt, lastNode: node, room } = person;
    this.wrongLefts.set(key, {
      id,
      room,
      at,
      node,
      awayMs: lostAt === undefined ? 0 : at - lostAt,
    });
  }

  erred({ id, room }: Person, { code, message }: Extract<ServerFrame, { type: "error" }>): void {
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
    if (EXPECTED.includes(code as ErrorCode)) return;
    this.violations.push(`${this.#clock()} ${id} in ${room} got the error ${code}: ${message}`);
  }

  expelled(person: Person, why: string): void {
    this.violations.push(
      `${this.#clock()} ${person.id} in ${person.room} was sent away for good: ${why}`,
    );
    if (person.id === undefined) return;
    this.ghosts.set(person.id, { id: person.id, goneAt: this.now(), seenMs: 0 });
  }

  #clock(): string {
    return new Date(this.now()).toISOString().slice(11, 23);
  }
}
