/**
 * The connection to the service: one socket at a time, joined or resumed, watched and replaced.
 *
 * @module
 */
import type { Exchange } from "../lib/clock_estimate.ts";
import type { ClientFrame, ServerFrame, WelcomeFrame } from "../lib/protocol.ts";
import type { CallError } from "./api.ts";
import { type Random, retryDelay } from "./backoff.ts";
import { type Clock, monotonic } from "./clock.ts";
import { type Bucket, bucket, take, waitMs } from "./bucket.ts";
import { judgeClose } from "./close_verdict.ts";
import { callError } from "./errors.ts";
import { Heartbeat } from "./heartbeat.ts";
import { type RetryPolicy, SIGNALING } from "./policy.ts";
import { signalUrl } from "./signal_url.ts";
import { CALM, hurried, isUrgent, tried } from "./urgency.ts";

type ErrorFrame = Extract<ServerFrame, { type: "error" }>;
type JoinFrame = Extract<ClientFrame, { type: "join" }>;
type Timer = ReturnType<typeof setTimeout>;

/** How it is tried to connect. */
interface Pace {
  readonly retry: RetryPolicy;
  readonly openTimeoutMs: number;
}

/** What the signaling tells its owner. */
export interface SignalingEvents {
  /** Joined, or back. */
  welcome(frame: WelcomeFrame): void;
  /** Any other frame that is not the signaling's own business. */
  frame(frame: ServerFrame): void;
  /** The socket is gone; another is on its way. */
  away(): void;
  /** Frames may go again. */
  ready(): void;
  /** It is over for good. */
  closed(error: CallError): void;
}

export interface SignalingOptions {
  /** Where the service runs, `http(s)` or `ws(s)`. */
  url: string;
  token: () => string | Promise<string>;
  /** What to say of oneself on entering. */
  present: () => Omit<JoinFrame, "type" | "token">;
  events: SignalingEvents;
  random?: Random;
  now?: Clock;
}

type State =
  | { readonly tag: "connecting"; readonly socket: WebSocket; readonly timer: Timer }
  | {
    readonly tag: "open";
    readonly socket: WebSocket;
    readonly since: number;
    readonly bucket: Bucket;
  }
  | { readonly tag: "waiting"; readonly timer: Timer }
  | { readonly tag: "closed" };

/** The code of a close that came without one (RFC 6455 §7.1.5). */
const CUT = 1006;

export class Signaling {
  readonly #options: SignalingOptions;
  readonly #url: string;
  readonly #random: Random;
  readonly #now: Clock;
  readonly #began: number;
  #state: State = { tag: "closed" };
  #session: string | undefined;
  #joined = false;
  #tries = 0;
  /** What the node said last on this socket: it explains the close that follows. */
  #refusal: ErrorFrame | undefined;
  #readyTimer: Timer | undefined;
  #iceTimer: Timer | undefined;
  #urgency = CALM;
  readonly #heartbeat: Heartbeat;

