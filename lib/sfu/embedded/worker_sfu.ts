import { assertNever } from "../../assert_never.ts";
import type { Log } from "../../log.ts";
import {
  type Sfu,
  SfuError,
  type SfuEvents,
  type SfuInfo,
  type SfuSeat,
  type SfuSession,
} from "../mod.ts";
import { EMBEDDED } from "./policy.ts";
import type { Ask, Call, Event, Told, WorkerOptions } from "./wire.ts";
import { WorkerSession } from "./worker_session.ts";

export interface WorkerSfuOptions extends WorkerOptions {
  /** Whether it can be used at all; asked once. */
  hasUdp(): Promise<boolean>;
  readonly log: Log;
  /** Begins the worker; the SFU's own, where absent. */
  makeWorker?(): SfuWorker;
}

/** What is needed of a worker. */
export type SfuWorker = Pick<Worker, "postMessage" | "terminate" | "onmessage" | "onerror">;

function makeWorker(): SfuWorker {
  return new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
}

interface Waiting {
  resolve(value: string | undefined): void;
  reject(error: SfuError): void;
  /** Until it is given up. */
  readonly timer: ReturnType<typeof setTimeout> | undefined;
}

type State =
  | { name: "starting" }
  /** It can be used; the worker begins when it is. */
  | { name: "idle" }
  /** `begun`: it has begun, or is lost. */
  | { name: "running"; worker: SfuWorker; begun: Promise<unknown> }
  | { name: "down"; reason: string }
  | { name: "closed" };

function reasonOf(state: State): string {
  switch (state.name) {
    case "starting":
      return "it is starting";
    case "idle":
    case "running":
      return "";
    case "down":
      return state.reason;
    case "closed":
      return "it is closed";
    default:
      return assertNever(state);
  }
}

/** An SFU in a worker of this process, as the node uses it. */
export class WorkerSfu implements Sfu {
  readonly reach = "hosted";
  readonly #options: WorkerSfuOptions;
  readonly #listeners: (() => void)[] = [];
  readonly #waiting = new Map<number, Waiting>();
  readonly #sessions = new Map<number, { events: SfuEvents; ticket?: string }>();
  readonly #started: Promise<void>;
  #state: State = { name: "starting" };
  #restart: ReturnType<typeof setTimeout> | undefined;
  #load = 0;
  #calls = 0;
  #names = 0;

