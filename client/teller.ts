/**
 * Tells the node, and by it the others, what we send and show: once for all changes of a turn, at the pace that the node
 * allows, and again what could not be told.
 *
 * @module
 */
import type { ClientFrame, WelcomeFrame } from "../lib/protocol.ts";
import { type Bucket, bucket, take, waitMs } from "./bucket.ts";
import { monotonic } from "./clock.ts";
import { SIGNALING } from "./policy.ts";

export interface TellerPort {
  /** Whether the socket takes frames. */
  ready(): boolean;
  send(frame: ClientFrame): void;
  /** What there is to tell now. */
  present(): Omit<Extract<ClientFrame, { type: "update" }>, "type">;
}

/** How often the node lets us tell of ourselves, with a margin. */
function updatesOf({ updateBurst, updatesPerSecond }: WelcomeFrame["limits"]): Bucket {
  const { rateShare } = SIGNALING;
  return bucket(updateBurst * rateShare, updatesPerSecond * rateShare, monotonic());
}

export class Teller {
  readonly #port: TellerPort;
  #updates: Bucket;
  #telling: Promise<void> | undefined;
  /** Whether there is something to tell as soon as the socket and the node's limits allow. */
  #untold = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(port: TellerPort, limits: WelcomeFrame["limits"]) {
    this.#port = port;
    this.#updates = updatesOf(limits);
  }

  /** The node may be another, with other limits. */
  limit(limits: WelcomeFrame["limits"]): void {
    this.#updates = updatesOf(limits);
  }

  /** Tells, once for all changes of this turn. */
  tell(): Promise<void> {
    this.#telling ??= Promise.resolve().then(() => {
      this.#telling = undefined;
      this.#tellNow();
    });
    return this.#telling;
  }

  /** The socket takes frames again. */
  ready(): void {
    if (this.#untold) this.#tellNow();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  /** The last word waits for its turn; while the socket is away, the next welcome shows the difference. */
  #tellNow(): void {
    const now = monotonic();
    const wait = waitMs(this.#updates, now);
    clearTimeout(this.#timer);
    if (wait > 0) this.#timer = setTimeout(() => this.#tellNow(), wait);
    this.#untold = wait > 0 || !this.#port.ready();
    if (this.#untold) return;
    this.#updates = take(this.#updates, now);
    this.#port.send({ type: "update", ...this.#port.present() });
  }
}
