/**
 * The connection to one participant, kept up by replacement: a connection that fails, or may fail, is never
 * repaired. A new attempt is made beside it, and takes its place when it plays.
 *
 * One side, the initiator, makes every offer, and numbers the attempts. The other asks for one by
 * `{peer: "again", after: <number of the last attempt it knows>}`.
 *
 * @module
 */
import type { CallError, TrackKind } from "./api.ts";
import { type Attempt, type AttemptOptions, type Dial, kindOf, type Tracks } from "./attempt.ts";
import { type Random, retryDelay } from "./backoff.ts";
import { type Bucket, bucket, take, waitMs } from "./bucket.ts";
import { type Clock, monotonic } from "./clock.ts";
import { report } from "./emitter.ts";
import { refusal } from "./errors.ts";
import { MESH } from "./policy.ts";
import { primed } from "./prime.ts";
import { type Connection, TRACK_KINDS } from "./transport.ts";

export interface PairEvents {
  signal(data: Record<string, unknown>): void;
  track(kind: TrackKind, receiver: RTCRtpReceiver): void;
  connection(state: Connection): void;
  warning(error: CallError): void;
}

export interface PairOptions {
  /** The participant to connect to. */
  id: string;
  initiator: boolean;
  /** Whether anything is sent to it at first. */
  subscribe: boolean;
  /** The number for a new attempt. */
  number: () => number;
  dial: Dial;
  /** What is sent at the moment; read whenever an attempt begins. */
  tracks: Tracks;
  events: PairEvents;
  now?: Clock;
  random?: Random;
}

type Timer = ReturnType<typeof setTimeout>;

/** An attempt and how far it has come. */
interface Leg {
  attempt: Attempt;
  /** How many the far end has named. */
  candidates: number;
  state: "connecting" | "connected" | "disconnected" | "dead";
  connectedAt?: number;
  /** Whether it was good for long enough, and that was taken into account. */
  isProven?: true;
  timer?: Timer;
}

const NOTHING: Tracks = new Map();

const isCount = (value: unknown): value is number => Number.isSafeInteger(value);

export class Pair {
  readonly #options: PairOptions;
  readonly #now: Clock;
  readonly #legs = new Set<Leg>();
  readonly #closed = new AbortController();
  /** Whose tracks are, or will first be, shown. */
  #shown: Leg | undefined;
  /** What is being made to take its place. */
  #next: Leg | undefined;
  /** The last attempt that either side has begun. */
  #latest = 0;
  #tries = 0;
  /** How often an attempt may begin, whoever wants it to. */
  #begins: Bucket;
  #retry: Timer | undefined;
  #connection: Connection = "connecting";
  #feeds: boolean;

  constructor(options: PairOptions) {
    this.#options = options;
    this.#now = options.now ?? monotonic;
    this.#feeds = options.subscribe;
    this.#begins = bucket(MESH.beginBurst, MESH.beginsPerSecond, this.#now());
  }

  get connection(): Connection {
    return this.#connection;
  }

  /** The attempt that carries the media now. */
  get shown(): Attempt | undefined {
    return this.#shown?.attempt;
  }

