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
import type { Attempt, AttemptOptions, Dial, Tracks } from "./attempt.ts";
import { type Random, retryDelay } from "./backoff.ts";
import { type Bucket, bucket, take, waitMs } from "./bucket.ts";
import { type Clock, monotonic } from "./clock.ts";
import { report } from "./emitter.ts";
import { refusal } from "./errors.ts";
import { Leg } from "./leg.ts";
import { Legs } from "./legs.ts";
import { parsePairSignal } from "./pair_signal.ts";
import { MESH } from "./policy.ts";
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
  tracks(): Tracks;
  events: PairEvents;
  now?: Clock;
  random?: Random;
}

const NOTHING: Tracks = new Map();

export class Pair {
  readonly #options: PairOptions;
  readonly #now: Clock;
  readonly #legs: Legs;
  readonly #closed = new AbortController();
  /** The last attempt that either side has begun. */
  #latest = 0;
  #tries = 0;
  /** How often an attempt may begin, whoever wants it to. */
  #begins: Bucket;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #connection: Connection = "connecting";
  #feeds: boolean;

  constructor(options: PairOptions) {
    this.#options = options;
    this.#now = options.now ?? monotonic;
    this.#legs = new Legs({
      show: (kind, receiver) => options.events.track(kind, receiver),
      signal: this.#closed.signal,
    });
    this.#feeds = options.subscribe;
    this.#begins = bucket(MESH.beginBurst, MESH.beginsPerSecond, this.#now());
  }

  get connection(): Connection {
    return this.#connection;
  }

  /** Whether the far end takes part in what is being made to take its place: then it is there. */
  get isAnswered(): boolean {
    return this.#legs.next?.isMet ?? false;
  }

  /** The attempt that carries the media now. */
  get shown(): Attempt | undefined {
    return this.#legs.shown?.attempt;
  }

  start(): void {
    if (this.#options.initiator) this.#begin(this.#options.number());
    else this.#retry = setTimeout(() => this.#again(), MESH.offerTimeoutMs);
  }

  send(kind: TrackKind, track: MediaStreamTrack | null): void {
    if (this.#feeds) this.#legs.send(kind, track);
  }

  /** Sends it what there is from now on, or (`false`) nothing; the connection stays. */
  feed(on: boolean): void {
    if (this.#feeds === on) return;
    this.#feeds = on;
    for (const kind of TRACK_KINDS) {
      this.#legs.send(kind, (on ? this.#options.tracks().get(kind) : undefined) ?? null);
    }
  }

  /** Takes a signal of the far end in: what it may say at this point, and nothing else. */
  handle(data: Record<string, unknown>): void {
    const signal = parsePairSignal(data);
    switch (signal?.type) {
      case "again":
        return this.#asked(signal.after);
      case "offer":
        return this.#offered(signal.number, signal.sdp);
      case "answer":
        return this.#answered(signal.number, signal.sdp);
      case "candidate": {
        const { type, number, candidate } = signal;
        const leg = this.#legs.get(number);
        if (leg?.takesCandidate()) leg.attempt.signal({ type, candidate });
      }
    }
  }

  /**
   * The network changed, so what still works may not for long; or (`broken`) only what does not work, and is not being
   * made anew yet. What the far end has not heard of by then was begun while nobody could be reached: it may know none
   * of our addresses.
   */
  refresh(which: "all" | "broken"): void {
    const { state, isMet } = this.#legs.next ?? this.#legs.shown ?? {};
    const isWell = state === "connected" || (state === "connecting" && isMet);
    if (which === "broken" && isWell) return;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    // An attempt begun on the old network knows none of the addresses of the new one.
    this.#legs.endNext();
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
    if (this.#legs.shown?.state === "connected") this.#announce("connected");
  }

  /** It has not connected for too long; it goes on trying. */
  fail(): void {
    this.#announce("failed");
  }

  close(): void {
    this.#closed.abort();
    clearTimeout(this.#retry);
    this.#legs.close();
  }

  #begin(number: number): void {
    const { dial, initiator, tracks, events } = this.#options;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#latest = number;
    // Of offers that come, each has been counted, taken or not.
    if (initiator) this.#begins = take(this.#begins, this.#now());
    this.#legs.endNext();
    const options: AttemptOptions = {
      number,
      initiator,
      tracks: this.#feeds ? tracks() : NOTHING,
      events: {
        signal: (data) => events.signal({ peer: number, ...data }),
        // The first attempt is shown as it comes; a later one when it plays.
        track: (kind, receiver) => {
          if (leg === this.#legs.shown) events.track(kind, receiver);
        },
        state: (state) => this.#moved(leg, state),
        closed: () => this.#lost(leg),
      },
    };
    let leg: Leg;
    try {
      leg = new Leg(dial(options), !initiator);
    } catch (error) {
      // A browser has only so many connections; there may be one later.
      report(error);
      return this.#replace();
    }
    leg.schedule(MESH.connectTimeoutMs, () => this.#lost(leg));
    this.#legs.add(leg);
  }

  #moved(leg: Leg, state: RTCPeerConnectionState): void {
    if (leg.state === "dead") return;
    switch (state) {
      case "connected":
        leg.connected(this.#now());
        if (leg === this.#legs.next) this.#legs.takeOver(leg);
        if (leg === this.#legs.shown) this.#announce("connected");
        return;
      case "disconnected":
        leg.state = "disconnected";
        return leg.schedule(MESH.disconnectedMs, () => this.#stalled(leg));
      case "failed":
      case "closed":
        return this.#lost(leg);
    }
  }

  #stalled(leg: Leg): void {
    if (leg !== this.#legs.shown) return this.#lost(leg);
    this.#announce("reconnecting");
    this.#replace();
  }

  #lost(leg: Leg): void {
    if (leg.state === "dead") return;
    this.#legs.end(leg);
    const { shown } = this.#legs;
    if (leg === shown && this.#connection === "connected") this.#announce("reconnecting");
    // What only lingers may go.
    if (leg === shown || shown?.state !== "connected") this.#replace();
  }

  /** Has a new attempt made, soon, unless one is being made. */
  #replace(): void {
    const { shown, next } = this.#legs;
    if (this.#closed.signal.aborted || this.#retry !== undefined || next !== undefined) return;
    const { initiator, random } = this.#options;
    const now = this.#now();
    if (shown?.proves(now)) this.#tries = 0;
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

  /** The far end wants another one. */
  #asked(after: number): void {
    if (!this.#options.initiator) return;
    const newest = this.#legs.next ?? this.#legs.shown;
    if (newest?.state === "connecting" && newest.attempt.number > after) return;
    // Whoever asks has given up every attempt it knows, also the one that is being made here.
    this.#legs.endNext();
    this.#replace();
  }

  /** Takes only a newer one, and only so many: a browser has few connections to give in all. */
  #offered(number: number, sdp: unknown): void {
    const { id, initiator, events } = this.#options;
    const now = this.#now();
    if (initiator || number <= this.#latest || waitMs(this.#begins, now) > 0) return;
    this.#begins = take(this.#begins, now);
    const error = refusal(id, sdp);
    if (error !== undefined) return events.warning(error);
    this.#begin(number);
    this.#legs.get(number)?.attempt.signal({ type: "offer", sdp });
  }

  #answered(number: number, sdp: unknown): void {
    const { id, initiator, events } = this.#options;
    const leg = this.#legs.get(number);
    if (!initiator || leg?.state !== "connecting") return;
    const error = refusal(id, sdp);
    leg.isMet = true;
    if (error === undefined) return leg.attempt.signal({ type: "answer", sdp });
    events.warning(error);
    this.#lost(leg);
  }

  #announce(state: Connection): void {
    if (this.#connection === state || this.#closed.signal.aborted) return;
    // That it goes on trying is known.
    if (this.#connection === "failed" && state === "reconnecting") return;
    this.#connection = state;
    this.#options.events.connection(state);
  }
}
