/**
 * An SFU of which only the book-keeping is there: canned descriptions, no media. For tests of what uses the port.
 *
 * @module
 */
import type { IceCandidate, Layer, SfuConnection, SfuSlot, TrackKind } from "../../lib/protocol.ts";
import {
  type Sfu,
  SfuError,
  type SfuEvents,
  type SfuInfo,
  type SfuReach,
  type SfuSeat,
  type SfuSession,
  SLOTS,
} from "../../lib/sfu/mod.ts";
import type { MakeSfuClient } from "./sfu_person.ts";

/** Descriptions that it takes; anything that does not begin so is invalid. */
export const FAKE_SDP = "v=0\r\ns=fake\r\n";
const FAKE_CANDIDATE: IceCandidate = { candidate: "candidate:1 1 udp 1 192.0.2.1 9 typ host" };

/** One participant's session, as the server keeps it. */
interface Kept {
  readonly id: string;
  readonly seat: SfuSeat;
  /** Of the node that holds it now; `undefined`: it was released, or its node is gone. */
  events: SfuEvents | undefined;
  published: boolean;
  /** By `participant kind`. */
  mids: Map<string, string>;
  /** `waits`: an offer is not answered; `stale`: and another is to follow. */
  receiving: { is: "idle" } | { is: "waits"; number: number; slots: SfuSlot[]; stale: boolean };
  /** Whose media it gets. */
  gets: ReadonlySet<string>;
  layers: Map<string, Layer>;
}

/** `hung`: it is there, and does not answer. */
type State = "up" | "hung" | "dead";

export class FakeSfuServer {
  readonly #sessions = new Map<string, Kept>();
  readonly #nodes = new Set<() => void>();
  /** What ends a session takes until then. */
  closing: Promise<void> = Promise.resolve();
  #state: State = "up";
  #forwards = true;
  #last = 0;

  /** Participants' sessions that there are. */
  get sessions(): number {
    return this.#sessions.size;
  }

