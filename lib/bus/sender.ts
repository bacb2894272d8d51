import { randomId } from "../ids.ts";
import { Numbering, seal } from "./envelope.ts";
import { BUS_MESSAGE_BYTES, BusAwayError, type BusMessage, MessageTooLargeError } from "./mod.ts";

/** Hands a text to the carrier; resolves when it has it. Is called in the order of the numbers. */
export type Carry = (node: string, text: string) => Promise<void>;

/** The sending half of every adapter: checks, numbers, and bounds what is under way. */
export class Sender {
  readonly #numbering = new Numbering(randomId);
  #underWay = 0;

  constructor(readonly carry: Carry, readonly underWayBytes: number) {}

  async publish(node: string, message: BusMessage): Promise<void> {
    checkNode(node);
    const body = JSON.stringify(message);
    const bytes = encoder.encode(body).length;
    if (bytes > BUS_MESSAGE_BYTES) throw new MessageTooLargeError(node, bytes);
    // From here on a message that is not sent leaves a gap, by which its receiver learns that it missed something.
    const number = this.#numbering.next(node);
    if (this.#underWay + bytes > this.underWayBytes) {
      throw new BusAwayError(
        `Cannot send to node ${node}: ${this.#underWay} bytes are waiting for the carrier; expected at most ${this.underWayBytes} with this message's ${bytes}`,
      );
    }
    this.#underWay += bytes;
    try {
      await this.carry(node, seal({ ...number, body }));
    } finally {
      this.#underWay -= bytes;
    }
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
