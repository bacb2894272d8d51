/**
 * One participant: a client that knows the wire of docs/protocol.md, keeps its place by `resume` on whichever node it
 * finds, and repairs its signals end to end.
 *
 * @module
 */
import { retryDelay } from "../../client/backoff.ts";
import { Courier } from "../../client/courier.ts";
import { SIGNALING } from "../../client/policy.ts";
import { mayComeBack } from "../../lib/codes.ts";
import type { ClientFrame, ServerFrame, WelcomeFrame } from "../../lib/protocol.ts";
import { pick } from "./random.ts";
import { Roster } from "./roster.ts";

type Timer = ReturnType<typeof setTimeout>;
type ErrorFrame = Extract<ServerFrame, { type: "error" }>;

/** What a person tells, and what it knows of the world. */
export interface World {
  /** Of the nodes' sockets. */
  readonly addresses: readonly string[];
  readonly random: () => number;
  now(): number;
  /** A signal has come, once and in order as far as the repair goes. */
  delivered(to: Person, from: string, item: unknown): void;
  /** `observer` is told that somebody has left. */
  left(observer: Person, id: string): void;
  /** A welcome; `as`: what the node takes it for. */
  welcomed(person: Person, as: "new" | "resumed" | "new again"): void;
  /** An error frame. */
  erred(person: Person, error: ErrorFrame): void;
  /** The node says that it may not come back. */
  expelled(person: Person, why: string): void;
}

/** Where a person stands. `here`: welcomed, on an open socket. `over`: for good. */
export type Standing =
  | { readonly tag: "connecting"; readonly node: number; readonly socket: WebSocket; timer: Timer }
  | {
    readonly tag: "here";
    readonly node: number;
    readonly socket: WebSocket;
    readonly since: number;
    readonly ping: Timer;
    /** Set while a pong is owed. */
    overdue: Timer | undefined;
  }
  | { readonly tag: "waiting"; readonly timer: Timer }
  | { readonly tag: "over"; readonly at: number };

export class Person {
  readonly roster = new Roster();
  readonly courier: Courier;
  readonly #world: World;
  readonly #sockets = new Set<Promise<void>>();
  #standing: Standing;
  #id: string | undefined;
  #session: string | undefined;
  /** Where it goes next, or is. */
  #node: number;
  #lastNode: number;
  #tries = 0;
  #lostAt: number | undefined;
  #refusal: ErrorFrame | undefined;

  /** Comes in, first by `node`. */
  constructor(world: World, readonly room: string, readonly token: string, node: number) {
    this.#world = world;
    this.#node = node;
    this.#lastNode = node;
    this.courier = new Courier({
      ready: () => this.#isOpen,
      send: (type, to, payload) =>
        this.#transmit(`{"type":"${type}","to":"${to}","data":${payload}}`),
      deliver: (from, _kind, item) => this.#world.delivered(this, from, item),
    }, { random: world.random });
    this.#standing = this.#connecting();
  }

  get standing(): Standing {
    return this.#standing;
  }

  /** Once it was welcomed. */
  get id(): string | undefined {
    return this.#id;
  }

  /** The node on which it was last welcomed. */
  get lastNode(): number {
    return this.#lastNode;
  }

  /** Since when it has no socket on which it was welcomed, in ms; `undefined`: it has one, or never had. */
  get lostAt(): number | undefined {
    return this.#standing.tag === "here" ? undefined : this.#lostAt;
  }

  get isOver(): boolean {
    return this.#standing.tag === "over";
  }

  /** Goes for good: with a word, or as when a browser is killed. */
  end(how: "leave" | "vanish"): void {
    const socket = "socket" in this.#standing ? this.#standing.socket : undefined;
    if (how === "leave") this.#transmit(JSON.stringify({ type: "leave" } satisfies ClientFrame));
    this.#enter({ tag: "over", at: this.#world.now() });
    this.courier.close();
    socket?.close();
  }

  /** Resolves when all its sockets have closed. */
  async closed(): Promise<void> {
    await Promise.all(this.#sockets);
  }

  get #isOpen(): boolean {
    return this.#standing.tag === "here" && this.#standing.socket.readyState === WebSocket.OPEN;
  }

