import { type Bus, BusAwayError, type BusMessage, type Inbox, type Subscription } from "./mod.ts";
import { BUS_POLICY } from "./policy.ts";
import { Receiver } from "./receiver.ts";
import { checkNode, Sender } from "./sender.ts";

/** Inboxes in this process's memory: for one node, and for tests of several. */
export function memoryBus(): Bus {
  return new MemoryBus();
}

class MemoryBus implements Bus {
  readonly #inboxes = new Map<string, Receiver>();
  readonly #sender = new Sender((node, text) => this.#carry(node, text), BUS_POLICY);
  #state: "up" | "down" = "up";

  get state(): "up" | "down" {
    return this.#state;
  }

  get reason(): string {
    return this.#state === "up" ? "" : "the bus was closed";
  }

  publish(node: string, message: BusMessage): Promise<void> {
    return this.#sender.publish(node, message);
  }

  subscribe(node: string, inbox: Inbox): Subscription {
    checkNode(node);
    const receiver = new Receiver(inbox);
    this.#inboxes.set(node, receiver);
    return {
      ready: Promise.resolve(),
      close: () => {
        if (this.#inboxes.get(node) === receiver) this.#inboxes.delete(node);
        return Promise.resolve();
      },
    };
  }

  check(): void {}

  close(): Promise<void> {
    this.#state = "down";
    this.#inboxes.clear();
    return Promise.resolve();
  }

  async #carry(node: string, text: string): Promise<void> {
    if (this.#state === "down") {
      throw new BusAwayError(`Cannot send to node ${node}: the bus was closed; expected it open`);
    }
    // Later, as over a network, so that no one can lean on it being synchronous.
    await Promise.resolve();
    this.#inboxes.get(node)?.hear(text);
  }
}