  constructor(options: SignalingOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#now = options.now ?? monotonic;
    this.#began = this.#now();
    this.#url = signalUrl(options.url);
    this.#heartbeat = new Heartbeat({
      ping: (id) => this.send({ type: "ping", id }),
      overdue: () => this.#abandon(),
    }, this.#now);
  }

  /** See {@linkcode Heartbeat.exchanges}. */
  get exchanges(): readonly Exchange[] {
    return this.#heartbeat.exchanges;
  }

  /** Connects; from then on it stays connected until `close`. */
  start(): void {
    this.#connect();
  }

  /** Whether a frame of a link may go now; if not, `events.ready` says when. */
  ready(): boolean {
    if (this.#state.tag !== "open" || !isOpen(this.#state.socket)) return false;
    const full = this.#state.socket.bufferedAmount > SIGNALING.bufferedBytes;
    const wait = full ? SIGNALING.bufferedPollMs : waitMs(this.#state.bucket, this.#now());
    if (wait === 0) return true;
    this.#readyTimer ??= setTimeout(() => {
      this.#readyTimer = undefined;
      this.#options.events.ready();
    }, wait);
    return false;
  }

  /** Sends a frame if the socket is open; returns whether it was. Control frames do not wait for {@linkcode ready}. */
  send(frame: ClientFrame): boolean {
    return this.sendText(JSON.stringify(frame));
  }

  /** The same for a frame that is JSON text already. */
  sendText(text: string): boolean {
    if (this.#state.tag !== "open" || !isOpen(this.#state.socket)) return false;
    const cost = Math.ceil(text.length / SIGNALING.frameUnit);
    this.#state = { ...this.#state, bucket: take(this.#state.bucket, this.#now(), cost) };
    this.#state.socket.send(text);
    return true;
  }

  /**
   * Our network changed, or seems to be cut off: find out if open, and try at once if not, and often from now on. Not
   * for when only the service seems to be gone: then everybody would. `silence`: nobody is heard, and nothing else
   * speaks for it; perhaps it is they who are cut off.
   */
  hurry(why: "network" | "silence" = "network"): void {
    const { urgent, probeRoundTrips, probeAtLeastMs, probeTimeoutMs } = SIGNALING;
    this.#urgency = hurried(this.#urgency, why, this.#now());
    if (this.#state.tag === "open") {
      // Where nothing but silence speaks for it, a socket that is slow now and then is not to be given up for it.
      const judged = this.exchanges.slice(why === "silence" ? 0 : -1);
      const trips = judged.map(({ sent, received }) => probeRoundTrips * (received - sent));
      const enoughMs = trips.length > 0 ? Math.max(...trips) : probeTimeoutMs;
      this.#heartbeat.ping(Math.min(probeTimeoutMs, Math.max(probeAtLeastMs[why], enoughMs)));
    }
    if (this.#state.tag === "waiting") {
      clearTimeout(this.#state.timer);
      this.#wait(retryDelay(0, urgent.retry, { random: this.#random }));
    }
  }

  /** Leaves, if joined, and closes for good. Tells no one. */
  close(): void {
    const socket = "socket" in this.#state ? this.#state.socket : undefined;
    this.#enter({ tag: "closed" });
    if (socket === undefined) return;
    if (!isOpen(socket)) return socket.close(1000);
    socket.send('{"type":"leave"}');
    // The node closes then. Closed from here, a join that it still works on would leave a ghost for 8 s.
    setTimeout(() => socket.close(1000), SIGNALING.leaveTimeoutMs);
  }

  #connect(): void {
    const socket = this.#open();
    if (socket === undefined) return;
    this.#refusal = undefined;
    // The token is fetched while the socket opens.
    const hello = this.#hello();
    hello.catch(() => {});
    socket.onopen = async () => {
      const frame = await hello.catch((cause) => ({ cause }));
      if (!this.#owns(socket)) return;
      if ("cause" in frame) return this.#tokenFailed(frame.cause);
      socket.send(JSON.stringify(frame));
      this.#enter({ tag: "connecting", socket, timer: this.#giveUpLater() });
    };
    socket.onmessage = ({ data }) => {
      if (this.#owns(socket)) this.#handle(socket, JSON.parse(data) as ServerFrame);
    };
    socket.onclose = ({ code }) => {
      if (this.#owns(socket)) this.#lost(code);
    };
    this.#enter({ tag: "connecting", socket, timer: this.#giveUpLater() });
  }

  /** A page of https may not open ws: then there is no point in trying again. */
  #open(): WebSocket | undefined {
    try {
      return new WebSocket(this.#url);
    } catch (cause) {
      this.#fail(callError("insecure_context", `Cannot open ${this.#url} from here`, { cause }));
    }
  }

  async #hello(): Promise<ClientFrame> {
    if (this.#session !== undefined) {
      return { type: "resume", session: this.#session, ...this.#options.present() };
    }
    const token: unknown = await this.#options.token();
    if (typeof token !== "string" || token === "") {
      throw new TypeError(`expected a string, not ${token === "" ? "an empty one" : typeof token}`);
    }
    return { type: "join", token, ...this.#options.present() };
  }

  #giveUpLater(): Timer {
    return setTimeout(() => this.#abandon(), this.#pace.openTimeoutMs);
  }

  #handle(socket: WebSocket, frame: ServerFrame): void {
    // Whatever it says, it has been reached.
    if (this.#state.tag === "connecting") this.#urgency = CALM;
    switch (frame.type) {
      case "welcome":
        return this.#welcome(socket, frame);
      case "ping":
        // From an event, never from a timer: those of a hidden page are late by a minute.
        this.send({ type: "pong" });
        return;
      case "pong":
        this.#urgency = CALM;
        return this.#heartbeat.pong(frame);
      case "error":
        this.#refusal = frame;
        return this.#options.events.frame(frame);
      case "iceServers":
        this.#renewIce(frame.ttlSeconds);
        return this.#options.events.frame(frame);
      default:
        return this.#options.events.frame(frame);
    }
  }

  #welcome(socket: WebSocket, frame: WelcomeFrame): void {
    const now = this.#now();
    const { framesPerSecond, frameBurst } = frame.limits;
    this.#session = frame.session;
    this.#joined = true;
    this.#refusal = undefined;
    this.#enter({
      tag: "open",
      socket,
      since: now,
      bucket: bucket(frameBurst * SIGNALING.rateShare, framesPerSecond * SIGNALING.rateShare, now),
    });
    this.#renewIce(frame.ttlSeconds);
    this.#options.events.welcome(frame);
    if (this.#owns(socket)) this.#heartbeat.start();
  }

  #renewIce(ttlSeconds: number | undefined): void {
    clearTimeout(this.#iceTimer);
    if (ttlSeconds === undefined) return;
    this.#iceTimer = setTimeout(
      () => this.send({ type: "iceServers" }),
      Math.min(ttlSeconds * 1000 * SIGNALING.renewIceAt, 2 ** 31 - 1),
    );
  }

  /** The socket does not answer: go on without waiting for its `close`, which may take minutes. */
  #abandon(): void {
    if (!("socket" in this.#state)) return;
    const { socket } = this.#state;
    this.#lost(0);
    socket.close();
  }

  #lost(code: number): void {
    const refusal = this.#refusal;
    // Only a node gives another code than that which a browser makes up for a cut.
    this.#urgency = tried(code > 0 && code !== CUT ? CALM : this.#urgency);
    const verdict = judgeClose({
      code,
      refusal,
      isResuming: this.#session !== undefined && this.#state.tag === "connecting",
      hasJoined: this.#joined,
    });
    if (verdict instanceof Error) return this.#fail(verdict);
    if (verdict === "anew") this.#session = undefined;
    if (this.#state.tag === "open") {
      if (this.#now() - this.#state.since >= SIGNALING.stableMs) this.#tries = 0;
    }
    const delay = retryDelay(this.#tries++, this.#pace.retry, {
      random: this.#random,
      atLeastMs: refusal?.retryAfterMs,
    });
    const patience = this.#began + SIGNALING.joinPatienceMs - this.#now();
    if (!this.#joined && delay > patience) {
      return this.#fail(
        callError(
          "unreachable",
          `Cannot join over ${this.#url}: ${refusal?.message ?? "no answer"}`,
          {
            retryAfterMs: refusal?.retryAfterMs,
          },
        ),
      );
    }
    this.#wait(delay);
    this.#options.events.away();
  }

  get #pace(): Pace {
    return isUrgent(this.#urgency, this.#now()) ? SIGNALING.urgent : SIGNALING;
  }

  #tokenFailed(cause: unknown): void {
    if (!this.#joined) {
      return this.#fail(
        callError("token_invalid", `Cannot join: the token function failed: ${cause}`, { cause }),
      );
    }
    this.#abandon();
  }

  #fail(error: CallError): void {
    const socket = "socket" in this.#state ? this.#state.socket : undefined;
    this.#enter({ tag: "closed" });
    socket?.close();
    this.#options.events.closed(error);
  }

  #wait(delay: number): void {
    this.#enter({ tag: "waiting", timer: setTimeout(() => this.#connect(), delay) });
  }

  #owns(socket: WebSocket): boolean {
    return "socket" in this.#state && this.#state.socket === socket;
  }

  /** The only place where the state changes its tag: the timers of the old one end with it. */
  #enter(next: State): void {
    const last = this.#state;
    if ("timer" in last) clearTimeout(last.timer);
    if (last.tag === "open") {
      this.#heartbeat.stop();
      clearTimeout(this.#iceTimer);
      clearTimeout(this.#readyTimer);
      this.#readyTimer = undefined;
    }
    this.#state = next;
  }
}

/** A socket may be closing a while before it says that it has closed. */
const isOpen = ({ readyState }: WebSocket) => readyState === WebSocket.OPEN;
