/**
 * A node's signs of life, and what it learns by them: which of its rooms have changed elsewhere, which are due, and
 * whether the store has lost what it knew.
 *
 * @module
 */
import type { Bus } from "./bus/mod.ts";
import type { NodeClock } from "./clock.ts";
import type { Log } from "./log.ts";
import { POLICY } from "./policy.ts";
import type { Beat, Presence } from "./presence/mod.ts";
import type { Rooms } from "./rooms.ts";
import type { SfuDirectory } from "./sfu/directory.ts";
import { reasonOf } from "./unavailable.ts";

const { beatMs, againMs, dueLimit } = POLICY.lease;

export interface LeaseParts {
  node: string;
  presence: Presence;
  rooms: Rooms;
  bus: Bus;
  sfus: SfuDirectory;
  /** Learns from the store what time it is. */
  clock: NodeClock;
  log: Log;
}

export class Lease {
  readonly #parts: LeaseParts;
  /** Beats sent, and the last of them that was answered. */
  #sent = 0;
  #answered = 0;
  /** Since when the store has lost nothing, as it said last. */
  #since: number | undefined;
  /** Up to when what the store told of changes has been dealt with, by its clock. */
  #seen = 0;
  #following: Promise<void> | undefined;
  #store: "up" | "down" = "up";
  /** Why it is away, as the log was told. */
  #reason = "";
  /** Nodes whose death was told. */
  #dead: ReadonlySet<string> = new Set();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #state: "waiting" | "beating" | "hurried" | "stopped" = "stopped";

  constructor(parts: LeaseParts) {
    this.#parts = parts;
    // Found out between two beats: the sooner it is told again, the less can get lost for good.
    parts.presence.onLoss(() => {
      parts.rooms.doubtAll();
      this.hurry();
    });
  }

  /** Beats from now on, until `stop`. */
  start(): void {
    this.#state = "waiting";
    this.#after(0);
  }

  stop(): void {
    this.#state = "stopped";
    clearTimeout(this.#timer);
  }

  /** Beats now, or once more when the beat under way is done: something may have been missed. */
  hurry(): void {
    if (this.#state === "waiting") this.#after(0);
    else if (this.#state === "beating") this.#state = "hurried";
  }

  /** One sign of life, and all that follows from its answer. */
  async beat(): Promise<void> {
    await this.#follow(await this.#sign());
  }

  async #sign(): Promise<Beat> {
    const { presence, node, rooms, sfus, clock } = this.#parts;
    const count = ++this.#sent;
    const sign = { count, seen: this.#seen, sfus: sfus.records };
    const beat = await clock.compare(() => presence.beat(node, sign));
    sfus.hear(beat.sfus);
    // Before the first answer nobody can tell what the store has lost since.
    const known = this.#since;
    // What it remembers may be a beat that came after the loss, and whose answer did not arrive.
    const forgot = beat.previous < this.#answered || (known !== undefined && beat.since !== known);
    if (forgot || known === undefined) rooms.doubtAll();
    if (forgot) this.#parts.log("warn", "store_forgot");
    this.#since = beat.since;
    this.#answered = count;
    this.#heard("up");
    this.#tellDead(Object.keys(beat.dead));
    return beat;
  }

  /** What is not done by this will be told again. */
  async #follow(beat: Beat): Promise<void> {
    const { rooms } = this.#parts;
    await rooms.compare(beat.changed);
    this.#seen = beat.upTo;
    await rooms.reconcile();
    await rooms.sweep();
    await rooms.tick(beat.due, Date.now(), beat.dead);
    if (beat.due.length >= dueLimit) this.hurry();
  }

  /** Once for each. */
  #tellDead(nodes: string[]): void {
    for (const node of nodes) {
      // What was before this node's time is no news.
      if (this.#answered > 1 && !this.#dead.has(node)) {
        this.#parts.log("info", "node_gone", { node });
      }
    }
    this.#dead = new Set(nodes);
  }

  async #run(): Promise<void> {
    this.#state = "beating";
    const begun = Date.now();
    const next = await this.#sign().then((beat) => {
      // Beside the beats: a lease must not run out because there is much to do.
      this.#following ??= this.#follow(beat).finally(() => this.#following = undefined);
      return beatMs;
    }, (error) => {
      this.#heard("down", error);
      return againMs;
    });
    // Stopped or hurried meanwhile.
    const state: string = this.#state;
    if (state === "stopped") return;
    this.#state = "waiting";
    this.#after(state === "hurried" ? 0 : Math.max(0, begun + next - Date.now()));
  }

  #after(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#run(), ms);
  }

  #heard(store: "up" | "down", error?: unknown): void {
    const reason = store === "up" ? "" : reasonOf(error);
    if (store === this.#store && reason === this.#reason) return;
    this.#store = store;
    this.#reason = reason;
    if (store === "up") {
      this.#parts.log("info", "store_back");
      // What took the store away may have taken the bus along, unnoticed.
      this.#parts.bus.check();
    } else this.#parts.log("error", "store_away", { error: reason });
  }
}
