/**
 * Few at a time through a door that has room for only so many: what a node does when more want in than it can serve.
 *
 * Letting someone in is work, and those who are in come first. So only a few are let in at once and in each turn of the
 * event loop; the others wait. Whoever comes back goes before those who are new: others miss it; but whoever only says so
 * must not keep out everybody else, so some turns are for those who are new. A burst of newcomers may wait for a little;
 * where the queue does not get empty for longer, more come than can be served, and whoever has waited for more than a
 * moment is told when to come back (after CoDel, RFC 8289), until nobody had to be told for some time, or nobody came. The
 * newest is served first, so that those who are served did not wait for those who are not. A node that is held up by other things
 * lets nobody new in until it has caught up.
 *
 * @module
 */
import { FairQueue } from "./fair_queue.ts";

/** In ms unless said otherwise. */
export interface GatePolicy {
  /** How many may be under way. */
  readonly atOnce: number;
  /** Of those who wait, how many begin in one turn of the event loop. */
  readonly perTurn: number;
  /** Of so many who are let in while others wait one is new, if any is. */
  readonly newEvery: number;
  /** How long the queue of newcomers may stand, and each of them wait; then only `targetMs`, until none was refused for `calmMs`, or none came for `burstMs`. */
  readonly burstMs: number;
  readonly targetMs: number;
  readonly calmMs: number;
  /** How long somebody who comes back waits at most. */
  readonly patienceMs: number;
  /** What one is taken to need, before any was measured. */
  readonly firstGuessMs: number;
  /** The node is held up when its timer was late by `lateMs` so many `looks` in a row, until it was late by less than `promptMs` as often. */
  readonly lateMs: number;
  readonly promptMs: number;
  readonly looks: number;
  /** When somebody who is refused may come back: so long at least, and at most; who has a place; where the node is held up. */
  readonly minRetryMs: number;
  readonly maxRetryMs: number;
  readonly backRetryMs: number;
  readonly lateRetryMs: number;
}

/** Why somebody is not let in. `queue`: too many wait. `lag`: the node does not keep up with what it has. */
export type ShedCause = "queue" | "lag";

/** Who wants to pass. */
export interface Entrant {
  /** `new`: nobody would miss it, as somebody who comes back is missed. */
  readonly is: "new" | "back";
  /** Where it comes from: each address has its turn. */
  readonly address: string;
  /** Asked when its turn has come. */
  readonly wanted: () => boolean;
}

/** Come back later. */
export interface Shed {
  readonly kind: "shed";
  readonly cause: ShedCause;
  readonly retryAfterMs: number;
}

/** What became of somebody at the gate. `unwanted`: when its turn came, it was not wanted any more. */
export type Passed<T> = { kind: "done"; result: T } | Shed | { kind: "unwanted" };

type Turn = { kind: "begins" } | Exclude<Passed<never>, { kind: "done" }>;

/** How newcomers fare. Times in ms. */
type Crowd =
  | { readonly kind: "none" }
  /** They wait, without all having been served in between. */
  | { readonly kind: "waits"; readonly since: number }
  /** Some have waited for too long: a queue that is empty by that was not served. `at`: the last of them. */
  | { readonly kind: "refused"; readonly at: number };

const NONE: Crowd = { kind: "none" };

interface Waiter extends Entrant {
  readonly since: number;
  readonly call: (turn: Turn) => void;
}

/** Weight of the newest in the mean of what one needs. */
const NEWEST = 0.1;

