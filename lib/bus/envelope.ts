/**
 * What is round a message on its way: who sent it and which one it is, so that the receiver sees what was lost and
 * drops what came twice, whatever the carrier did.
 *
 * On the wire: `m <sender> <number> <message as JSON>`. It is never JSON as a whole, because @upstash/redis parses
 * what it can by itself.
 *
 * @module
 */

/** One message as it came. */
export interface Envelope {
  /** Drawn at random by the sender when it started. */
  readonly from: string;
  /** Counts, from 1, what this sender sent to this receiver. */
  readonly n: number;
  /** The message as JSON. */
  readonly body: string;
}

const ENVELOPE = /^m ([0-9a-z]+) ([1-9]\d{0,15}) /;

/** The text for the wire. */
export function seal({ from, n, body }: Envelope): string {
  return `m ${from} ${n} ${body}`;
}

/** The envelope of a text, or `undefined` for what is none. */
export function open(text: string): Envelope | undefined {
  const match = ENVELOPE.exec(text);
  if (!match) return undefined;
  return { from: match[1]!, n: Number(match[2]), body: text.slice(match[0].length) };
}

/** The sending side: numbers for each receiver. */
export class Numbering {
  #from: string;
  readonly #last = new Map<string, number>();

  /** `newName` draws a name for the sender; beyond `receivers` it begins again under another, so that none of its numbers comes twice. */
  constructor(readonly newName: () => string, readonly receivers = 10_000) {
    this.#from = newName();
  }

  next(receiver: string): { from: string; n: number } {
    const last = this.#last.get(receiver);
    if (last === undefined && this.#last.size >= this.receivers) {
      this.#last.clear();
      this.#from = this.newName();
    }
    const n = (last ?? 0) + 1;
    this.#last.set(receiver, n);
    return { from: this.#from, n };
  }
}

/** What the number of a message says. `after_gap`: others were lost before it. */
export type Sighting = "next" | "after_gap" | "seen";

/** The receiving side: what came last from each sender. */
export class Sightings {
  readonly #last = new Map<string, number>();

  /** Beyond `senders`, the one that was silent longest is forgotten. */
  constructor(readonly senders = 10_000) {}

  see({ from, n }: { from: string; n: number }): Sighting {
    const last = this.#last.get(from) ?? 0;
    if (n <= last) return "seen";
    this.#last.delete(from);
    this.#last.set(from, n);
    if (this.#last.size > this.senders) this.#last.delete(this.#last.keys().next().value!);
    return n === last + 1 ? "next" : "after_gap";
  }
}
