/**
 * How everybody's call in a room goes: each node knows it of its own people, and asks the others when it is asked.
 *
 * @module
 */
import type { Bus, BusMessage } from "./bus/mod.ts";
import type { Counters } from "./counters.ts";
import { randomId } from "./ids.ts";
import { POLICY } from "./policy.ts";
import type { Qualities, QualityOf } from "./quality.ts";
import { activeNodesOf, type RoomState } from "./room_state.ts";
import type { Rooms } from "./rooms.ts";

export interface ExchangeParts {
  /** This node's name. */
  node: string;
  rooms: Rooms;
  qualities: Qualities;
  bus: Bus;
  counters: Counters;
}

/** What goes to and fro. */
export type QualityMessage = Extract<BusMessage, { kind: "quality_wanted" | "quality" }>;

/** A question, and which nodes have not answered. */
interface Inquiry {
  missing: Set<string>;
  found: QualityOf;
  done(): void;
}

export class QualityExchange {
  readonly #parts: ExchangeParts;
  readonly #inquiries = new Map<string, Inquiry>();

  constructor(parts: ExchangeParts) {
    this.#parts = parts;
  }

  /** What is known of everyone in the room; nothing of those whose node does not say in time. */
  async of(view: RoomState): Promise<QualityOf> {
    const { node, rooms, qualities } = this.#parts;
    const mine = qualities.of(rooms.get(view.key));
    const others = activeNodesOf(view);
    others.delete(node);
    return others.size === 0 ? mine : { ...await this.#ask(view, others), ...mine };
  }

  /** Another node asks, or answers. */
  hear(message: QualityMessage): void {
    const { node, rooms, qualities } = this.#parts;
    const { kind, room, number } = message;
    if (kind === "quality_wanted") {
      const of = qualities.of(rooms.get(room));
      return void this.#publish(message.asker, { kind: "quality", room, number, node, of });
    }
    const inquiry = this.#inquiries.get(number);
    if (!inquiry?.missing.delete(message.node)) return;
    inquiry.found = { ...inquiry.found, ...message.of };
    if (inquiry.missing.size === 0) inquiry.done();
  }

  async #ask({ key: room }: RoomState, nodes: Set<string>): Promise<QualityOf> {
    const number = randomId(12);
    const { promise, resolve: done } = Promise.withResolvers<void>();
    const inquiry: Inquiry = { missing: new Set(nodes), found: {}, done };
    this.#inquiries.set(number, inquiry);
    const timer = setTimeout(done, POLICY.inquiryMs);
    const asker = this.#parts.node;
    for (const node of nodes) {
      this.#publish(node, { kind: "quality_wanted", room, number, asker }).then((sent) => {
        if (sent) return;
        inquiry.missing.delete(node);
        if (inquiry.missing.size === 0) done();
      });
    }
    await promise;
    clearTimeout(timer);
    this.#inquiries.delete(number);
    return inquiry.found;
  }

  #publish(node: string, message: QualityMessage): Promise<boolean> {
    const { bus, counters } = this.#parts;
    return bus.publish(node, message).then(() => true, () => {
      counters.busFailures++;
      return false;
    });
  }
}
