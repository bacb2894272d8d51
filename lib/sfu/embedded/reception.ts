import { after16 } from "./bytes.ts";
import type { ReportBlock, SenderClock } from "./rtcp.ts";

/** What a receiver report says of one stream (RFC 3550 §6.4.1, appendices A.3 and A.8). Times in ms. */
export class Reception {
  #first: number | undefined;
  /** With the number of times that the sequence numbers have begun again. */
  #highest = 0;
  #received = 0;
  #before = { expected: 0, received: 0 };
  #jitter = 0;
  #transit: number | undefined;
  #clock: { clock: SenderClock; at: number } | undefined;

  constructor(readonly clockRate: number) {}

  /** What the sender last said of its time, and when that came. */
  get clock(): { readonly clock: SenderClock; readonly at: number } | undefined {
    return this.#clock;
  }

  note({ sequence, timestamp }: { sequence: number; timestamp: number }, now: number): void {
    this.#received++;
    if (this.#first === undefined) this.#first = this.#highest = sequence;
    const ahead = after16(sequence, this.#highest & 0xffff);
    if (ahead > 0) this.#highest += ahead;
    const transit = (now * this.clockRate / 1_000 - timestamp) | 0;
    const change = this.#transit === undefined ? 0 : Math.abs((transit - this.#transit) | 0);
    this.#transit = transit;
    // A jump, as after a silence, is not jitter.
    if (change < this.clockRate) this.#jitter += (change - this.#jitter) / 16;
  }

  sender(clock: SenderClock, now: number): void {
    this.#clock = { clock, at: now };
  }

  /** Undefined before the first packet. */
  report(ssrc: number, now: number): ReportBlock | undefined {
    if (this.#first === undefined) return undefined;
    const expected = this.#highest - this.#first + 1;
    const interval = expected - this.#before.expected;
    const lost = Math.max(0, interval - (this.#received - this.#before.received));
    this.#before = { expected, received: this.#received };
    const clock = this.#clock;
    return {
      ssrc,
      fractionLost: interval > 0 ? Math.min(255, Math.floor(lost * 256 / interval)) : 0,
      lost: Math.max(0, expected - this.#received),
      highest: this.#highest >>> 0,
      jitter: Math.floor(this.#jitter),
      lastReport: clock === undefined
        ? 0
        : (((clock.clock.seconds & 0xffff) << 16) | (clock.clock.fraction >>> 16)) >>> 0,
      sinceLastReport: clock === undefined ? 0 : Math.round((now - clock.at) * 65.536),
    };
  }
}