  constructor(options: WorkerSfuOptions) {
    this.#options = options;
    this.#started = options.hasUdp().then((has) => {
      if (this.#state.name !== "starting") return;
      this.#become(has ? { name: "idle" } : { name: "down", reason: "this host has no UDP" });
    });
  }

  get info(): SfuInfo {
    return this.#options.info;
  }

  get health(): "up" | "down" {
    return this.#state.name === "idle" || this.#state.name === "running" ? "up" : "down";
  }

  get reason(): string {
    return reasonOf(this.#state);
  }

  get load(): number {
    return this.#load;
  }

  onHealth(listener: () => void): void {
    this.#listeners.push(listener);
  }

  #become(state: State): void {
    const before = this.health;
    this.#state = state;
    if (this.health === before) return;
    for (const listener of this.#listeners) listener();
  }

  /** The worker, once it has begun. @throws {SfuError} (rejects) `unavailable` */
  async #running(): Promise<SfuWorker> {
    switch (this.#state.name) {
      case "running": {
        const { worker, begun } = this.#state;
        await begun;
        return worker;
      }
      case "starting":
      case "down":
      case "closed":
        throw new SfuError("unavailable", `Cannot use the SFU: ${this.reason}`);
      case "idle":
        break;
      default:
        assertNever(this.#state);
    }
    const worker = (this.#options.makeWorker ?? makeWorker)();
    worker.onmessage = ({ data }: MessageEvent<Told>) => this.#told(data);
    worker.onerror = (event) => {
      // Or the whole process would end with it.
      event.preventDefault();
      this.#lost(worker, event.message);
    };
    const { info, address, ports } = this.#options;
    const begun = this.#post(worker, { op: "start", options: { info, address, ports } });
    this.#become({ name: "running", worker, begun });
    begun.catch((error: Error) => this.#lost(worker, error.message));
    await begun;
    return worker;
  }

  /** @throws {SfuError} (rejects) what the worker says, or `unavailable` where it says nothing in time. */
  async #call(ask: Ask): Promise<string | undefined> {
    return await this.#post(await this.#running(), ask);
  }

  #post(worker: SfuWorker, ask: Ask): Promise<string | undefined> {
    const call = ++this.#calls;
    const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
    // At its start it loads everything.
    const ms = ask.op === "start" ? EMBEDDED.startMs : EMBEDDED.callMs;
    const timer = setTimeout(() => {
      if (ask.op === "open") this.#undo(call, ask);
      else this.#waiting.delete(call);
      const late = `Cannot ${ask.op}: the SFU has not answered within ${ms} ms`;
      reject(new SfuError("unavailable", late));
    }, ms);
    this.#waiting.set(call, { resolve, reject, timer });
    worker.postMessage({ call, ask } satisfies Call);
    return promise;
  }

  /** Nobody waits for the session that `call` opens any more: when it is there, it is left again. */
  #undo(call: number, { session, seat }: Ask & { op: "open" }): void {
    // One that there was before can still be gone on with.
    const op = seat.ticket === undefined ? "end" : "release";
    const resolve = () => void this.#call({ op, session }).catch(() => {});
    this.#waiting.set(call, { resolve, reject: () => {}, timer: undefined });
  }

  #told(told: Told): void {
    switch (told.kind) {
      case "done":
        return this.#settle(told.call)?.resolve(told.value);
      case "failed":
        return this.#settle(told.call)?.reject(new SfuError(told.code, told.message));
      case "event":
        return this.#event(told.session, told.event);
      case "mistake":
        this.#options.log("error", "embedded_sfu", { sfu: this.info.id, error: told.error });
        return;
      case "state":
        this.#load = told.load;
        // What it cannot do now (a port range that is taken) it may be able to do later: asked anew by the next one.
        if (told.health === "down" && this.#state.name === "running") {
          this.#lost(this.#state.worker, told.reason);
        }
        return;
      default:
        assertNever(told);
    }
  }

  #settle(call: number): Waiting | undefined {
    const waiting = this.#waiting.get(call);
    this.#waiting.delete(call);
    clearTimeout(waiting?.timer);
    return waiting;
  }

  #event(session: number, event: Event): void {
    const events = this.#sessions.get(session)?.events;
    if (events === undefined) return;
    switch (event.op) {
      case "offer":
        return events.offer(event.offer);
      case "candidate":
        return events.candidate(event.of, event.candidate);
      case "ended":
        this.#sessions.delete(session);
        return events.ended(event.reason);
      default:
        assertNever(event);
    }
  }

  /** The worker is gone, and everything with it. */
  #lost(worker: SfuWorker, reason: string): void {
    if (this.#state.name !== "running" || this.#state.worker !== worker) return;
    worker.terminate();
    this.#load = 0;
    this.#become({ name: "down", reason });
    this.#endAll(reason);
    const timer = setTimeout(() => {
      if (this.#state.name === "down") this.#become({ name: "idle" });
    }, EMBEDDED.restartMs);
    Deno.unrefTimer(timer);
    this.#restart = timer;
  }

  #endAll(reason: string): void {
    for (const call of [...this.#waiting.keys()]) {
      this.#settle(call)?.reject(new SfuError("unavailable", `The SFU is gone: ${reason}`));
    }
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const { events } of sessions) events.ended(reason);
  }

  async open(seat: SfuSeat, events: SfuEvents): Promise<SfuSession> {
    await this.#started;
    const session = ++this.#names;
    this.#sessions.set(session, { events });
    try {
      const ticket = await this.#call({ op: "open", session, seat });
      // Whoever had it before is told nothing any more.
      for (const [name, other] of this.#sessions) {
        if (other.ticket === ticket) this.#sessions.delete(name);
      }
      if (this.#sessions.has(session)) this.#sessions.set(session, { events, ticket });
      return new WorkerSession(ticket ?? "", {
        ask: (ask) => this.#ask(session, ask),
        leave: (op) => this.#leave(session, op),
      });
    } catch (error) {
      this.#sessions.delete(session);
      throw error;
    }
  }

  async #ask(session: number, ask: (session: number) => Ask): Promise<string | undefined> {
    if (!this.#sessions.has(session)) {
      throw new SfuError("session_gone", "Cannot go on with the session: it is over");
    }
    return await this.#call(ask(session));
  }

  /** Nothing is told of it any more. Never rejects. */
  async #leave(session: number, op: "end" | "release"): Promise<void> {
    if (!this.#sessions.delete(session) || this.#state.name !== "running") return;
    await this.#call({ op, session }).catch(() => {});
  }

  async close(): Promise<void> {
    await this.#started;
    clearTimeout(this.#restart);
    if (this.#state.name === "running") {
      const { worker } = this.#state;
      await this.#post(worker, { op: "close" }).catch(() => {});
      worker.terminate();
    }
    this.#become({ name: "closed" });
    this.#endAll("the SFU is closed");
  }
}
