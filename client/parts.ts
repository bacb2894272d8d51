/**
 * The parts of the SDK that a call does not need to stand: loaded when it is likely to need them, each once per mesh.
 *
 * @module
 */
import type { Measured, ServerFrame } from "../lib/protocol.ts";
import type { AdaptationInfo, CallStats } from "./api.ts";
import { retryDelay } from "./backoff.ts";
import { offerCaptureTimes } from "./capture_times.ts";
import type { Care, CaredCall, CareTools } from "./care/care.ts";
import { monotonic } from "./clock.ts";
import { report } from "./emitter.ts";
import { callError, refusal } from "./errors.ts";
import type { Mesh } from "./mesh.ts";
import type { LinkKind } from "./link.ts";
import { OnDemand } from "./on_demand.ts";
import { PARTS } from "./policy.ts";
import { decode } from "./prime.ts";
import type { Remote } from "./remote.ts";
import type { DownlinkSample } from "./sfu/layers.ts";
import type { Switch } from "./sfu/switch.ts";
import type { SwitchedCall, Tools } from "./sfu/switched.ts";
import { seenWidth, visibleVideos } from "./tiles.ts";

/** What they would have to load again. */
const TOOLS: Tools & CareTools = {
  decode,
  retryDelay,
  now: monotonic,
  offerCaptureTimes,
  refusal,
  callError,
  seen: ({ stream }) => seenWidth(visibleVideos(), stream),
};

/** What of a participant's signals is for what looks after the call: each is told when it changes, and not again. */
const TOLD_ONCE = ["paused", "clock", "sees"];

/** The call, as its parts see it. */
export type PartsCall = CaredCall & SwitchedCall & { switched(by: Switch): void };

/** What a call has loaded, or will: says to it what it is to know, and holds what it cannot be told yet. */
export class Parts {
  readonly #call: PartsCall;
  readonly #care: OnDemand<Care>;
  readonly #switch: OnDemand<Switch>;
  /** What each has said last to the one that is not there yet. */
  readonly #held = new Map<Remote, Record<string, unknown>>();
  #closed = false;

  constructor(call: PartsCall, mesh: Mesh) {
    this.#call = call;
    this.#care = new OnDemand(async () => {
      const Loaded = await this.#fetch(async () => (await import("./care/care.ts")).Care);
      if (Loaded === undefined) return undefined;
      const care = new Loaded(call, TOOLS);
      for (const [remote, item] of this.#held) care.handle(remote, item);
      this.#held.clear();
      return care;
    });
    this.#switch = new OnDemand(async () => {
      const Loaded = await this.#fetch(async () => (await import("./sfu/switch.ts")).Switch);
      if (Loaded === undefined) return undefined;
      const made = new Loaded(call, mesh, TOOLS);
      call.switched(made);
      return made;
    });
  }

  /** Whether what moves media between the mesh and others is there. */
  get isSwitched(): boolean {
    return this.#switch.part !== undefined;
  }

  /** How what is sent is adapted. */
  get adaptation(): AdaptationInfo {
    return this.#care.part?.adaptation.info ?? { sending: "full", reason: "none" };
  }

  /** Loads what is likely to be needed by now; `switched`: all, because it is needed. */
  async prepare(
    switched = this.#call.way.mode !== "mesh" || this.#call.probes !== undefined,
  ): Promise<void> {
    const { participants } = this.#call.roster;
    if (!switched && participants.size < PARTS.care.participants) return;
    // It is the one who tells the node what the other has found out.
    if (await this.#care.get() === undefined) return;
    if (switched || participants.size >= PARTS.switch.participants) await this.#switch.get();
  }

  handleFrame(frame: ServerFrame): void {
    this.#switch.part?.handleFrame(frame);
    this.#care.part?.handleFrame(frame);
  }

  /** Takes in what a participant's {@linkcode CaredCall.signal} said. */
  handle(from: Remote, item: unknown): void {
    const care = this.#care.part;
    if (care !== undefined) return care.handle(from, item);
    const said = Object.entries(Object(item)).filter(([key]) => TOLD_ONCE.includes(key));
    if (said.length === 0) return;
    this.#held.set(from, { ...this.#held.get(from), ...Object.fromEntries(said) });
  }

  added(remote: Remote): void {
    this.#care.part?.added(remote);
  }

  left(remote: Remote): void {
    this.#held.delete(remote);
    this.#care.part?.left(remote);
  }

  /** Whether something of this kind can be sent to somebody while the service is away. */
  reaches(to: string, type: LinkKind): boolean {
    return this.#care.part?.reaches(to, type) ?? false;
  }

  /** Sends what the service may not deliver by other ways too. */
  carry(to: string, type: LinkKind, payload: string): void {
    this.#care.part?.carry(to, type, payload);
  }

  /** Takes in what has just been measured. */
  measured(samples: readonly DownlinkSample[]): void {
    this.#switch.part?.measured(samples);
  }

  /** Has the node told what was measured. */
  report(measured: Measured): void {
    this.#care.part?.report(measured);
  }

  /** What the application wants of the adaptation has changed. */
  async adapt(): Promise<void> {
    (await this.#care.get())?.adaptation.tend();
  }

  /** What has been measured until now. */
  async stats(): Promise<CallStats> {
    return await (await this.#care.get())?.stats() ?? { timestamp: Date.now(), participants: {} };
  }

  /** See {@linkcode Call.shortCode}. */
  async shortCode(id: string): Promise<string | undefined> {
    return await (await this.#care.get())?.shortCode(id);
  }

  close(): void {
    this.#closed = true;
    this.#care.part?.close();
  }

  /** Tries until it is there; `undefined`: nobody waits any more. */
  async #fetch<Part>(load: () => Promise<Part>): Promise<Part | undefined> {
    for (let tries = 0; !this.#closed; tries++) {
      const loaded = await load().catch(report);
      if (this.#closed) return undefined;
      if (loaded !== undefined) return loaded;
      const { way: { mode, epoch }, signaling } = this.#call;
      const sfu = { epoch, state: "unreachable" } as const;
      if (mode === "sfu") signaling.send({ type: "report", measured: { sfu } });
      await new Promise((resolve) => setTimeout(resolve, retryDelay(tries, PARTS.retry)));
    }
  }
}
