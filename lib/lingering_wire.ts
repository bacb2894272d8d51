import { POLICY } from "./policy.ts";
import type { Wire } from "./wire.ts";

/** What is needed of a server's WebSocket. */
export type ServerSocket = Pick<WebSocket, "send" | "close" | "bufferedAmount" | "readyState">;

/**
 * A socket that closes when its client has stopped talking. Deno drops a closing socket, with its close frame and
 * whatever is still to be sent, as soon as one more frame of the client comes in: then the client would never learn
 * the code, and those who are cut off for sending too fast least of all.
 */
export class LingeringWire implements Wire {
  readonly #socket: ServerSocket;
  #state: { kind: "open" } | { kind: "closing"; heardAt: number; timer: Timer | undefined } = OPEN;

  constructor(socket: ServerSocket) {
    this.#socket = socket;
  }

  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }
  get readyState(): number {
    return this.#socket.readyState;
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  /** Closes when nothing has come for `POLICY.close.quietMs`, at the latest after `POLICY.close.atMostMs`. */
  close(code: number, reason: string, givenUp: () => void): void {
    const { quietMs, atMostMs } = POLICY.close;
    const start = Date.now();
    const closing = {
      kind: "closing" as const,
      heardAt: start,
      timer: undefined as Timer | undefined,
    };
    this.#state = closing;
    const look = () => {
      const now = Date.now();
      const quietAt = Math.min(closing.heardAt + quietMs, start + atMostMs);
      if (now < quietAt) closing.timer = setTimeout(look, quietAt - now);
      else {
        this.#socket.close(code, reason);
        closing.timer = setTimeout(givenUp, POLICY.close.giveUpMs);
      }
    };
    look();
  }

  /** A frame has come. */
  heard(): void {
    if (this.#state.kind === "closing") this.#state.heardAt = Date.now();
  }

  /** The socket has closed. */
  gone(): void {
    if (this.#state.kind === "closing") clearTimeout(this.#state.timer);
  }
}

type Timer = ReturnType<typeof setTimeout>;

const OPEN = { kind: "open" } as const;
