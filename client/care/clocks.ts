/**
 * The service's clock, by which people far from each other tell how old what they see is: how far our own is from it,
 * and how far that of each other participant is, as it says.
 *
 * @module
 */
import { type ClockEstimate, estimateClock, type Exchange } from "../../lib/clock_estimate.ts";
import type { ClientFrame } from "../../lib/protocol.ts";
import type { TrackKind } from "../api.ts";
import type { Clock } from "../clock.ts";
import type { Remote } from "../remote.ts";
import { captureDelay } from "./capture.ts";
import { CLOCK } from "./policy.ts";

export interface ClocksPort {
  readonly signaling: {
    send(frame: ClientFrame): boolean;
    readonly exchanges: readonly Exchange[];
  };
  readonly roster: { readonly participants: ReadonlyMap<string, Remote> };
  signal(to: string, item: Record<string, unknown>): void;
}

export class Clocks {
  readonly #port: ClocksPort;
  readonly #now: Clock;
  readonly #others = new WeakMap<Remote, number>();
  /** What the others know of ours. */
  #told: number | undefined;

  constructor(port: ClocksPort, now: Clock) {
    this.#port = port;
    this.#now = now;
  }

  get estimate(): ClockEstimate | undefined {
    return estimateClock(this.#port.signaling.exchanges, CLOCK);
  }

  /** What to add to `Date.now()` for the service's time, ms: right at once when the system's clock has been set. */
  get offset(): number | undefined {
    const { offset } = this.estimate ?? {};
    return offset === undefined ? undefined : this.#now() + offset - Date.now();
  }

  /** Has the clock known better, and the others know it. */
  tend(): void {
    const { signaling, roster: { participants } } = this.#port;
    // At first there are few exchanges, and the next one of the signaling's own is far.
    if (signaling.exchanges.length < CLOCK.exchanges) {
      signaling.send({ type: "ping", id: this.#now() });
    }
    const own = this.#own();
    if (own === undefined || Math.abs(own - (this.#told ?? Infinity)) < CLOCK.tellMs) return;
    this.#told = own;
    for (const id of participants.keys()) this.#tell(id);
  }

  /** Somebody has come. */
  added({ id }: Remote): void {
    if (this.#told !== undefined) this.#tell(id);
  }

  /** Takes in what somebody says of its clock. */
  handle(from: Remote, item: unknown): void {
    const { clock } = Object(item);
    if (Number.isFinite(clock)) this.#others.set(from, clock);
  }

  /** How old what was played last of somebody is, s. */
  delay(remote: Remote, kind: TrackKind): number | undefined {
    const sources = remote.arriving.get(kind)?.getSynchronizationSources() ?? [];
    return captureDelay(sources, { own: this.#own(), sender: this.#others.get(remote) });
  }

  /** Browsers stamp what they capture and play by the time at which the page began, and the clock that never steps. */
  #own(): number | undefined {
    const { offset } = this.estimate ?? {};
    return offset === undefined ? undefined : offset - performance.timeOrigin;
  }

  #tell(id: string): void {
    this.#port.signal(id, { clock: Math.round(this.#told!) });
  }
}
