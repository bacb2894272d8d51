/**
 * Looks after a running call: measures it, tells the application and the node how it goes, and has each part do what is
 * to be done about it. Loaded as soon as somebody else is there; a call stands without it.
 *
 * @module
 */
import type { ClientFrame, ServerFrame } from "../../lib/protocol.ts";
import type { CallEvents, MediaState, ParticipantStats, Permissions } from "../api.ts";
import type { Attempt } from "../attempt.ts";
import type { Clock } from "../clock.ts";
import type { Emitter } from "../emitter.ts";
import type { Remote } from "../remote.ts";
import type { Transport } from "../transport.ts";
import type { Way } from "../way.ts";
import { Monitor } from "./monitor.ts";
import { MONITOR } from "./policy.ts";
import { Reporter } from "./reporter.ts";
import { participantStats } from "./stats.ts";
import { feelStrain, isRelayed, NO_STRAIN, strainOf } from "./strain.ts";

/** The mesh, as it is looked after. */
export interface CaredMesh {
  /** By participant id: the attempt that carries the media now. */
  readonly attempts: ReadonlyMap<string, Attempt>;
}

/** The call, as it is looked after. */
export interface CaredCall {
  readonly self: { readonly id: string; readonly media: MediaState; speaking: boolean } & {
    readonly permissions: Permissions;
  };
  readonly roster: { readonly participants: ReadonlyMap<string, Remote> };
  readonly signaling: { send(frame: ClientFrame): boolean };
  readonly emitter: Pick<Emitter<CallEvents>, "emit">;
  readonly way: Way;
  readonly mesh: CaredMesh;
  /** Where media goes now. */
  readonly transport: Pick<Transport, "stats" | "levels">;
  /** Says something to what looks after the call at a participant, reliably and in order. */
  signal(to: string, item: Record<string, unknown>): void;
  /** Takes in what was measured. */
  measured(stats: Record<string, ParticipantStats>): void;
}

/** What the SDK has loaded already. */
export interface CareTools {
  now: Clock;
}

export class Care {
  readonly reporter: Reporter;
  readonly #call: CaredCall;
  readonly #now: Clock;
  readonly #monitor: Monitor;
  readonly #timers: ReturnType<typeof setInterval>[];
  #strain = NO_STRAIN;

  constructor(call: CaredCall, { now }: CareTools) {
    this.#call = call;
    this.#now = now;
    this.reporter = new Reporter((measured) => call.signaling.send({ type: "report", measured }));
    this.#monitor = new Monitor({
      participants: () => call.roster.participants.values(),
      self: () => ({ id: call.self.id, microphone: call.self.media.microphone }),
      quality: (remote) => call.emitter.emit("quality", remote),
      speaking: (id, speaking) => {
        if (id === call.self.id) call.self.speaking = speaking;
        call.emitter.emit("speaking", { id, speaking });
      },
    });
    // A connection that closes under our hands makes a round fail; the next one is soon enough.
    this.#timers = [
      setInterval(() => this.#look().catch(() => {}), MONITOR.statsIntervalMs),
      setInterval(() => this.#listen().catch(() => {}), MONITOR.levelIntervalMs),
    ];
  }

  /** Takes in whatever the node says, once the call has. */
  handleFrame(frame: ServerFrame): void {
    // The node may be another, which knows nothing.
    if (frame.type === "welcome") this.reporter.repeat();
  }

  /** Takes in what a participant's {@linkcode CaredCall.signal} said. */
  handle(_from: Remote, _item: unknown): void {
  }

  /** Somebody has come. */
  added(_remote: Remote): void {
  }

  /** Somebody has left. */
  left(_remote: Remote): void {
  }

  /** What every connection measures, by participant id. */
  async stats(): Promise<Record<string, ParticipantStats>> {
    const stats = await this.#call.transport.stats();
    return Object.fromEntries([...stats].map(([id, entry]) => [id, participantStats(entry)]));
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.reporter.close();
  }

  /** One round of statistics, for all who need them. */
  async #look(): Promise<void> {
    const stats = await this.stats();
    const now = this.#now();
    this.#monitor.judge(stats, now);
    this.#call.measured(stats);
    if (this.#call.way.mode !== "mesh") return;
    const all = Object.values(stats);
    this.#strain = feelStrain(this.#strain, strainOf(all), now);
    this.reporter.set({ strain: this.#strain.strain, relayed: isRelayed(all) });
  }

  async #listen(): Promise<void> {
    this.#monitor.listen(await this.#call.transport.levels(), this.#now());
  }
}
