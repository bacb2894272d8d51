import { memoryBus } from "../../lib/bus/memory.ts";
import type { Bus, BusMessage, Inbox, Subscription } from "../../lib/bus/mod.ts";

/** A bus that loses what it is told to lose, as one whose connection breaks. */
export class LossyBus implements Bus {
  readonly state = "up";
  readonly reason = "";
  readonly #inner = memoryBus();
  readonly #inboxes = new Map<string, Inbox>();
  /** Whether a message is lost. */
  loses: (message: BusMessage) => boolean = () => false;

  publish(node: string, message: BusMessage): Promise<void> {
    return this.loses(message) ? Promise.resolve() : this.#inner.publish(node, message);
  }

  subscribe(node: string, inbox: Inbox): Subscription {
    this.#inboxes.set(node, inbox);
    return this.#inner.subscribe(node, inbox);
  }

  check(): void {}

  close(): Promise<void> {
    return this.#inner.close();
  }

  /** Tells a node that it may have missed something, as when its connection is back. */
  reconnect(node: string): void {
    this.#inboxes.get(node)!.missed();
  }
}
