/**
 * The connection to the service: one socket at a time, joined or resumed, watched and replaced.
 *
 * @module
 */
import type { Exchange } from "../lib/clock_estimate.ts";
import type { ClientFrame, ServerFrame, WelcomeFrame } from "../lib/protocol.ts";
import type { CallError } from "./api.ts";
import type { Random } from "./backoff.ts";
import { type Clock, monotonic } from "./clock.ts";
import { judgeClose } from "./close_verdict.ts";
import { callError } from "./errors.ts";
import { Heartbeat } from "./heartbeat.ts";
import { hello, type HelloOptions } from "./hello.ts";
import { isOpen, Pacer } from "./pacer.ts";
import { SIGNALING } from "./policy.ts";
import { Retries } from "./retries.ts";
import { signalUrl } from "./signal_url.ts";

type ErrorFrame = Extract<ServerFrame, { type: "error" }>;
type Timer = ReturnType<typeof setTimeout>;

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

export interface SignalingOptions extends HelloOptions {
  /** Where the service runs, `http(s)` or `ws(s)`. */
  url: string;
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
    readonly pacer: Pacer;
  }
  | { readonly tag: "waiting"; readonly timer: Timer }
  | { readonly tag: "closed" };

export class Signaling {
  readonly #options: SignalingOptions;
  readonly #url: string;
  readonly #now: Clock;
  readonly #began: number;
  #state: State = { tag: "closed" };
  #session: string | undefined;
  #joined = false;
  /** What the node said last on this socket: it explains the close that follows. */
  #refusal: ErrorFrame | undefined;
  #iceTimer: Timer | undefined;
  readonly #heartbeat: Heartbeat;
  readonly #retries: Retries;

  constructor(options: SignalingOptions) {
    this.#options = options;
    this.#now = options.now ?? monotonic;
    this.#began = this.#now();
    this.#url = signalUrl(options.url);
    this.#heartbeat = new Heartbeat({
      ping: (id) => this.send({ type: "ping", id }),
      overdue: () => this.#abandon(),
    }, this.#now);
    this.#retries = new Retries(options.random ?? Math.random, this.#now);
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
    return this.#state.tag === "open" && this.#state.pacer.ready();
  }

  /** Sends a frame if the socket is open; returns whether it was. Control frames do not wait for {@linkcode ready}. */
  send(frame: ClientFrame): boolean {
    return this.sendText(JSON.stringify(frame));
  }

  /** The same for a frame that is JSON text already. */
  sendText(text: string): boolean {
    return this.#state.tag === "open" && this.#state.pacer.send(text);
  }

  /**
   * Our network changed, or seems to be cut off: find out if open, and try at once if not, and often from now on. Not
   * for when only the service seems to be gone: then everybody would. `silence`: nobody is heard, and nothing else
   * speaks for it; perhaps it is they who are cut off.
   */
  hurry(why: "network" | "silence" = "network"): void {
    const delay = this.#retries.hurry(why);
    if (this.#state.tag === "open") this.#heartbeat.probe(why);
    if (this.#state.tag === "waiting") {
      clearTimeout(this.#state.timer);
      this.#wait(delay);
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
    const first = hello(this.#session, this.#options);
    first.catch(() => {});
    socket.onopen = async () => {
      const frame = await first.catch((cause) => ({ cause }));
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

  #giveUpLater(): Timer {
    return setTimeout(() => this.#abandon(), this.#retries.openTimeoutMs);
  }

  #handle(socket: WebSocket, frame: ServerFrame): void {
    // Whatever it says, it has been reached.
    if (this.#state.tag === "connecting") this.#retries.reached();
    switch (frame.type) {
      case "welcome":
        return this.#welcome(socket, frame);
      case "ping":
        // From an event, never from a timer: those of a hidden page are late by a minute.
        this.send({ type: "pong" });
        return;
      case "pong":
        this.#retries.reached();
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
    this.#session = frame.session;
    this.#joined = true;
    this.#refusal = undefined;
    this.#enter({
      tag: "open",
      socket,
      since: this.#now(),
      pacer: new Pacer(socket, frame.limits, {
        now: this.#now,
        ready: () => this.#options.events.ready(),
      }),
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
    const verdict = judgeClose({
      code,
      refusal,
      isResuming: this.#session !== undefined && this.#state.tag === "connecting",
      hasJoined: this.#joined,
    });
    if (verdict instanceof Error) return this.#fail(verdict);
    if (verdict === "anew") this.#session = undefined;
    const { message = "no answer", retryAfterMs } = refusal ?? {};
    const stoodMs = this.#state.tag === "open" ? this.#now() - this.#state.since : 0;
    const delay = this.#retries.next({ code, stoodMs, atLeastMs: retryAfterMs });
    const patience = this.#began + SIGNALING.joinPatienceMs - this.#now();
    if (!this.#joined && delay > patience) {
      const text = `Cannot join over ${this.#url}: ${message}`;
      return this.#fail(callError("unreachable", text, { retryAfterMs }));
    }
    this.#wait(delay);
    this.#options.events.away();
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
      last.pacer.stop();
    }
    this.#state = next;
  }
}
