import { keyOf } from "../room_state.ts";
import { randomId } from "../ids.ts";
import { Numbering, seal } from "./envelope.ts";
import { BUS_MESSAGE_BYTES, BusFullError, type BusMessage, MessageTooLargeError } from "./mod.ts";
import { RoundRobin } from "./round_robin.ts";

/** Hands a text to the carrier; resolves when it has it. Is called in the order of the numbers. */
export type Carry = (node: string, text: string) => Promise<void>;

/** How much is taken in at once, in bytes. */
export interface SenderLimits {
  /** Until the carrier has it, all rooms together. */
  readonly underWayBytes: number;
  /** Of that, what the carrier is given before it has the rest: the others wait where each room has its turn. */
  readonly carrierBytes: number;
}

interface Letter extends PromiseWithResolvers<void> {
  readonly node: string;
  readonly body: string;
  readonly bytes: number;
}

/**
 * The sending half of every adapter: checks, numbers, and bounds what is under way. A room that sends much waits for
 * itself, and is refused before those that send little.
 */
export class Sender {
  readonly #numbering = new Numbering(randomId);
  readonly #waiting = new RoundRobin<Letter>();
  /** Bytes under way, by room and in all, and those that the carrier was given. */
  readonly #held = new Map<string, number>();
  #underWay = 0;
  #carried = 0;

  constructor(readonly carry: Carry, readonly limits: SenderLimits) {}

  async publish(node: string, message: BusMessage): Promise<void> {
    checkNode(node);
    const body = JSON.stringify(message);
    const bytes = encoder.encode(body).length;
    if (bytes > BUS_MESSAGE_BYTES) throw new MessageTooLargeError(node, bytes);
    const room = keyOf(message.room);
    const held = this.#held.get(room) ?? 0;
    const free = this.limits.underWayBytes - this.#underWay;
    if (held + bytes > free) {
      // By the gap in the numbers its receiver learns that it missed something.
      this.#numbering.next(node);
      throw new BusFullError(
        `Cannot send to node ${node}: ${held} bytes of this room are waiting for the carrier; expected at most ${free} with this message's ${bytes}, as many as are free`,
      );
    }
    this.#count(room, bytes);
    const letter = { node, body, bytes, ...Promise.withResolvers<void>() };
    this.#waiting.put(room, letter);
    this.#handOver();
    try {
      await letter.promise;
    } finally {
      this.#count(room, -bytes);
    }
  }

  #handOver(): void {
    for (let next = this.#waiting.peek(); next; next = this.#waiting.peek()) {
      const { node, body, bytes, resolve, reject } = next;
      if (this.#carried > 0 && this.#carried + bytes > this.limits.carrierBytes) return;
      this.#waiting.take();
      this.#carried += bytes;
      const done = () => {
        this.#carried -= bytes;
        this.#handOver();
      };
      const number = this.#numbering.next(node);
      this.carry(node, seal({ ...number, body })).then(resolve, reject).finally(done);
    }
  }

  #count(room: string, bytes: number): void {
    this.#underWay += bytes;
    const held = (this.#held.get(room) ?? 0) + bytes;
    if (held > 0) this.#held.set(room, held);
    else this.#held.delete(room);
  }
}

const NODE = /^[A-Za-z0-9_-]{1,64}$/;

/** Names of nodes become part of subjects, queues and paths. @throws {TypeError} for one that cannot. */
export function checkNode(node: string): void {
  if (NODE.test(node)) return;
  throw new TypeError(
    `Cannot address node ${JSON.stringify(node)}: expected 1 to 64 of A-Z a-z 0-9 _ -`,
  );
}

const encoder = new TextEncoder();
