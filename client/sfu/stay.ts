/**
 * A call's stay at one SFU, from one participant's side: keeps a path to it, makes it anew when it fails, and says
 * how it stands.
 *
 * @module
 */
import type { Measured } from "../../lib/protocol.ts";
import type { retryDelay } from "../backoff.ts";
import type { Beginning, SfuPath } from "./path.ts";
import { SFU } from "./policy.ts";
import type { Path } from "./seat.ts";
import type { Seats } from "./seats.ts";
import { silence, type Stall, watchStall } from "./stall.ts";

/** How a stay stands, as the node is told. */
export type SfuVerdict = NonNullable<Measured["sfu"]>["state"];

/** What a stay is made of, and whom it tells. */
export interface StayOptions {
  epoch: number;
  /** Makes the connections of a path; told of what happens there by the other two. */
  dial(begin: Beginning, ticket: string | undefined, stay: Stay): SfuPath;
  /** A path has been begun, beside those before it. */
  begun(path: Path): void;
  /** How it stands has changed. */
  told(verdict: SfuVerdict): void;
  /** Whether the SFU can be asked anything now. */
  isOnline(): boolean;
  /** Who sends by its paths. */
  seats: Seats;
  retryDelay: typeof retryDelay;
}

/** The next path: when to begin it, and how. */
interface Next {
  at: number;
  begin: Beginning;
  ticket: string | undefined;
}

/** One participant at one SFU, by one path after the other. */
export class Stay {
  readonly #options: StayOptions;
  #path: Path & { sfu: SfuPath };
  /** When the path was begun. */
  #since: number;
  /** Since when it is connected, and since when, over all paths, it is not; each `undefined` where it is otherwise. */
  #upAt: number | undefined;
  #downAt: number | undefined;
  /** When the SFU last had something to say. */
  #heardAt: number;
  #next: Next | undefined;
  #tries = 0;
  #stall: Stall = { tag: "idle" };
  /** How many packets have come, counted only in silence. */
  #packets: number | undefined;
  #counted = false;
  #verdict: SfuVerdict | undefined;

  constructor(options: StayOptions, now: number) {
    this.#options = options;
    this.#path = this.#begin("open", undefined);
    this.#since = this.#heardAt = now;
  }

  get path(): Path & { sfu: SfuPath } {
    return this.#path;
  }

  /** The connections have to be made anew: at once for the first time, and later after a while. */
  renew(begin: Beginning, now: number): void {
    if (this.#next !== undefined) return;
    const at = now + (this.#tries === 0 ? 0 : this.#options.retryDelay(this.#tries, SFU.retry));
    this.#tries++;
    this.#next = { at, begin, ticket: begin === "open" ? undefined : this.#path.sfu.ticket };
  }

  /** The SFU has said something. */
  hear(now: number): void {
    this.#heardAt = now;
  }

  /** The socket is another: what is under way goes on by it. */
  resume(now: number): void {
    this.#wait(now);
    this.#path.sfu.resume();
  }

  /** Lets time pass. */
  tend(now: number): void {
    const next = this.#next;
    if (next !== undefined && now >= next.at && this.#options.isOnline()) {
      this.#next = undefined;
      this.#path = this.#begin(next.begin, next.ticket);
      this.#since = now;
      this.#stall = { tag: "idle" };
    }
    this.#judge(now);
  }

  #judge(now: number): void {
    const { state } = this.#path.sfu;
    if (state === "connected") {
      this.#upAt ??= now;
      if (now - this.#upAt >= SFU.steadyMs) this.#downAt = undefined;
      return this.#watch(now);
    }
    this.#upAt = undefined;
    this.#downAt ??= now;
    if (!this.#options.isOnline()) this.#wait(now);
    // However often it is tried again meanwhile.
    if (this.#isLate(this.#downAt, now)) this.#tell("unreachable");
    // What is broken asks to be made anew by itself.
    if (state === "broken" || this.#next !== undefined) return;
    if (state === "connecting" && !this.#isLate(this.#since, now)) return;
    if (this.#tries > 0) this.#tell("unreachable");
    this.renew("open", now);
  }

  /** The time until now does not count. */
  #wait(now: number): void {
    this.#since = this.#heardAt = now;
    if (this.#downAt !== undefined) this.#downAt = now;
  }

  /** Whether it ought to have connected since then: words of the SFU's give it more time, but only once as much. */
  #isLate(since: number, now: number): boolean {
    const heardAt = Math.min(this.#heardAt, since + SFU.connectTimeoutMs);
    return now - Math.max(since, heardAt) >= SFU.connectTimeoutMs;
  }

  #watch(now: number): void {
    const path = this.#path;
    const moved = this.#options.seats.hasMoved(path, now) || this.#counted;
    this.#counted = false;
    const before = this.#stall.tag;
    this.#stall = watchStall(this.#stall, {
      limitMs: this.#options.seats.limitMs(path),
      moved,
      now,
    });
    path.stalled = this.#stall.tag === "stalled";
    const silentMs = silence(this.#stall, now);
    if (silentMs >= SFU.suspectMs) this.#count();
    else this.#packets = undefined;
    if (this.#stall.tag !== "stalled") {
      // The first packets of a path that was made because nothing came are still to come.
      const isSure = this.#stall.tag === "idle" || !this.#stall.first;
      if (isSure || this.#verdict !== "stalled") this.#tell("connected");
      if (isSure && now - this.#since >= SFU.connectTimeoutMs) this.#tries = 0;
      return;
    }
    // Where the node has gone as well, it is our network; which may be the matter here, too.
    if (before !== "stalled" && this.#options.isOnline()) this.#tell("stalled");
    if (silentMs >= SFU.renewStalledMs && this.#next === undefined) this.renew("again", now);
  }

  async #count(): Promise<void> {
    const { sfu } = this.#path;
    // A connection that closes under our hands has nothing more to say: no number is more than that.
    const packets = await sfu.received().catch(() => NaN);
    if (sfu !== this.#path.sfu) return;
    if (this.#packets !== undefined && packets > this.#packets) this.#counted = true;
    this.#packets = packets;
  }

  #begin(begin: Beginning, ticket: string | undefined): Path & { sfu: SfuPath } {
    const path = {
      sfu: this.#options.dial(begin, ticket, this),
      epoch: this.#options.epoch,
      stalled: false,
      isFed: true,
    };
    this.#options.begun(path);
    return path;
  }

  #tell(verdict: SfuVerdict): void {
    if (verdict === this.#verdict) return;
    this.#verdict = verdict;
    this.#options.told(verdict);
  }
}
