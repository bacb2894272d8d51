/**
 * A reliable link to one participant: both halves of go-back-N over frames that may be lost, doubled or late.
 * No clock, no timer, no input or output here: time comes in as an argument, frames go out as return values.
 *
 * Items are numbered from 1. A data frame carries consecutive items from number `seq`, and `base`, the lowest
 * number that will ever be sent again: a receiver behind it skips what the sender has given up.
 * An acknowledgement is the highest number received in order.
 *
 * @module
 */
import type { Random } from "./backoff.ts";
import { LINK } from "./policy.ts";

/** What a link carries: the mesh's own signals, or the application's messages. */
export type LinkKind = "signal" | "message";

/** The payload of a data frame. */
export interface DataPayload {
  seq: number;
  base: number;
  items: unknown[];
}

/** The payload of an acknowledgement; it always travels in a `signal` frame. */
export interface AckPayload {
  ack: number;
  of: LinkKind;
}

const isNumber = (value: unknown): value is number => Number.isSafeInteger(value);

/** Reads what a stranger sent; `undefined` if it is neither. */
export function parsePayload(data: unknown): DataPayload | AckPayload | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const { seq, base, items, ack, of } = data as Record<string, unknown>;
  if (isNumber(seq) && isNumber(base) && base >= 1 && base <= seq && Array.isArray(items)) {
    return { seq, base, items };
  }
  if (isNumber(ack) && ack >= 0 && (of === "signal" || of === "message")) return { ack, of };
  return undefined;
}

interface Item<Tag> {
  readonly json: string;
  readonly tag: Tag;
}

/** The sending half. `Tag` is whatever the caller wants back when an item has arrived or is given up. */
export class Sender<Tag> {
  readonly #random: Random;
  /** Not yet acknowledged; the first has number `#base`. */
  #items: Item<Tag>[] = [];
  #base = 1;
  /** Number of the item that goes next; below it, all are on their way. */
  #cursor = 1;
  /** Highest number ever sent. */
  #sent = 0;
  #inFlight = 0;
  #deadline: number | undefined;
  #timed: { seq: number; at: number } | undefined;
  #smoothed: { mean: number; deviation: number } | undefined;
  #backoff = 1;
  /** To which item we went back before its time; once for each is enough. */
  #wentBackTo = 0;

  constructor(random: Random = Math.random) {
    this.#random = random;
  }

  /** Items that have not been acknowledged. */
  get pending(): number {
    return this.#items.length;
  }

  /** When {@linkcode tick} wants to be called; `undefined`: no need. */
  get deadline(): number | undefined {
    return this.#deadline;
  }

  push(json: string, tag: Tag): void {
    this.#items.push({ json, tag });
  }