  #connecting(): Standing {
    const socket = new WebSocket(this.#world.addresses[this.#node]!);
    this.#refusal = undefined;
    const mine = () => "socket" in this.#standing && this.#standing.socket === socket;
    socket.onopen = () => {
      if (mine()) socket.send(JSON.stringify(this.#hello()));
    };
    socket.onmessage = ({ data }) => {
      if (mine()) this.#handle(JSON.parse(data) as ServerFrame);
    };
    socket.onerror = () => {/* `close` follows */};
    const closed = new Promise<void>((resolve) => {
      socket.onclose = ({ code }) => {
        resolve();
        this.#sockets.delete(closed);
        if (mine()) this.#lost(code);
      };
    });
    this.#sockets.add(closed);
    const timer = setTimeout(() => this.#abandon(), SIGNALING.openTimeoutMs);
    return { tag: "connecting", node: this.#node, socket, timer };
  }

  #hello(): ClientFrame {
    if (this.#session !== undefined) return { type: "resume", session: this.#session };
    return { type: "join", token: this.token };
  }

  #handle(frame: ServerFrame): void {
    switch (frame.type) {
      case "welcome":
        return this.#welcome(frame);
      case "participant": {
        const { participant: { id, state }, version } = frame;
        if (id === this.#id) return;
        const before = this.roster.people.get(id);
        if (!this.roster.participant(frame.participant, version)) return;
        this.#meet(id);
        if (before !== "active" && state === "active") this.courier.restart(id);
        return;
      }
      case "left":
        if (this.roster.left(frame.id, frame.version)) this.#world.left(this, frame.id);
        return;
      case "signal":
        return this.courier.handle(frame.from, "signal", frame.data);
      case "ping":
        return this.#transmit(JSON.stringify({ type: "pong" } satisfies ClientFrame));
      case "pong":
        return this.#pong();
      case "error":
        this.#refusal = frame;
        return this.#world.erred(this, frame);
      default:
        return;
    }
  }

  #welcome(frame: WelcomeFrame): void {
    if (this.#standing.tag !== "connecting") return;
    const { node, socket } = this.#standing;
    const joinedBefore = this.#id !== undefined;
    this.#lastNode = node;
    this.#id = frame.self.id;
    this.#session = frame.session;
    this.#refusal = undefined;
    this.roster.welcome(frame);
    this.#enter({
      tag: "here",
      node,
      socket,
      since: this.#world.now(),
      ping: setInterval(() => this.#ping(), SIGNALING.pingIntervalMs),
      overdue: undefined,
    });
    for (const { id } of frame.participants) this.#meet(id);
    this.courier.restart();
    this.#world.welcomed(this, !joinedBefore ? "new" : frame.resumed ? "resumed" : "new again");
  }

  #meet(id: string): void {
    this.courier.add(id);
    this.courier.catchUp(id);
  }

  #ping(): void {
    if (this.#standing.tag !== "here") return;
    this.#transmit(JSON.stringify({ type: "ping" } satisfies ClientFrame));
    this.#standing.overdue ??= setTimeout(() => this.#abandon(), SIGNALING.pongTimeoutMs);
  }

  #pong(): void {
    if (this.#standing.tag !== "here") return;
    clearTimeout(this.#standing.overdue);
    this.#standing.overdue = undefined;
  }

  /** The socket does not answer: go on without waiting for its close. */
  #abandon(): void {
    if (!("socket" in this.#standing)) return;
    const { socket } = this.#standing;
    this.#lost(1006);
    socket.close();
  }

  #lost(code: number): void {
    const { now, random } = this.#world;
    if (this.#standing.tag === "here") {
      this.#lostAt = now();
      if (now() - this.#standing.since >= SIGNALING.stableMs) this.#tries = 0;
    }
    if (!mayComeBack(code)) {
      const why = `${code} ${this.#refusal?.code ?? ""}: ${this.#refusal?.message ?? ""}`;
      this.#enter({ tag: "over", at: now() });
      this.courier.close();
      return this.#world.expelled(this, why);
    }
    const delay = retryDelay(this.#tries++, SIGNALING.retry, {
      random,
      atLeastMs: this.#refusal?.retryAfterMs,
    });
    const others = this.#world.addresses.keys().filter((node) => node !== this.#node).toArray();
    this.#node = pick(others.length > 0 ? others : [this.#node], random);
    this.#enter({
      tag: "waiting",
      timer: setTimeout(() => this.#enter(this.#connecting()), delay),
    });
  }

  #transmit(text: string): void {
    if (!("socket" in this.#standing)) return;
    if (this.#standing.socket.readyState === WebSocket.OPEN) this.#standing.socket.send(text);
  }

  /** The only place where the standing changes: the timers of the old one end with it. */
  #enter(next: Standing): void {
    const last = this.#standing;
    if ("timer" in last) clearTimeout(last.timer);
    if (last.tag === "here") {
      clearInterval(last.ping);
      clearTimeout(last.overdue);
    }
    this.#standing = next;
  }
}