/** Says whose turn it is; times in ms since 1970. */
export class Gate {
  readonly #policy: GatePolicy;
  readonly #random: () => number;
  readonly #back = new FairQueue<Waiter>();
  readonly #new = new FairQueue<Waiter>();
  #underway = 0;
  #crowd: Crowd = NONE;
  /** When the last one who was under way was done, and nobody waited. */
  #idleSince = 0;
  #pace: "prompt" | "late" = "prompt";
  /** Looks in a row that speak for the other pace. */
  #otherwise = 0;
  /** How many of those who waited have begun. */
  #called = 0;
  /** How long one takes while others wait, on average. */
  #eachMs: number;
  /** When the last one was done, while others wait. */
  #doneAt: number | undefined;
  /** When the last one who was refused was told to come back. */
  #promisedAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(policy: GatePolicy, random: () => number = Math.random) {
    this.#policy = policy;
    this.#random = random;
    this.#eachMs = policy.firstGuessMs;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#back.size + this.#new.size;
  }

  /** Why somebody who is new would be refused now, at once or soon, if it would. */
  shedding(now: number): ShedCause | undefined {
    if (this.#pace === "late") return "lag";
    return this.#isStrict(now) ? "queue" : undefined;
  }

  /** Does some work when the turn of this one has come, if it does. */
  async pass<T>(entrant: Entrant, work: () => Promise<T>): Promise<Passed<T>> {
    const turn = await this.#turnOf(entrant);
    if (turn.kind !== "begins") return turn;
    try {
      return { kind: "done", result: await work() };
    } finally {
      this.#underway--;
      const now = Date.now();
      if (this.#isIdle()) this.#idleSince = now;
      this.#done(now);
      this.#callLater();
    }
  }

  /** The node's timer has come, `lateMs` late. */
  look(lateMs: number, now: number): void {
    this.#shedOld(now);
    this.#noteServed();
    const { lateMs: late, promptMs, looks } = this.#policy;
    const speaks = this.#pace === "prompt" ? lateMs >= late : lateMs < promptMs;
    this.#otherwise = speaks ? this.#otherwise + 1 : 0;
    if (this.#otherwise < looks) return;
    this.#otherwise = 0;
    this.#pace = this.#pace === "prompt" ? "late" : "prompt";
  }

  #turnOf(entrant: Entrant): Turn | Promise<Turn> {
    const { atOnce, burstMs, lateRetryMs } = this.#policy;
    const since = Date.now();
    if (this.#isIdle() && since - this.#idleSince >= burstMs) this.#crowd = NONE;
    if (entrant.is === "new" && this.#pace === "late") {
      return shed("lag", lateRetryMs * (1 + this.#random()));
    }
    if (this.waiting === 0 && this.#underway < atOnce) {
      this.#noteServed();
      return this.#begin(entrant);
    }
    if (entrant.is === "new" && !this.#isStrict(since) && this.#crowd.kind !== "waits") {
      this.#crowd = { kind: "waits", since };
    }
    const queue = entrant.is === "new" ? this.#new : this.#back;
    return new Promise((call) => {
      queue.put({ ...entrant, since, call });
      this.#callLater();
    });
  }

  #begin({ wanted }: Entrant): Turn {
    if (!wanted()) return { kind: "unwanted" };
    this.#underway++;
    return { kind: "begins" };
  }

  #isIdle(): boolean {
    return this.waiting === 0 && this.#underway === 0;
  }

  /** Whether newcomers may wait for a moment only. */
  #isStrict(now: number): boolean {
    const { burstMs, calmMs } = this.#policy;
    const crowd = this.#crowd;
    switch (crowd.kind) {
      case "none":
        return false;
      case "waits":
        return now - crowd.since >= burstMs;
      case "refused":
        // A clock that was set back must not make that longer.
        return Math.abs(now - crowd.at) < calmMs;
    }
  }

  /** No newcomer waits any more, and not for having been refused. */
  #noteServed(): void {
    if (this.#new.size === 0 && this.#crowd.kind === "waits") this.#crowd = NONE;
  }

  /** Refuses those who have waited for too long. */
  #shedOld(now: number): void {
    const { burstMs, targetMs, patienceMs, backRetryMs } = this.#policy;
    for (const { call } of this.#back.takeOlder(now - patienceMs)) {
      call(shed("queue", backRetryMs * (1 + this.#random()) / 2));
    }
    const mostMs = this.#isStrict(now) ? targetMs : burstMs;
    for (const { call } of this.#new.takeOlder(now - mostMs)) {
      this.#crowd = { kind: "refused", at: now };
      call(shed("queue", this.#retryMs(now)));
    }
    this.#forgetIfEmpty();
  }

  /** One after the other, as they can be served; where that is too late for the last, some time before. */
  #retryMs(now: number): number {
    const { minRetryMs, maxRetryMs } = this.#policy;
    const next = Math.max(this.#promisedAt, now + minRetryMs) + this.#eachMs;
    this.#promisedAt = Math.min(next, now + maxRetryMs);
    return next < now + maxRetryMs ? next - now : maxRetryMs * (1 + this.#random()) / 2;
  }

  /** Only while others wait it is known how long one takes, and not how long nobody came. */
  #done(now: number): void {
    if (this.waiting === 0) return void (this.#doneAt = undefined);
    const tookMs = this.#doneAt === undefined ? this.#eachMs : Math.max(0, now - this.#doneAt);
    this.#eachMs += NEWEST * (tookMs - this.#eachMs);
    this.#doneAt = now;
  }

  #callLater(): void {
    if (this.waiting === 0 || this.#underway >= this.#policy.atOnce) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      // Nobody is refused for whom there is room.
      this.#call();
      this.#shedOld(Date.now());
      this.#callLater();
    }, 1);
  }

  #call(): void {
    const { atOnce, perTurn } = this.#policy;
    let free = Math.min(perTurn, atOnce - this.#underway);
    while (free > 0) {
      const next = this.#next();
      if (!next) break;
      const turn = this.#begin(next);
      if (turn.kind === "begins") {
        this.#called++;
        free--;
      }
      next.call(turn);
    }
    this.#noteServed();
    this.#forgetIfEmpty();
  }

  #next(): Waiter | undefined {
    const isForNew = this.#called % this.#policy.newEvery === this.#policy.newEvery - 1;
    return (isForNew ? this.#new.take("newest") : undefined) ??
      this.#back.take("oldest") ?? this.#new.take("newest");
  }

  /** What begins after nobody waited is not to be told from nobody having come. */
  #forgetIfEmpty(): void {
    if (this.waiting === 0) this.#doneAt = undefined;
  }
}

function shed(cause: ShedCause, retryAfterMs: number): Shed {
  return { kind: "shed", cause, retryAfterMs: Math.round(retryAfterMs) };
}
