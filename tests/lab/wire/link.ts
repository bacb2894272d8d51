/**
 * One direction of a wire as a queue, without clock and dice: times and random numbers come from outside.
 *
 * @module
 */
import { CLEAR, type Impairment } from "./impairment.ts";

/** What has become of packets so far. */
export interface Counters {
  /** Packets that came, and bytes. */
  came: number;
  bytes: number;
  /** Packets that got through. */
  passed: number;
  /** Lost on the way. */
  lost: number;
  /** Dropped because too many waited before them. */
  dropped: number;
}

interface Packet {
  readonly bytes: Uint8Array;
}

/** A packet on its way: sent, not yet there. */
interface InFlight extends Packet {
  readonly arrives: number;
}

/** First a queue for the line's turn (rate, limit), then the way itself (delay, jitter, reorder). Times in ms. */
export class Link {
  /** May be replaced at any time; what has been sent arrives as it was sent. */
  impairment: Impairment = CLEAR;
  readonly counters: Counters = { came: 0, bytes: 0, passed: 0, lost: 0, dropped: 0 };
  readonly #waiting: Packet[] = [];
  #waitingBytes = 0;
  #sending: (Packet & { readonly until: number }) | undefined;
  /** By arrival, the next one first. */
  readonly #flying: InFlight[] = [];
  #lastArrival = -Infinity;

  /** @param random gives numbers from 0 to below 1 */
  constructor(readonly random: () => number) {}

  /** A packet comes to the link. */
  put(bytes: Uint8Array, now: number): void {
    this.#advance(now);
    const { counters, impairment: { loss, rate, limit } } = this;
    counters.came++;
    counters.bytes += bytes.length;
    if (loss > 0 && this.random() * 100 < loss) return void counters.lost++;
    if (rate > 0 && this.#waitingBytes * 8 / rate > limit) return void counters.dropped++;
    this.#waiting.push({ bytes });
    this.#waitingBytes += bytes.length;
    if (this.#sending === undefined) this.#send(now);
  }

  /** What has arrived by now, in the order of arrival. */
  take(now: number): Uint8Array[] {
    this.#advance(now);
    const first = this.#flying.findIndex(({ arrives }) => arrives > now);
    const arrived = this.#flying.splice(0, first === -1 ? this.#flying.length : first);
    this.counters.passed += arrived.length;
    return arrived.map(({ bytes }) => bytes);
  }

  /** When there is something to do next; Infinity when nothing is on its way. */
  get next(): number {
    return Math.min(this.#sending?.until ?? Infinity, this.#flying[0]?.arrives ?? Infinity);
  }

  /** Does what was due until now. */
  #advance(now: number): void {
    while (this.#sending !== undefined && this.#sending.until <= now) {
      const { bytes, until } = this.#sending;
      this.#fly(bytes, until);
      this.#sending = undefined;
      this.#send(until);
    }
  }

  /** The line is free: the next one's turn. */
  #send(now: number): void {
    const packet = this.#waiting.shift();
    if (packet === undefined) return;
    this.#waitingBytes -= packet.bytes.length;
    const { rate } = this.impairment;
    // kbit/s are bits per ms.
    const until = now + (rate > 0 ? packet.bytes.length * 8 / rate : 0);
    this.#sending = { ...packet, until };
    this.#advance(now);
  }

  #fly(bytes: Uint8Array, now: number): void {
    const { delay, jitter, reorder } = this.impairment;
    if (reorder > 0 && this.random() * 100 < reorder) return this.#insert({ bytes, arrives: now });
    const spread = jitter > 0 ? (this.random() * 2 - 1) * jitter : 0;
    const arrives = Math.max(this.#lastArrival, now + Math.max(0, delay + spread));
    this.#lastArrival = arrives;
    this.#insert({ bytes, arrives });
  }

  #insert(packet: InFlight): void {
    const after = this.#flying.findLastIndex(({ arrives }) => arrives <= packet.arrives);
    this.#flying.splice(after + 1, 0, packet);
  }
}
