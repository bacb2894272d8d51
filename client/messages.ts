/**
 * The application's messages: what may be sent, to whom, and what became of it.
 *
 * @module
 */
import type { CallEvents } from "./api.ts";
import type { Courier } from "./courier.ts";
import { callError } from "./errors.ts";
import { HELD_MESSAGES, LINK } from "./policy.ts";
import type { Remote } from "./remote.ts";

type Message = CallEvents["message"];

export class Messages {
  readonly #courier: Courier;
  readonly #receive: (message: Message) => void;
  /** What came before the application could listen. */
  #held: Message[] | undefined = [];

  constructor(courier: Courier, receive: (message: Message) => void) {
    this.#courier = courier;
    this.#receive = receive;
  }

  /** Resolves when it has arrived with all of `to` who did not leave before; whether somebody did not get it. */
  async send(json: string, to: string[]): Promise<"arrived" | "left" | "closed"> {
    const outcomes = await Promise.all(to.map((id) => this.#courier.push(id, "message", json)));
    if (outcomes.includes("closed")) return "closed";
    return outcomes.includes("left") ? "left" : "arrived";
  }

  /** Nobody listens yet, and enough has come: what is not taken now is sent again. */
  get full(): boolean {
    return this.#held !== undefined && this.#held.length >= HELD_MESSAGES;
  }

  handle(from: Remote, data: unknown): void {
    if (this.#held !== undefined) this.#held.push({ from, data });
    else this.#receive({ from, data });
  }

  /** The application has the call: what came meanwhile is handed over, once it had its turn to listen. */
  release(): void {
    setTimeout(() => {
      const held = this.#held ?? [];
      this.#held = undefined;
      for (const message of held) this.#receive(message);
    });
  }
}

/** The JSON text of what is to be sent. Throws `invalid_argument` or `message_too_large`. */
export function encode(data: unknown): string {
  let json: string | undefined;
  let cause: unknown;
  try {
    json = JSON.stringify(data);
  } catch (error) {
    cause = error;
  }
  if (json === undefined) {
    throw callError("invalid_argument", `Cannot send a ${typeof data}: expected a JSON value`, {
      cause,
    });
  }
  if (json.length > LINK.itemLength) {
    throw callError(
      "message_too_large",
      `Cannot send ${json.length} characters of JSON: expected at most ${LINK.itemLength}`,
    );
  }
  return json;
}
