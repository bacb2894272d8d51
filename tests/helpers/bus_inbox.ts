import type { Bus, BusMessage, Subscription } from "../../lib/bus/mod.ts";

/** A message of a room that carries a number, and a text or as many bytes more. */
export function numbered(n: number, more: string | number = "", room = "r"): BusMessage {
  const frame = `${n} ${typeof more === "number" ? "x".repeat(more) : more}`;
  return { kind: "deliver", room: { tenant: "acme", id: room }, to: "p_a", frame, of: "signal" };
}

function numberOf(message: BusMessage): number {
  return message.kind === "deliver" ? parseInt(message.frame) : NaN;
}

const LIMIT_MS = 30_000;

/** An inbox that writes down what comes. */
export class BusInbox {
  readonly messages: BusMessage[] = [];
  missed = 0;
  readonly subscription: Subscription;
  readonly #watchers = new Set<() => void>();

  constructor(bus: Bus, readonly node: string) {
    this.subscription = bus.subscribe(node, {
      message: (message) => {
        this.messages.push(message);
        this.#notify();
      },
      missed: () => {
        this.missed++;
        this.#notify();
      },
    });
  }

  /** The numbers of what came, in order. */
  get numbers(): number[] {
    return this.messages.map(numberOf);
  }

  /** Resolves when it is so. @throws {Error} after 30 s. */
  until(what: string, isSo: (inbox: this) => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(
      () =>
        reject(
          new Error(
            `Expected ${what} within ${LIMIT_MS} ms: ${this.messages.length} messages came, missed ${this.missed} times`,
          ),
        ),
      LIMIT_MS,
    );
    const look = () => {
      if (isSo(this)) resolve();
    };
    this.#watchers.add(look);
    look();
    return promise.finally(() => {
      clearTimeout(timer);
      this.#watchers.delete(look);
    });
  }

  /** Resolves when so many messages have come. */
  async received(count: number): Promise<number[]> {
    await this.until(`${count} messages`, ({ messages }) => messages.length >= count);
    return this.numbers;
  }

  #notify(): void {
    for (const look of this.#watchers) look();
  }
}

/** An inbox that is open. */
export async function openInbox(bus: Bus, node: string): Promise<BusInbox> {
  const inbox = new BusInbox(bus, node);
  await inbox.subscription.ready;
  return inbox;
}
