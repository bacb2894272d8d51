/**
 * How a node's sockets close: when their clients have stopped talking.
 *
 * @module
 */
import { POLICY } from "./policy.ts";
import type { Wire } from "./wire.ts";

/** What is needed of a server's WebSocket. */
export type ServerSocket = Pick<WebSocket, "send" | "close" | "bufferedAmount" | "readyState">;

/** Something that is looked at until it is over. Times in ms. */
interface Closing {
  look(now: number): "goes on" | "over";
}

/** All sockets of a node that are closing, by one timer: where thousands are turned away, one each is much of the work. */
export class Closings {
  readonly #closing = new Set<Closing>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Looks at one more. */
  add(closing: Closing): void {
    this.#closing.add(closing);
    this.#timer ??= setInterval(() => this.#look(Date.now()), POLICY.close.lookMs);
  }

  #look(now: number): void {
    for (const closing of this.#closing) {
      if (closing.look(now) === "over") this.#closing.delete(closing);
    }
    if (this.#closing.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

type State =
  | { kind: "open" }
  | {
    kind: "closing";
    readonly since: number;
    heardAt: number;
    readonly code: number;
    readonly reason: string;
    readonly givenUp: () => void;
  }
  /** The client has not answered yet. */
  | { kind: "closed"; readonly since: number; readonly givenUp: () => void }
  | { kind: "gone" };

const OPEN = { kind: "open" } as const;
const GONE = { kind: "gone" } as const;

/**
 * A socket that closes when its client has stopped talking. Deno drops a closing socket, with its close frame and
 * whatever is still to be sent, as soon as one more frame of the client comes in: then the client would never learn
 * the code, and those who are cut off for sending too fast least of all.
 */
export class LingeringWire implements Wire, Closing {
  readonly #socket: ServerSocket;
  readonly #closings: Closings;
  #state: State = OPEN;

  constructor(socket: ServerSocket, closings: Closings) {
    this.#socket = socket;
    this.#closings = closings;
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
    if (this.#state.kind !== "open") return;
    const now = Date.now();
    this.#state = { kind: "closing", since: now, heardAt: now, code, reason, givenUp };
    this.#closings.add(this);
  }

  /** Does what it is time for. */
  look(now: number): "goes on" | "over" {
    const state = this.#state;
    const { quietMs, atMostMs, giveUpMs } = POLICY.close;
    switch (state.kind) {
      case "closing":
        // A clock that was set back must not make that longer.
        if (Math.abs(now - state.heardAt) >= quietMs || Math.abs(now - state.since) >= atMostMs) {
          this.#socket.close(state.code, state.reason);
          this.#state = { kind: "closed", since: now, givenUp: state.givenUp };
        }
        return "goes on";
      case "closed":
        if (Math.abs(now - state.since) < giveUpMs) return "goes on";
        state.givenUp();
        return "over";
      default:
        return "over";
    }
  }

  /** A frame has come. */
  heard(): void {
    if (this.#state.kind === "closing") this.#state.heardAt = Date.now();
  }

  /** The socket has closed. */
  gone(): void {
    this.#state = GONE;
  }
}
