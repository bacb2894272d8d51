/**
 * How what links carry reaches somebody when the service does not: by the pair's own channel, or, in a sealed box and
 * signals only, by way of another participant, who passes it on once.
 *
 * @module
 */
import { initiates } from "../../../lib/initiator.ts";
import { type Bucket, bucket, take, waitMs } from "../../bucket.ts";
import type { Clock } from "../../clock.ts";
import type { LinkKind } from "../../link.ts";
import { importKey, newKey, open, seal } from "./boxes.ts";
import { type Frame, type LinkFrame, parseContent } from "./frames.ts";
import { BYWAY } from "./policy.ts";

/** The channels, see lines.ts. */
export interface BywaysLines {
  isFresh(id: string): boolean;
  send(id: string, frame: Frame): boolean;
  sendText(id: string, text: string): boolean;
}

export interface BywaysPort {
  readonly self: string;
  readonly lines: BywaysLines;
  /** Everybody else in the room. */
  others(): Iterable<string>;
  /** Something has come of somebody, whom the service may not reach. */
  deliver(from: string, frame: LinkFrame): void;
  /** Somebody speaks by another way than the service, who did not lately. */
  turned(from: string): void;
}

interface Known {
  /** What only the two of us know; the text is kept by who made it. */
  key?: CryptoKey;
  text?: string;
  /** When it last spoke by another way than the service, and by way of whom, if not by its own channel. */
  spokeAt: number;
  relay?: string;
  /** Numbers of the boxes made for it and opened of it: none is opened again, nor one that is older. */
  sealed: number;
  opened: number;
  /** What may be passed on for it, and taken of it. */
  passed: Bucket;
  taken: Bucket;
}

export class Byways {
  readonly #port: BywaysPort;
  readonly #now: Clock;
  readonly #known = new Map<string, Known>();
  /** Which others were asked last to pass something on. */
  #turn = 0;

  constructor(port: BywaysPort, now: Clock) {
    this.#port = port;
    this.#now = now;
  }

  /** The channel to somebody stands: one of the two makes a key, and tells it by each new channel. */
  opened(id: string): void {
    const { self, lines } = this.#port;
    if (!initiates(self, id)) return;
    const known = this.#of(id);
    known.text ??= newKey();
    lines.send(id, { type: "key", key: known.text });
    this.#learn(id, known.text);
  }

  handle(from: string, frame: Frame): void {
    switch (frame.type) {
      case "signal":
      case "message":
        return this.#deliver(from, frame, undefined);
      case "key":
        if (!initiates(this.#port.self, from)) this.#learn(from, frame.key);
        return;
      case "relay":
        return this.#pass(from, frame.to, frame.box);
      case "relayed":
        this.#open(from, frame.from, frame.box);
        return;
    }
  }

  /** Whether something of this kind can be sent to somebody without the service. */
  reaches(to: string, type: LinkKind): boolean {
    if (this.#port.lines.isFresh(to)) return true;
    return type === "signal" && this.#known.get(to)?.key !== undefined &&
      this.#relays(to).length > 0;
  }

  /** Whether somebody spoke lately by another way than the service, and so is to be answered by it too. */
  speaks(id: string): boolean {
    const known = this.#known.get(id);
    return known !== undefined && this.#now() - known.spokeAt < BYWAY.recentMs;
  }

  /** Sends a link's frame, as far as it can; `payload` is JSON text. */
  carry(to: string, type: LinkKind, payload: string): void {
    const text = `{"type":"${type}","data":${payload}}`;
    if (this.#port.lines.sendText(to, text) || type !== "signal") return;
    const other = this.#known.get(to);
    if (other?.key === undefined) return;
    const { key, relay } = other;
    // Goes up also over a reload of the page.
    other.sealed = Math.max(Date.now(), other.sealed + 1);
    const relays = this.#relays(to);
    const known = relays.indexOf(relay!);
    const first = known < 0 ? this.#turn++ : known;
    const chosen = relays.map((_, i) => relays[(first + i) % relays.length]!).slice(
      0,
      BYWAY.relays,
    );
    const content = `{"number":${other.sealed},"frame":${text}}`;
    seal(key, { from: this.#port.self, to }, content).then((box) => {
      for (const one of chosen) this.#port.lines.send(one, { type: "relay", to, box });
    });
  }

  remove(id: string): void {
    this.#known.delete(id);
  }

  #of(id: string): Known {
    const known = this.#known.get(id) ?? {
      spokeAt: -Infinity,
      sealed: 0,
      opened: 0,
      passed: bucket(BYWAY.relayBurst, BYWAY.relaysPerSecond, this.#now()),
      taken: bucket(BYWAY.takenBurst, BYWAY.takenPerSecond, this.#now()),
    };
    this.#known.set(id, known);
    return known;
  }

  #relays(to: string): string[] {
    return [...this.#port.others()].filter((id) => id !== to && this.#port.lines.isFresh(id));
  }

  async #learn(id: string, text: string): Promise<void> {
    const key = await importKey(text).catch(() => undefined);
    if (key !== undefined) this.#of(id).key = key;
  }

  /** One frame for one, only of those to whom we have a channel, to those to whom we have one. */
  #pass(from: string, to: string, box: string): void {
    const { lines, self } = this.#port;
    const known = this.#of(from);
    const now = this.#now();
    if (to === from || to === self || box.length > BYWAY.relayLength) return;
    if (waitMs(known.passed, now) > 0) return;
    known.passed = take(known.passed, now, Math.max(1, Math.ceil(box.length / BYWAY.relayUnit)));
    lines.send(to, { type: "relayed", from, box });
  }

  async #open(relay: string, from: string, box: string): Promise<void> {
    const known = this.#known.get(from);
    if (known?.key === undefined) return;
    const text = await open(known.key, { from, to: this.#port.self }, box).catch(() => undefined);
    const { number, frame } = parseContent(text) ?? {};
    if (number === undefined || number <= known.opened) return;
    known.opened = number;
    // Whatever else may go by channels concerns the two ends of one.
    if (frame?.type === "signal") this.#deliver(from, frame, relay);
  }

  #deliver(from: string, frame: LinkFrame, relay: string | undefined): void {
    const known = this.#of(from);
    const now = this.#now();
    // What is dropped comes again.
    if (waitMs(known.taken, now) > 0) return;
    known.taken = take(known.taken, now);
    const turned = !this.speaks(from);
    known.spokeAt = now;
    known.relay = relay;
    this.#port.deliver(from, frame);
    if (turned) this.#port.turned(from);
  }
}