  start(): void {
    if (this.#options.initiator) this.#begin(this.#options.number());
    else this.#retry = setTimeout(() => this.#again(), MESH.offerTimeoutMs);
  }

  send(kind: TrackKind, track: MediaStreamTrack | null): void {
    if (this.#feeds) this.#put(kind, track);
  }

  /** Sends it what there is from now on, or (`false`) nothing; the connection stays. */
  feed(on: boolean): void {
    if (this.#feeds === on) return;
    this.#feeds = on;
    for (const kind of TRACK_KINDS) {
      this.#put(kind, (on ? this.#options.tracks.get(kind) : undefined) ?? null);
    }
  }

  /** Takes a signal of the far end in: what it may say at this point, and nothing else. */
  handle({ peer, after, type, sdp, candidate }: Record<string, unknown>): void {
    if (peer === "again") return this.#asked(after);
    if (!isCount(peer)) return;
    const { id, initiator, events } = this.#options;
    const error = type === "offer" || type === "answer" ? refusal(id, sdp) : undefined;
    if (type === "offer") {
      if (!this.#takesOffer(peer)) return;
      if (error !== undefined) return events.warning(error);
      this.#begin(peer);
    }
    for (const leg of this.#legs) {
      if (leg.attempt.number !== peer) continue;
      const isAnswer = type === "answer" && initiator && leg.state === "connecting";
      if (isAnswer && error !== undefined) {
        events.warning(error);
        this.#lost(leg);
      } else if (type === "offer" || isAnswer) {
        leg.attempt.signal({ type, sdp });
      } else if (type === "candidate" && leg.candidates++ < MESH.candidates) {
        leg.attempt.signal({ type, candidate });
      }
    }
  }

  /**
   * The network changed, so what still works may not for long; or (`broken`) only what does not work, and is not being
   * made anew yet.
   */
  refresh(which: "all" | "broken"): void {
    const { state } = this.#next ?? this.#shown ?? {};
    if (which === "broken" && (state === "connected" || state === "connecting")) return;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    // An attempt begun on the old network knows none of the addresses of the new one.
    if (this.#next !== undefined) this.#end(this.#next);
    this.#next = undefined;
    this.#tries = 0;
    this.#replace();
  }

  /** Nothing comes by it any more: another is made beside it. */
  silent(): void {
    this.#announce("reconnecting");
    this.#replace();
  }

  /** Something comes by it again. */
  heard(): void {
    if (this.#shown?.state === "connected") this.#announce("connected");
  }

  /** It has not connected for too long; it goes on trying. */
  fail(): void {
    this.#announce("failed");
  }

  close(): void {
    this.#closed.abort();
    clearTimeout(this.#retry);
    for (const leg of [...this.#legs]) this.#end(leg);
  }

  #put(kind: TrackKind, track: MediaStreamTrack | null): void {
    for (const { attempt } of this.#legs) attempt.send(kind, track);
  }

  #begin(number: number): void {
    const { dial, initiator, tracks, events } = this.#options;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#latest = number;
    // Of offers that come, each has been counted, taken or not.
    if (initiator) this.#begins = take(this.#begins, this.#now());
    if (this.#next !== undefined) this.#end(this.#next);
    this.#next = undefined;
    const options: AttemptOptions = {
      number,
      initiator,
      tracks: this.#feeds ? tracks : NOTHING,
      events: {
        signal: (data) => events.signal({ peer: number, ...data }),
        // The first attempt is shown as it comes; a later one when it plays.
        track: (kind, receiver) => {
          if (this.#shown === leg) events.track(kind, receiver);
        },
        state: (state) => this.#moved(leg, state),
        closed: () => this.#lost(leg),
      },
    };
    let leg: Leg;
    try {
      leg = { attempt: dial(options), candidates: 0, state: "connecting" };
    } catch (error) {
      // A browser has only so many connections; there may be one later.
      report(error);
      return this.#replace();
    }
    leg.timer = setTimeout(() => this.#lost(leg), MESH.connectTimeoutMs);
    this.#legs.add(leg);
    if (this.#shown === undefined) this.#shown = leg;
    else this.#next = leg;
  }

  #moved(leg: Leg, state: RTCPeerConnectionState): void {
    if (leg.state === "dead") return;
    switch (state) {
      case "connected":
        clearTimeout(leg.timer);
        leg.state = "connected";
        leg.connectedAt ??= this.#now();
        if (leg === this.#next) this.#takeOver(leg);
        else if (leg === this.#shown) this.#announce("connected");
        return;
      case "disconnected":
        clearTimeout(leg.timer);
        leg.state = "disconnected";
        leg.timer = setTimeout(() => this.#stalled(leg), MESH.disconnectedMs);
        return;
      case "failed":
      case "closed":
        return this.#lost(leg);
    }
  }

  #stalled(leg: Leg): void {
    if (leg !== this.#shown) return this.#lost(leg);
    this.#announce("reconnecting");
    this.#replace();
  }

  #lost(leg: Leg): void {
    if (leg.state === "dead") return;
    this.#end(leg);
    if (leg === this.#shown && this.#connection === "connected") this.#announce("reconnecting");
    if (leg === this.#next) this.#next = undefined;
    // What only lingers may go.
    if (leg === this.#shown || this.#shown?.state !== "connected") this.#replace();
  }

  /** Has a new attempt made, soon, unless one is being made. */
  #replace(): void {
    if (this.#closed.signal.aborted || this.#retry !== undefined || this.#next !== undefined) {
      return;
    }
    const { initiator, random } = this.#options;
    const now = this.#now();
    const shown = this.#shown;
    // Once for each, or whoever asks for one more again and again would never have to wait.
    if (
      shown !== undefined && !shown.isProven && now - (shown.connectedAt ?? now) > MESH.stableMs
    ) {
      shown.isProven = true;
      this.#tries = 0;
    }
    const delay = retryDelay(this.#tries++, MESH.retry, { random });
    this.#retry = setTimeout(
      () => initiator ? this.#begin(this.#options.number()) : this.#again(),
      initiator ? Math.max(delay, waitMs(this.#begins, now)) : delay,
    );
  }

  #again(): void {
    this.#options.events.signal({ peer: "again", after: this.#latest });
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#replace();
    }, MESH.offerTimeoutMs);
  }

  #asked(after: unknown): void {
    if (!this.#options.initiator || !isCount(after)) return;
    const newest = this.#next ?? this.#shown;
    if (newest?.state === "connecting" && newest.attempt.number > after) return;
    // Whoever asks has given up every attempt it knows, also the one that is being made here.
    if (this.#next !== undefined) this.#end(this.#next);
    this.#next = undefined;
    this.#replace();
  }

  /** Only a newer one, and only so many: a browser has few connections to give in all. */
  #takesOffer(number: number): boolean {
    const now = this.#now();
    if (this.#options.initiator || number <= this.#latest || waitMs(this.#begins, now) > 0) {
      return false;
    }
    this.#begins = take(this.#begins, now);
    return true;
  }

  /** The new attempt stands: its tracks follow one by one, each as soon as it plays. */
  async #takeOver(leg: Leg): Promise<void> {
    const before = this.#shown?.attempt.pc.getTransceivers();
    this.#shown = leg;
    this.#next = undefined;
    this.#announce("connected");
    const { pc } = leg.attempt;
    await Promise.all(
      pc.getTransceivers().map(async (transceiver, slot) => {
        const kind = kindOf(pc, transceiver);
        if (kind === undefined) return;
        const { receiver } = transceiver;
        await primed(receiver, this.#closed.signal, before?.[slot]?.receiver.track);
        if (this.#carries(leg)) this.#options.events.track(kind, receiver);
      }),
    );
    // If it has failed meanwhile, the others stay until the one after it plays.
    if (!this.#carries(leg)) return;
    for (const other of this.#legs) {
      if (other === leg || other === this.#next) continue;
      clearTimeout(other.timer);
      // Its voice is enough until the far end has switched, too: two of each picture is more than a thin uplink has.
      for (const kind of ["camera", "screen"] as const) other.attempt.send(kind, null);
      other.timer = setTimeout(() => this.#end(other), MESH.lingerMs);
    }
  }

  #carries(leg: Leg): boolean {
    return this.#shown === leg && leg.state !== "dead";
  }

  #end(leg: Leg): void {
    leg.state = "dead";
    clearTimeout(leg.timer);
    this.#legs.delete(leg);
    leg.attempt.destroy();
  }

  #announce(state: Connection): void {
    if (this.#connection === state || this.#closed.signal.aborted) return;
    this.#connection = state;
    this.#options.events.connection(state);
  }
}
