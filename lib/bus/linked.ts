/**
 * A bus over one connection that can break: NATS and RabbitMQ. It connects again by itself; each adapter only says
 * what one connection is.
 *
 * @module
 */
import { keepOpen, type Opened } from "./keep_open.ts";
import { type Bus, BusAwayError, type BusMessage, type Inbox, type Subscription } from "./mod.ts";
import type { BusPolicy } from "./policy.ts";
import { Receiver } from "./receiver.ts";
import { checkNode, Sender } from "./sender.ts";
import { UnderWay } from "./under_way.ts";
import { TimeoutError, within } from "./within.ts";

/** One connection to a carrier, from its opening to its end. */
export interface Link extends Opened {
  /** Sends at once; resolves when the carrier has it. */
  send(node: string, text: string): Promise<void>;
  /** Opens an inbox; resolves when nothing sent from now on is lost. The answer closes it. */
  listen(node: string, hear: (text: string) => void): Promise<() => Promise<void>>;
}

export interface LinkedBusOptions {
  /** For people: the carrier and where it is, without credentials. */
  name: string;
  /** Connects; lets go of everything when it fails or the signal is aborted. */
  connect(signal: AbortSignal): Promise<Link>;
  policy: BusPolicy;
}

/** An inbox that is wanted open. */
interface Wanted {
  readonly node: string;
  readonly receiver: Receiver;
  readonly ready: PromiseWithResolvers<void>;
  /** Whether a try to have it open failed, or it was open and is not. */
  gap: boolean;
  /** Closes it: only while it is open. */
  stop?: () => Promise<void>;
}

type State = { kind: "up"; link: Link } | { kind: "down"; reason: string };

export class LinkedBus implements Bus {
  readonly #options: LinkedBusOptions;
  readonly #wanted = new Set<Wanted>();
  readonly #underWay = new UnderWay();
  readonly #sender: Sender;
  readonly #stop: () => Promise<void>;
  #state: State = { kind: "down", reason: "the first connection is being made" };

  constructor(options: LinkedBusOptions) {
    this.#options = options;
    const { policy } = options;
    this.#sender = new Sender((node, text) => this.#carry(node, text), policy);
    this.#stop = keepOpen({
      open: (signal) => this.#open(signal),
      opened: (link) => this.#opened(link),
      away: (reason) => this.#away(reason),
      backoff: policy.backoff,
    });
  }

  get state(): "up" | "down" {
    return this.#state.kind;
  }

  get reason(): string {
    return this.#state.kind === "up" ? "" : `${this.#options.name}: ${this.#state.reason}`;
  }

  publish(node: string, message: BusMessage): Promise<void> {
    return this.#sender.publish(node, message);
  }

  subscribe(node: string, inbox: Inbox): Subscription {
    checkNode(node);
    const ready = Promise.withResolvers<void>();
    const wanted: Wanted = { node, receiver: new Receiver(inbox), ready, gap: false };
    this.#wanted.add(wanted);
    if (this.#state.kind === "up") this.#listenLate(this.#state.link, wanted);
    return {
      ready: ready.promise,
      close: async () => {
        this.#wanted.delete(wanted);
        ready.resolve();
        await wanted.stop?.();
      },
    };
  }

  /** A connection of its own tells by itself. */
  check(): void {}

  async close(): Promise<void> {
    const stopped = this.#stop();
    this.#away(new Error("it was closed"));
    for (const { ready } of this.#wanted) ready.resolve();
    this.#wanted.clear();
    await stopped;
  }

  async #open(signal: AbortSignal): Promise<Link> {
    const { connect, policy: { openTimeoutMs }, name } = this.#options;
    const link = await connect(signal);
    try {
      const all = Promise.all([...this.#wanted].map((wanted) => this.#listen(link, wanted)));
      await within(all, openTimeoutMs, `open the inboxes on ${name}`);
    } catch (error) {
      await link.close();
      throw error;
    }
    return link;
  }

  #opened(link: Link): void {
    this.#state = { kind: "up", link };
    for (const wanted of this.#wanted) {
      if (wanted.stop) this.#tell(wanted);
      else this.#listenLate(link, wanted);
    }
  }

  #away(reason: Error): void {
    this.#state = { kind: "down", reason: reason.message };
    for (const wanted of this.#wanted) {
      wanted.gap = true;
      wanted.stop = undefined;
    }
    this.#underWay.fail(this.#error(reason.message));
  }

  async #listen(link: Link, wanted: Wanted): Promise<void> {
    const stop = await link.listen(wanted.node, (text) => {
      if (this.#wanted.has(wanted)) wanted.receiver.hear(text);
    });
    if (!this.#wanted.has(wanted)) return await stop();
    wanted.stop = stop;
  }

  /** It is open, and what it answers can be sent. */
  #tell(wanted: Wanted): void {
    wanted.ready.resolve();
    if (wanted.gap) wanted.receiver.missed();
    wanted.gap = false;
  }

  /** On a connection that others use already: all begins anew when it fails. */
  #listenLate(link: Link, wanted: Wanted): void {
    const { policy: { openTimeoutMs }, name } = this.#options;
    within(this.#listen(link, wanted), openTimeoutMs, `open an inbox on ${name}`)
      .then(() => this.#tell(wanted), () => link.close());
  }

  async #carry(node: string, text: string): Promise<void> {
    if (this.#state.kind === "down") throw this.#error(this.#state.reason);
    const { link } = this.#state;
    const { sendTimeoutMs } = this.#options.policy;
    try {
      await this.#underWay.track(link.send(node, text), sendTimeoutMs, `send to node ${node}`);
    } catch (error) {
      if (error instanceof BusAwayError) throw error;
      // A connection that does not answer may never again: a new one tells.
      if (error instanceof TimeoutError) link.close();
      throw this.#error(error instanceof Error ? error.message : String(error));
    }
  }

  #error(why: string): BusAwayError {
    return new BusAwayError(
      `Cannot send over ${this.#options.name}: ${why}; expected it to be connected and to answer`,
    );
  }
}
