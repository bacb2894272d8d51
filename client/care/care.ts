/**
 * Looks after a running call: measures it, tells the application and the node how it goes, and has each part do what is
 * to be done about it. Loaded as soon as somebody else is there; a call stands without it.
 *
 * @module
 */
import type { Exchange } from "../../lib/clock_estimate.ts";
import type { ClientFrame, Measured, QualitySummary, ServerFrame } from "../../lib/protocol.ts";
import type {
  AdaptationSettings,
  CallEvents,
  CallStats,
  MediaState,
  ParticipantStats,
  Permissions,
} from "../api.ts";
import type { Attempt } from "../attempt.ts";
import type { Emitter } from "../emitter.ts";
import type { LinkKind } from "../link.ts";
import type { Remote } from "../remote.ts";
import type { Transport } from "../transport.ts";
import type { Way } from "../way.ts";
import { Adaptation, type AdaptedMesh } from "./adaptation.ts";
import { Ear } from "./adapt/ear.ts";
import { Clocks } from "./clocks.ts";
import { encryptionOf } from "./encryption.ts";
import { Heal, type HealedCall, type HealedMesh, type HealTools } from "./heal/heal.ts";
import { Monitor } from "./monitor.ts";
import { measureRoundTrips } from "./probes.ts";
import { type QualitySample, qualitySample } from "./quality.ts";
import { MONITOR } from "./policy.ts";
import { Reporter } from "./reporter.ts";
import { ShortCodes } from "./short_codes.ts";
import { participantStats } from "./stats.ts";
import { feelStrain, isRelayed, NO_STRAIN, strainOf } from "./strain.ts";
import { type Snapshot, summarize } from "./summary.ts";

/** The mesh, as it is looked after. */
export interface CaredMesh extends HealedMesh, AdaptedMesh {
  /** By participant id: the attempt that carries the media now. */
  readonly attempts: ReadonlyMap<string, Attempt>;
}

/** The call, as it is looked after. */
export interface CaredCall extends HealedCall {
  readonly self: { readonly id: string; readonly media: MediaState; speaking: boolean } & {
    readonly permissions: Permissions;
  };
  readonly roster: { readonly participants: ReadonlyMap<string, Remote> };
  readonly signaling: {
    send(frame: ClientFrame): boolean;
    hurry(why?: "network" | "silence"): void;
    readonly exchanges: readonly Exchange[];
  };
  readonly emitter: Pick<Emitter<CallEvents>, "emit">;
  readonly way: Way;
  readonly mesh: CaredMesh;
  /** Where media goes now. */
  readonly transport: Pick<Transport, "stats" | "levels" | "refresh" | "publishing">;
  /** Says something to what looks after the call at a participant, reliably and in order. */
  signal(to: string, item: Record<string, unknown>): void;
  /** Shows what is to be shown of somebody now, and tells the application. */
  show(remote: Remote): void;
  /** By which to measure how far each region is, if that matters. */
  readonly probes: Readonly<Record<string, string>> | undefined;
  /** What the application wants of the adaptation. */
  readonly wishes: AdaptationSettings;
  /** Takes in what has come from each participant until now. */
  measured(samples: readonly QualitySample[]): void;
}

/** What the SDK has loaded already. */
export type CareTools = Omit<HealTools, "unreachable" | "heard">;

export class Care {
  readonly adaptation: Adaptation;
  readonly #reporter: Reporter;
  readonly #call: CaredCall;
  readonly #tools: CareTools;
  readonly #heal: Heal;
  readonly #monitor: Monitor;
  readonly #timers: ReturnType<typeof setInterval>[];
  readonly #clocks: Clocks;
  readonly #shortCodes: ShortCodes;
  readonly #ear: Ear;
  /** Who has been warned of. */
  readonly #suspects = new WeakSet<Remote>();
  #strain = NO_STRAIN;
  /** What was measured since the node was last told. */
  #window: Snapshot[] = [];

