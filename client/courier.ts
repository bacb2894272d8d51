/**
 * Carries signals and messages to and from every participant, each over a reliable link (link.ts),
 * at the pace at which the socket takes frames.
 *
 * @module
 */
import type { Random } from "./backoff.ts";
import { type Clock, monotonic } from "./clock.ts";
import { type AckPayload, type LinkKind, parsePayload, Receiver, Sender } from "./link.ts";
import { EARLY } from "./policy.ts";

/** What became of an item. */
export type Outcome = "arrived" | "left" | "closed";

/** The ways to the others, as the courier sees them. */
export interface CourierPort {
  /** Whether a frame may go to somebody now. When this turns true again, {@linkcode Courier.pump} is to be called. */
  ready(to: string, type: LinkKind): boolean;
  /** Sends one frame; `payload` is JSON text. */
  send(type: LinkKind, to: string, payload: string): void;
  /** An item has come, once and in order. */
  deliver(from: string, kind: LinkKind, item: unknown): void;
}

type Settle = (outcome: Outcome) => void;

interface Half {
  readonly sender: Sender<Settle>;
  readonly receiver: Receiver;
}

interface Link extends Record<LinkKind, Half> {
  /** `parked`: it left; the numbers are kept, for the same id may come back. */
  state: "present" | "parked";
}

const KINDS = ["signal", "message"] as const;

export class Courier {
  readonly #port: CourierPort;
  readonly #now: Clock;
  readonly #random: Random | undefined;
  readonly #links = new Map<string, Link>();
  readonly #early = new Map<string, { kind: LinkKind; data: unknown }[]>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pumping: "idle" | "planned" | "closed" = "idle";

  constructor(port: CourierPort, options: { now?: Clock; random?: Random } = {}) {
    this.#port = port;
    this.#now = options.now ?? monotonic;
    this.#random = options.random;
  }

  /** Someone is here. */
  add(id: string): void {
    const link = this.#links.get(id);
    if (link === undefined) {
      this.#links.set(id, { state: "present", signal: this.#half(), message: this.#half() });
    } else link.state = "present";
    this.restart(id);
  }

  /** Delivers what came from someone before it was known. */
  catchUp(id: string): void {
    const early = this.#early.get(id) ?? [];
    this.#early.delete(id);
    for (const { kind, data } of early) this.handle(id, kind, data);
  }

  /** Someone has left: what is on its way to it is given up. */
  park(id: string): void {
    const link = this.#links.get(id);
    if (link === undefined) return;
    link.state = "parked";
    for (const kind of KINDS) {
      for (const settle of link[kind].sender.drop()) settle("left");
    }
  }

  /** The path to one participant is new, or (without `id`) to all: what is unacknowledged goes again. */
  restart(id?: string): void {
    for (const [other, link] of this.#links) {
      if (id !== undefined && id !== other) continue;
      for (const kind of KINDS) link[kind].sender.restart();
    }
    this.#plan();
  }

  /** The path to one participant may be new: what is on its way goes again, but only once. */
  repeat(id: string): void {
    const link = this.#links.get(id);
    for (const kind of KINDS) link?.[kind].sender.repeat();
    this.#plan();
  }

  /** We are someone else from now on: all numbers start anew. */
  reset(): void {
    for (const id of this.#links.keys()) this.park(id);
    this.#links.clear();
    this.#early.clear();
  }

  /** Sends JSON text; resolves when it has arrived or cannot any more. */
  push(to: string, kind: LinkKind, json: string): Promise<Outcome> {
    const link = this.#links.get(to);
    if (this.#pumping === "closed") return Promise.resolve("closed");
    if (link?.state !== "present") return Promise.resolve("left");
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    link[kind].sender.push(json, resolve);
    this.#plan();
    return promise;
  }

  /** Takes the data of a `signal` or `message` frame in. */
  handle(from: string, type: LinkKind, data: unknown): void {
    const link = this.#links.get(from);
    if (link === undefined) return this.#keepEarly(from, type, data);
    const payload = parsePayload(data);
    if (payload === undefined || link.state === "parked") return;
    if ("ack" in payload) {
      const arrived = link[payload.of].sender.acknowledge(payload.ack, this.#now());
      for (const settle of arrived) settle("arrived");
    } else {
      const fresh = link[type].receiver.receive(payload, this.#now());
      for (const item of fresh) this.#port.deliver(from, type, item);
    }
    this.#plan();
  }

  /** Sends what may go: signals before acknowledgements before messages, everyone in turn. */
  pump(): void {
    if (this.#pumping === "closed") return;
    this.#pumping = "idle";
    const now = this.#now();
    const links = [...this.#links].filter(([, { state }]) => state === "present");
    for (const [, link] of links) {
      for (const kind of KINDS) link[kind].sender.tick(now);
    }
    this.#sendData(links, "signal", now);
    this.#sendAcks(links, now);
    this.#sendData(links, "message", now);
    this.#wake(links, now);
  }

  /** Gives everything up. */
  close(): void {
    this.#pumping = "closed";
    clearTimeout(this.#timer);
    for (const link of this.#links.values()) {
      for (const kind of KINDS) {
        for (const settle of link[kind].sender.drop()) settle("closed");
      }
    }
  }

  #half(): Half {
    return { sender: new Sender(this.#random), receiver: new Receiver() };
  }

  /** The roster may be a moment behind the first signal; without a bound, strangers could fill the memory. */
  #keepEarly(from: string, kind: LinkKind, data: unknown): void {
    const frames = this.#early.get(from) ?? [];
    if (frames.length >= EARLY.framesEach) return;
    if (frames.length === 0 && this.#early.size >= EARLY.participants) return;
    frames.push({ kind, data });
    this.#early.set(from, frames);
  }

  #sendData(links: [string, Link][], kind: LinkKind, now: number): void {
    let waiting = links;
    while (waiting.length > 0) {
      const more: typeof links = [];
      for (const entry of waiting) {
        const [id, link] = entry;
        if (!link[kind].sender.ready || !this.#port.ready(id, kind)) continue;
        const payload = link[kind].sender.next(now);
        if (payload === undefined) continue;
        this.#port.send(kind, id, payload);
        more.push(entry);
      }
      waiting = more;
    }
  }

  #sendAcks(links: [string, Link][], now: number): void {
    for (const [id, link] of links) {
      for (const of of KINDS) {
        const { receiver } = link[of];
        if (receiver.ackAt === undefined || receiver.ackAt > now) continue;
        if (!this.#port.ready(id, "signal")) break;
        const payload: AckPayload = { ack: receiver.takeAck(), of };
        this.#port.send("signal", id, JSON.stringify(payload));
      }
    }
  }

  /** One pump for all that happens in this turn, so that small items share a frame. */
  #plan(): void {
    if (this.#pumping !== "idle") return;
    this.#pumping = "planned";
    queueMicrotask(() => this.pump());
  }

  #wake(links: [string, Link][], now: number): void {
    clearTimeout(this.#timer);
    const due = links.flatMap(([id, link]) =>
      KINDS.flatMap((kind) => {
        const ats = [link[kind].sender.deadline, link[kind].receiver.ackAt];
        // Where nothing can go there is no use in waking: `pump` is called when it can.
        return this.#port.ready(id, "signal") ? ats : [];
      })
    ).filter((at) => at !== undefined);
    if (due.length === 0) return;
    this.#timer = setTimeout(() => this.pump(), Math.max(0, Math.min(...due) - now));
  }
}