  /** Rooms that there are. */
  get rooms(): number {
    return new Set([...this.#sessions.values()].map(({ seat }) => seat.room)).size;
  }

  get state(): State {
    return this.#state;
  }

  /** Another node's use of it. */
  connect(
    { id = "fake", region = "test", capacity = 100, reach = "shared" }:
      & Partial<SfuInfo>
      & { reach?: SfuReach } = {},
  ): Sfu {
    return new FakeSfu(this, { id, region, capacity }, reach);
  }

  /** It ends at once, with all sessions. */
  kill(): void {
    const lost = [...this.#sessions.values()];
    this.#sessions.clear();
    this.#become("dead");
    for (const { events } of lost) queueMicrotask(() => events?.ended("the fake SFU died"));
  }

  /** It stops in its tracks; sessions stay. */
  hang(): void {
    this.#become("hung");
  }

  /** It is there again, after `kill` or `hang`. */
  recover(): void {
    this.#become("up");
  }

  /** Whether it forwards media; it takes control all the same. */
  forwards(does: boolean): void {
    this.#forwards = does;
  }

  /** One participant's session is over, by itself. */
  end(participant: string, reason = "the fake SFU ended it"): void {
    for (const kept of this.#sessions.values()) {
      if (kept.seat.participant !== participant) continue;
      const { events } = kept;
      this.forget(kept);
      events?.ended(reason);
    }
  }

  /** Whether media of `from` reaches `to` now, and which layer. */
  reaches(from: string, to: string): Layer | undefined {
    if (this.#state !== "up" || !this.#forwards) return undefined;
    const sender = [...this.#sessions.values()].find(({ seat }) => seat.participant === from);
    const receiver = [...this.#sessions.values()].find(({ seat }) => seat.participant === to);
    if (!sender?.published || !receiver?.gets.has(from)) return undefined;
    return sender.seat.room === receiver.seat.room
      ? receiver.layers.get(from) ?? "high"
      : undefined;
  }

  /** For `FakeSfu`. @throws {SfuError} */
  begin(seat: SfuSeat, events: SfuEvents): Kept {
    this.check();
    const id = `s_${++this.#last}`;
    const kept: Kept = {
      ...{ id, seat, events, published: false, mids: new Map(), receiving: { is: "idle" } },
      ...{ gets: new Set(), layers: new Map() },
    };
    this.#sessions.set(id, kept);
    if (seat.subscribe) queueMicrotask(() => this.offer(kept));
    return kept;
  }

  /** For `FakeSfu`. @throws {SfuError} */
  claim(ticket: string, seat: SfuSeat, events: SfuEvents): Kept {
    this.check();
    const kept = this.#sessions.get(ticket);
    if (kept?.seat.room !== seat.room || kept.seat.participant !== seat.participant) {
      throw new SfuError("session_gone", `Cannot go on with ${ticket}: there is no such session`);
    }
    kept.events = events;
    // Nobody knows whether its last offer arrived.
    kept.receiving = { is: "idle" };
    queueMicrotask(() => this.offer(kept));
    return kept;
  }

  /** @throws {SfuError} */
  check(kept?: Kept): void {
    if (this.#state !== "up") throw new SfuError("unavailable", `The fake SFU is ${this.#state}`);
    if (kept && this.#sessions.get(kept.id) !== kept) {
      throw new SfuError("session_gone", `Cannot go on with ${kept.id}: there is no such session`);
    }
  }

  published(kept: Kept): void {
    kept.published = true;
    this.#offerAll(kept.seat.room);
  }

  forget(kept: Kept): void {
    this.#sessions.delete(kept.id);
    if (kept.published) this.#offerAll(kept.seat.room);
  }

  /** Sends an offer, if there is anything new; not before the last one is answered. */
  offer(kept: Kept): void {
    if (!kept.seat.subscribe || this.#state !== "up") return;
    if (kept.receiving.is === "waits") {
      kept.receiving.stale = true;
      return;
    }
    const senders = [...this.#sessions.values()]
      .filter((one) => one !== kept && one.published && one.seat.room === kept.seat.room)
      .map(({ seat }) => seat.participant);
    const same = senders.length === kept.gets.size && senders.every((id) => kept.gets.has(id));
    if (same) return;
    const slots = senders.flatMap((participant) =>
      SLOTS.map((kind) => ({ mid: midOf(kept, participant, kind), participant, kind }))
    );
    const number = ++this.#last;
    kept.receiving = { is: "waits", number, slots, stale: false };
    kept.events?.offer({ number, sdp: FAKE_SDP, slots });
    kept.events?.candidate("subscribe", FAKE_CANDIDATE);
    kept.events?.candidate("subscribe", null);
  }

  answered(kept: Kept, number: number): void {
    const { receiving } = kept;
    if (receiving.is !== "waits" || receiving.number !== number) {
      throw new SfuError("invalid", `Cannot take the answer to offer ${number}: it does not wait`);
    }
    kept.gets = new Set(receiving.slots.map(({ participant }) => participant));
    kept.receiving = { is: "idle" };
    if (receiving.stale) queueMicrotask(() => this.offer(kept));
  }

  /** For `FakeSfu`: is told of each change of state. */
  watch(node: () => void): () => void {
    this.#nodes.add(node);
    return () => this.#nodes.delete(node);
  }

  #offerAll(room: string): void {
    queueMicrotask(() => {
      for (const kept of this.#sessions.values()) if (kept.seat.room === room) this.offer(kept);
    });
  }

  #become(state: State): void {
    if (this.#state === state) return;
    this.#state = state;
    for (const node of [...this.#nodes]) node();
    if (state === "up") { for (const kept of this.#sessions.values()) this.offer(kept); }
  }
}

function midOf({ mids }: Kept, participant: string, kind: TrackKind): string {
  const key = `${participant} ${kind}`;
  const mid = mids.get(key) ?? String(mids.size);
  mids.set(key, mid);
  return mid;
}

class FakeSfu implements Sfu {
  readonly #server: FakeSfuServer;
  readonly #listeners: (() => void)[] = [];
  readonly #held = new Set<FakeSession>();
  readonly #unwatch: () => void;
  #closed = false;

  constructor(server: FakeSfuServer, readonly info: SfuInfo, readonly reach: SfuReach) {
    this.#server = server;
    this.#unwatch = server.watch(() => this.#listeners.forEach((listener) => listener()));
  }

  get health(): "up" | "down" {
    return this.#server.state === "up" && !this.#closed ? "up" : "down";
  }
  get load(): number {
    return this.#server.sessions;
  }
  get reason(): string {
    if (this.#closed) return "it was closed";
    return this.#server.state === "up" ? "" : `the fake SFU is ${this.#server.state}`;
  }

  onHealth(listener: () => void): void {
    this.#listeners.push(listener);
  }

  open(seat: SfuSeat, events: SfuEvents): Promise<SfuSession> {
    return promised(() => {
      if (this.#closed) throw new SfuError("unavailable", "Cannot open a session: it was closed");
      const kept = seat.ticket === undefined
        ? this.#server.begin(seat, events)
        : this.#server.claim(seat.ticket, seat, events);
      const session = new FakeSession(this.#server, kept, () => this.#held.delete(session));
      this.#held.add(session);
      return session;
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#unwatch();
    const end = (session: FakeSession) =>
      this.reach === "hosted" ? session.close() : session.release();
    await Promise.all([...this.#held].map(end));
  }
}

class FakeSession implements SfuSession {
  readonly ticket: string;
  readonly #server: FakeSfuServer;
  readonly #kept: Kept;
  readonly #events: SfuEvents | undefined;
  readonly #over: () => void;

  constructor(server: FakeSfuServer, kept: Kept, over: () => void) {
    this.#server = server;
    this.#kept = kept;
    this.#events = kept.events;
    this.#over = over;
    this.ticket = kept.id;
  }

  publish(sdp: string): Promise<string> {
    return this.#do(() => {
      if (!this.#kept.seat.publish) throw new SfuError("invalid", "This participant may not send");
      checkSdp(sdp);
      this.#server.published(this.#kept);
      return FAKE_SDP;
    });
  }

  answer(number: number, sdp: string): Promise<void> {
    return this.#do(() => {
      checkSdp(sdp);
      this.#server.answered(this.#kept, number);
    });
  }

  candidate(of: SfuConnection, _candidate: IceCandidate | null): Promise<void> {
    return this.#do(() => {
      if (of === "subscribe" && !this.#kept.seat.subscribe) {
        throw new SfuError("invalid", "There is no receiving connection");
      }
    });
  }

  layers(wanted: Readonly<Record<string, Layer>>): Promise<void> {
    return this.#do(() => {
      for (const [id, layer] of Object.entries(wanted)) this.#kept.layers.set(id, layer);
    });
  }

  resubscribe(): Promise<void> {
    return this.#do(() => {
      const kept = this.#kept;
      kept.gets = new Set();
      kept.mids.clear();
      kept.receiving = { is: "idle" };
      queueMicrotask(() => this.#server.offer(kept));
    });
  }

  async close(): Promise<void> {
    this.#over();
    this.#kept.events = undefined;
    this.#server.forget(this.#kept);
    await this.#server.closing;
  }

  release(): void {
    this.#over();
    // Another node may hold it by now.
    if (this.#kept.events === this.#events) this.#kept.events = undefined;
  }

  #do<T>(job: () => T): Promise<T> {
    return promised(() => {
      this.#server.check(this.#kept);
      return job();
    });
  }
}

/** @throws {SfuError} */
function checkSdp(sdp: string): void {
  if (sdp.startsWith("v=0\r\n")) return;
  throw new SfuError("invalid", `Cannot take a description that begins with ${sdp.slice(0, 20)}`);
}

/** What `job` gives or throws, as a promise. */
function promised<T>(job: () => T): Promise<T> {
  return new Promise((resolve) => resolve(job()));
}

/** Clients of this server: a packet comes each time that somebody looks, if media flows. */
export function fakeClients(server: FakeSfuServer): MakeSfuClient {
  return ({ id, candidate }) => {
    const counts = new Map<string, number>();
    return {
      id,
      offer() {
        candidate("publish", FAKE_CANDIDATE);
        return Promise.resolve(FAKE_SDP);
      },
      answered: () => Promise.resolve(),
      receive: () => Promise.resolve(FAKE_SDP),
      candidate: () => Promise.resolve(),
      renewReceiving: () => Promise.resolve(),
      received(participant, kind) {
        const layer = server.reaches(participant, id);
        const key = `${participant} ${kind}`;
        const flows = layer !== undefined && (kind !== "camera" || layer !== "off");
        const count = (counts.get(key) ?? 0) + (flows ? 1 : 0);
        counts.set(key, count);
        return count;
      },
      layer: (participant) => server.reaches(participant, id),
      state: "none",
      wrong: [],
      close: () => Promise.resolve(),
    };
  };
}
