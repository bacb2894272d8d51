/**
 * Few at a time through a door that has room for only so many: what a node does when more want in than it can serve.
 *
 * Letting someone in is work, and those who are in come first. So only a few are let in at once and in each turn of the
 * event loop; the others wait, and whoever would wait too long is told when its turn would be. A node that is held up
 * by other things lets nobody new in until it has caught up.
 *
 * @module
 */

/** In ms unless said otherwise. */
export interface GatePolicy {
  /** How many may be under way. */
  readonly atOnce: number;
  /** Of those who wait, how many begin in one turn of the event loop. */
  readonly perTurn: number;
  /** Whoever would wait longer is refused, and so is everyone after it until nobody would wait for `againWaitMs`. */
  readonly longestWaitMs: number;
  readonly againWaitMs: number;
  /** What one is taken to need, before any was measured. */
  readonly firstGuessMs: number;
  /** The node is held up when its timer was late by `lateMs` so many `looks` in a row, until it was late by less than `promptMs` as often. */
  readonly lateMs: number;
  readonly promptMs: number;
  readonly looks: number;
  /** When somebody who is refused may come back: so long at least, and at most; or where the node is held up. */
  readonly minRetryMs: number;
  readonly maxRetryMs: number;
  readonly lateRetryMs: number;
}

/** Why somebody is not let in. `queue`: too many wait. `lag`: the node does not keep up with what it has. */
export type ShedCause = "queue" | "lag";

/** Come back later. */
export interface Shed {
  readonly cause: ShedCause;
  readonly retryAfterMs: number;
}

/** Weight of the newest in the mean of what one needs. */
const NEWEST = 0.1;

export class Gate {
  readonly #policy: GatePolicy;
  readonly #random: () => number;
  readonly #waiting = new Set<() => void>();
  #underway = 0;
  #queue: "open" | "full" = "open";
  #pace: "prompt" | "late" = "prompt";
  /** Looks in a row that speak for the other pace. */
  #otherwise = 0;
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
    return this.#waiting.size;
  }

  /** Why somebody who is new would be refused now, if it would. */
  get shedding(): ShedCause | undefined {
    if (this.#queue === "full") return "queue";
    return this.#pace === "late" ? "lag" : undefined;
  }

  /** Why somebody has to come back later, if it has. `isNew`: nobody would miss it, as somebody who comes back is missed. */
  shed(isNew: boolean, now: number): Shed | undefined {
    const { longestWaitMs, againWaitMs, minRetryMs, maxRetryMs, lateRetryMs } = this.#policy;
    const waitMs = this.#waiting.size * this.#eachMs;
    if (waitMs > longestWaitMs) this.#queue = "full";
    if (waitMs <= againWaitMs) this.#queue = "open";
    if (this.#queue === "full") {
      // One after the other, as they can be served.
      this.#promisedAt = Math.max(now + waitMs, this.#promisedAt + this.#eachMs);
      const at = Math.min(this.#promisedAt, now + maxRetryMs * (1 + this.#random()) / 2);
      return { cause: "queue", retryAfterMs: Math.round(Math.max(at - now, minRetryMs)) };
    }
    if (!isNew || this.#pace === "prompt") return undefined;
    return { cause: "lag", retryAfterMs: Math.round(lateRetryMs * (1 + this.#random())) };
  }

  /** Does some work when its turn has come. */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting.size > 0 || this.#underway >= this.#policy.atOnce) {
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
        this.#callLater();
      });
    } else {
      this.#underway++;
    }
    try {
      return await work();
    } finally {
      this.#underway--;
      this.#done(Date.now());
      this.#callLater();
    }
  }

  /** The node's timer has come, `lateMs` late. */
  look(lateMs: number): void {
    const { lateMs: late, promptMs, looks } = this.#policy;
    const speaks = this.#pace === "prompt" ? lateMs >= late : lateMs < promptMs;
    this.#otherwise = speaks ? this.#otherwise + 1 : 0;
    if (this.#otherwise < looks) return;
    this.#otherwise = 0;
    this.#pace = this.#pace === "prompt" ? "late" : "prompt";
  }

  /** Only while others wait it is known how long one takes, and not how long nobody came. */
  #done(now: number): void {
    if (this.#waiting.size === 0) return void (this.#doneAt = undefined);
    const tookMs = this.#doneAt === undefined ? this.#eachMs : Math.max(0, now - this.#doneAt);
    this.#eachMs += NEWEST * (tookMs - this.#eachMs);
    this.#doneAt = now;
  }

  #callLater(): void {
    if (this.#waiting.size === 0 || this.#underway >= this.#policy.atOnce) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#call();
      this.#callLater();
    }, 1);
  }

  #call(): void {
    const { atOnce, perTurn } = this.#policy;
    let free = Math.min(perTurn, atOnce - this.#underway);
    for (const next of this.#waiting) {
      if (free-- <= 0) return;
      this.#waiting.delete(next);
      this.#underway++;
      next();
    }
  }
}