  /** Whether {@linkcode next} would give a frame. */
  get ready(): boolean {
    const item = this.#items[this.#cursor - this.#base];
    return item !== undefined &&
      (this.#inFlight === 0 || this.#inFlight + item.json.length <= LINK.windowLength);
  }

  /** The JSON text of the next data payload that may go now; `undefined`: nothing to send, or the window is full. */
  next(now: number): string | undefined {
    if (!this.ready) return undefined;
    const seq = this.#cursor;
    const batch: string[] = [];
    let length = 0;
    while (this.ready) {
      const { json } = this.#items[this.#cursor - this.#base]!;
      if (batch.length > 0 && length + json.length > LINK.batchLength) break;
      batch.push(json);
      length += json.length + 1;
      this.#inFlight += json.length;
      this.#cursor++;
    }
    // Only what was never sent before is timed: an answer to a repeated one is ambiguous (Karn).
    if (this.#timed === undefined && seq > this.#sent) {
      this.#timed = { seq: this.#cursor - 1, at: now };
    }
    this.#sent = Math.max(this.#sent, this.#cursor - 1);
    this.#deadline ??= now + this.#timeout();
    return `{"seq":${seq},"base":${this.#base},"items":[${batch.join(",")}]}`;
  }

  /** Takes an acknowledgement in; returns the tags of what has arrived by it. */
  acknowledge(ack: number, now: number): Tag[] {
    if (ack > this.#sent) return [];
    if (ack < this.#base) {
      // The receiver repeats itself: it misses what follows. Do not wait for the time-out.
      if (ack === this.#base - 1) this.repeat();
      return [];
    }
    if (this.#timed !== undefined && this.#timed.seq <= ack) {
      this.#measure(now - this.#timed.at);
      this.#timed = undefined;
    }
    const arrived = this.#items.splice(0, ack - this.#base + 1);
    for (const [index, { json }] of arrived.entries()) {
      if (this.#base + index < this.#cursor) this.#inFlight -= json.length;
    }
    this.#base = ack + 1;
    this.#cursor = Math.max(this.#cursor, this.#base);
    this.#backoff = 1;
    this.#deadline = this.#cursor > this.#base ? now + this.#timeout() : undefined;
    return arrived.map(({ tag }) => tag);
  }

  /** Lets time pass: what was not acknowledged in time will be sent again. */
  tick(now: number): void {
    if (this.#deadline === undefined || now < this.#deadline) return;
    this.#backoff = Math.min(this.#backoff * 2, 16);
    this.#wentBackTo = 0;
    this.#goBack();
  }

  /** Something speaks for it that what is on its way has not arrived: it goes again, but only once. */
  repeat(): void {
    if (this.#inFlight === 0 || this.#wentBackTo === this.#base) return;
    this.#wentBackTo = this.#base;
    this.#goBack();
  }

  /** The path is new (our socket, or theirs): everything unacknowledged goes again, now. */
  restart(): void {
    this.#backoff = 1;
    this.#wentBackTo = 0;
    this.#goBack();
  }

  /** Gives up what has not arrived; returns its tags. The numbers are not used again. */
  drop(): Tag[] {
    const dropped = this.#items.map(({ tag }) => tag);
    this.#base += this.#items.length;
    this.#items = [];
    this.#goBack();
    return dropped;
  }

  #goBack(): void {
    this.#cursor = this.#base;
    this.#inFlight = 0;
    this.#timed = undefined;
    this.#deadline = undefined;
  }

  /** RFC 6298 §2, with its constants. */
  #measure(sample: number): void {
    const { mean, deviation } = this.#smoothed ?? { mean: sample, deviation: sample / 2 };
    this.#smoothed = {
      mean: mean + (sample - mean) / 8,
      deviation: deviation + (Math.abs(sample - mean) - deviation) / 4,
    };
  }

  #timeout(): number {
    const measured = this.#smoothed === undefined
      ? LINK.firstTimeoutMs
      : this.#smoothed.mean + 4 * this.#smoothed.deviation + LINK.ackDelayMs;
    const backedOff = Math.max(LINK.minTimeoutMs, measured) * this.#backoff;
    return Math.min(LINK.maxTimeoutMs, backedOff) * (1 + this.#random() / 2);
  }
}

/** The receiving half. */
export class Receiver {
  #expected = 1;
  #covered = 0;
  #ackAt: number | undefined;
  /** When what brings nothing new may be acknowledged again. */
  #againAt = -Infinity;

  /** When {@linkcode takeAck} is due; `undefined`: nothing to acknowledge. */
  get ackAt(): number | undefined {
    return this.#ackAt;
  }

  /** Takes a data payload in; returns the items that are new, in order. */
  receive({ seq, base, items }: DataPayload, now: number): unknown[] {
    this.#expected = Math.max(this.#expected, base);
    const fresh = seq > this.#expected ? [] : items.slice(this.#expected - seq);
    this.#expected += fresh.length;
    this.#covered += fresh.length;
    this.#ackAt = Math.min(this.#ackAt ?? Infinity, this.#dueAt(fresh.length > 0, now));
    return fresh;
  }

  #dueAt(isNew: boolean, now: number): number {
    if (isNew) return this.#covered >= LINK.ackEvery ? now : now + LINK.ackDelayMs;
    // Somebody may repeat for ever what has long arrived: the answers to it are not to take the place of messages.
    const at = Math.max(now, this.#againAt);
    this.#againAt = at === now ? now + LINK.ackAgainMs : this.#againAt;
    return at;
  }

  /** The number to acknowledge; afterwards nothing is due. */
  takeAck(): number {
    this.#ackAt = undefined;
    this.#covered = 0;
    return this.#expected - 1;
  }
}
