/**
 * The parts of the SDK that a call does not need to stand: loaded when it is likely to need them, each once per mesh.
 *
 * @module
 */
import type { ServerFrame } from "../lib/protocol.ts";
import { retryDelay } from "./backoff.ts";
import { offerCaptureTimes } from "./capture_times.ts";
import type { Care, CaredCall, CareTools } from "./care/care.ts";
import { monotonic } from "./clock.ts";
import { report } from "./emitter.ts";
import { callError, refusal } from "./errors.ts";
import type { Mesh } from "./mesh.ts";
import { PARTS } from "./policy.ts";
import { decode } from "./prime.ts";
import type { Remote } from "./remote.ts";
import type { DownlinkSample } from "./sfu/layers.ts";
import type { Switch, SwitchedCall, Tools } from "./sfu/switch.ts";

/** What they would have to load again. */
const TOOLS: Tools & CareTools = {
  decode,
  retryDelay,
  now: monotonic,
  offerCaptureTimes,
  refusal,
  callError,
};

/** The call, as its parts see it. */
export type PartsCall = CaredCall & SwitchedCall & { switched(by: Switch): void };

export class Parts {
  readonly #call: PartsCall;
  readonly #mesh: Mesh;
  #care: Care | undefined;
  #caring: Promise<Care | undefined> | undefined;
  /** What was said to `#care` before it was there. */
  readonly #held: [Remote, unknown][] = [];
  #switch: Switch | undefined;
  #switching = false;
  #closed = false;

  constructor(call: PartsCall, mesh: Mesh) {
    this.#call = call;
    this.#mesh = mesh;
  }

  /** What looks after the call, if it is there. */
  get care(): Care | undefined {
    return this.#care;
  }

  /** Whether what moves media between the mesh and others is there. */
  get isSwitched(): boolean {
    return this.#switch !== undefined;
  }

  /** Loads what is likely to be needed by now; `switched`: all, because it is needed. */
  async prepare(
    switched = this.#call.way.mode !== "mesh" || this.#call.probes !== undefined,
  ): Promise<void> {
    const { participants } = this.#call.roster;
    if (!switched && participants.size < PARTS.care.participants) return;
    // It is the one who tells the node what the other has found out.
    if (await this.load() === undefined || this.#switching) return;
    if (!switched && participants.size < PARTS.switch.participants) return;
    this.#switching = true;
    const Loaded = await this.#fetch(async () => (await import("./sfu/switch.ts")).Switch);
    if (Loaded === undefined) return;
    this.#switch = new Loaded(this.#call, this.#mesh, TOOLS);
    this.#call.switched(this.#switch);
  }

  /** Loads what looks after the call; `undefined`: nobody waits any more. */
  load(): Promise<Care | undefined> {
    return this.#caring ??= this.#loadCare();
  }

  handleFrame(frame: ServerFrame): void {
    this.#switch?.handleFrame(frame);
    this.#care?.handleFrame(frame);
  }

  /** Takes in what a participant's {@linkcode CaredCall.signal} said. */
  handle(from: Remote, item: unknown): void {
    if (this.#care !== undefined) this.#care.handle(from, item);
    else if (this.#held.length < PARTS.held) this.#held.push([from, item]);
  }

  /** Takes in what has just been measured. */
  measured(samples: readonly DownlinkSample[]): void {
    this.#switch?.measured(samples);
  }

  close(): void {
    this.#closed = true;
    this.#care?.close();
  }

  async #loadCare(): Promise<Care | undefined> {
    const Loaded = await this.#fetch(async () => (await import("./care/care.ts")).Care);
    if (Loaded === undefined) return undefined;
    this.#care = new Loaded(this.#call, TOOLS);
    for (const [remote, item] of this.#held.splice(0)) this.#care.handle(remote, item);
    return this.#care;
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