  constructor(call: CaredCall, tools: CareTools) {
    this.#call = call;
    this.#tools = tools;
    this.#clocks = new Clocks(call, tools.now);
    this.#shortCodes = new ShortCodes(call, (to, frame) => this.#heal.say(to, frame));
    this.#reporter = new Reporter({
      send: (report) => call.signaling.send(report),
      summary: () => this.#summary(),
    });
    this.adaptation = new Adaptation(call, tools.now);
    if (call.probes) {
      measureRoundTrips(call.probes).then((roundTrips) => this.#reporter.set({ roundTrips }));
    }
    this.#monitor = new Monitor({
      participants: () => call.roster.participants.values(),
      self: () => ({ id: call.self.id, microphone: call.self.media.microphone }),
      quality: (remote) => call.emitter.emit("quality", remote),
      speaking: (id, speaking) => {
        if (id === call.self.id) call.self.speaking = speaking;
        call.emitter.emit("speaking", { id, speaking });
      },
    });
    this.#heal = new Heal(call, {
      ...tools,
      unreachable: (unreachable) => this.#reporter.set({ unreachable }),
      heard: (from, frame) => {
        if (frame.type === "starved") return this.adaptation.starved(from, frame.ms);
        // What it does not understand comes of somebody who does not mean it, or will be said again.
        this.#shortCodes.handle(from, frame).catch(() => {});
      },
    });
    this.#ear = new Ear({
      voices: () => voicesOf(call.roster.participants.values()),
      tell: (id, ms) => this.#heal.say(id, { type: "starved", ms }),
    }, tools.now);
    // A connection that closes under our hands makes a round fail; the next one is soon enough.
    this.#timers = [
      setInterval(() => this.#look().catch(() => {}), MONITOR.statsIntervalMs),
      setInterval(() => this.#listen().catch(() => {}), MONITOR.levelIntervalMs),
    ];
  }

  /** Takes in whatever the node says, once the call has. */
  handleFrame(frame: ServerFrame): void {
    // The node may be another, which knows nothing.
    if (frame.type === "welcome") this.#reporter.repeat();
    this.#heal.handleFrame(frame);
  }

  /** Takes in what a participant's {@linkcode CaredCall.signal} said. */
  handle(from: Remote, item: unknown): void {
    this.#clocks.handle(from, item);
    this.adaptation.handle(from, item);
  }

  /** Somebody has come. */
  added(remote: Remote): void {
    this.#clocks.added(remote);
  }

  /** Somebody has left. */
  left(remote: Remote): void {
    this.#heal.left(remote);
    this.adaptation.left(remote);
  }

  /** See {@linkcode Heal.reaches}. */
  reaches(to: string, type: LinkKind): boolean {
    return this.#heal.reaches(to, type);
  }

  /** See {@linkcode Heal.carry}. */
  carry(to: string, type: LinkKind, payload: string): void {
    this.#heal.carry(to, type, payload);
  }

  /** Has the node told what was measured. */
  report(measured: Measured): void {
    this.#reporter.set(measured);
  }

  /** What has been measured until now. */
  async stats(): Promise<CallStats> {
    const participants = await this.#measure();
    const last = this.#call.signaling.exchanges.at(-1);
    return {
      timestamp: Date.now(),
      signalingRoundTripTime: last && (last.received - last.sent) / 1000,
      clockOffset: seconds(this.#clocks.offset),
      clockError: seconds(this.#clocks.estimate?.error),
      participants,
    };
  }

  /** See {@linkcode Call.shortCode}. */
  shortCode(id: string): Promise<string | undefined> {
    return this.#shortCodes.code(id);
  }

  close(): void {
    this.#heal.close();
    this.#ear.close();
    for (const timer of this.#timers) clearInterval(timer);
    this.adaptation.close();
  }

  /** One round of statistics, for all who need them. */
  async #look(): Promise<void> {
    this.#clocks.tend();
    const stats = await this.#measure();
    const now = this.#tools.now();
    this.#monitor.judge(stats, now);
    const path = { at: now, connected: true, sending: true };
    this.#call.measured(Object.values(stats).map((entry) => qualitySample(entry, path)));
    this.#heal.measured(stats);
    this.#window.push({ at: now, stats });
    const all = Object.values(stats);
    this.adaptation.feelProcessor(strainOf(all) === "cpu");
    if (this.#call.way.mode === "mesh") {
      const isFree = this.#call.wishes.mode === "off";
      const seen = strainOf(all, isFree ? undefined : this.adaptation.info);
      this.#strain = feelStrain(this.#strain, seen, now);
      this.#reporter.set({ strain: this.#strain.is, relayed: isRelayed(all) });
    }
    this.#reporter.tend(now);
  }

  /** What every connection measures, by participant id. */
  async #measure(): Promise<Record<string, ParticipantStats>> {
    const measured: Record<string, ParticipantStats> = {};
    for (const [id, entry] of await this.#call.transport.stats()) {
      const remote = this.#call.roster.participants.get(id);
      if (remote === undefined) continue;
      const stats = participantStats(entry);
      for (const track of stats.inbound) {
        track.captureDelay = this.#clocks.delay(remote, track.kind);
      }
      const encryption = encryptionOf(entry.report.values(), entry.description);
      if (encryption.tag === "verified") stats.encryption = encryption.cipher;
      if (encryption.tag === "broken") this.#suspect(remote);
      measured[id] = stats;
    }
    return measured;
  }

  #suspect(remote: Remote): void {
    if (this.#suspects.has(remote)) return;
    this.#suspects.add(remote);
    const message = `What goes to and from "${remote.id}" is not encrypted as was agreed on`;
    this.#call.emitter.emit("warning", this.#tools.callError("insecure_description", message));
  }

  /** How the call has gone since this was asked last. */
  #summary(): QualitySummary | undefined {
    const summary = summarize(this.#window, {
      mode: this.#call.way.mode,
      sending: this.adaptation.info.sending,
    });
    this.#window = this.#window.slice(-1);
    return summary;
  }

  async #listen(): Promise<void> {
    this.#monitor.listen(await this.#call.transport.levels(), this.#tools.now());
  }
}

function* voicesOf(participants: Iterable<Remote>): Iterable<[string, RTCRtpReceiver]> {
  for (const { id, arriving } of participants) {
    const receiver = arriving.get("microphone");
    if (receiver !== undefined) yield [id, receiver];
  }
}

const seconds = (ms: number | undefined) => ms === undefined ? undefined : ms / 1000;
