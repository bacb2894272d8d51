/**
 * Sends frames by a socket on which the node has let us in: no faster than the node allows and the network takes.
 *
 * @module
 */
import type { WelcomeFrame } from "../lib/protocol.ts";
import { type Bucket, bucket, take, waitMs } from "./bucket.ts";
import type { Clock } from "./clock.ts";
import { SIGNALING } from "./policy.ts";

export interface PacerOptions {
  now: Clock;
  /** Frames may go again. */
  ready(): void;
}

export class Pacer {
  readonly #socket: WebSocket;
  readonly #options: PacerOptions;
  #bucket: Bucket;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    socket: WebSocket,
    { framesPerSecond, frameBurst }: WelcomeFrame["limits"],
    options: PacerOptions,
  ) {
    const { rateShare } = SIGNALING;
    this.#socket = socket;
    this.#options = options;
    this.#bucket = bucket(frameBurst * rateShare, framesPerSecond * rateShare, options.now());
  }

  /** Whether a frame may go now; if not, it will be said when, unless the socket closes. */
  ready(): boolean {
    if (!isOpen(this.#socket)) return false;
    const full = this.#socket.bufferedAmount > SIGNALING.bufferedBytes;
    const wait = full ? SIGNALING.bufferedPollMs : waitMs(this.#bucket, this.#options.now());
    if (wait === 0) return true;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#options.ready();
    }, wait);
    return false;
  }

  /** Sends a frame if the socket is open, ready or not; returns whether it was. */
  send(text: string): boolean {
    if (!isOpen(this.#socket)) return false;
    const cost = Math.ceil(text.length / SIGNALING.frameUnit);
    this.#bucket = take(this.#bucket, this.#options.now(), cost);
    this.#socket.send(text);
    return true;
  }

  /** The socket is gone: nobody waits for it any more. */
  stop(): void {
    clearTimeout(this.#timer);
  }
}

/** A socket may be closing a while before it says that it has closed. */
export const isOpen = ({ readyState }: WebSocket) => readyState === WebSocket.OPEN;
