/**
 * Heals a call: notices soon that nothing comes of somebody and has another connection made, tells the signaling when it
 * is our own network, carries signals when the service does not, and says to whom there is no path at all.
 *
 * @module
 */
import type { CallEvents, CallState, ParticipantStats, Permissions } from "../../api.ts";
import type { Attempt } from "../../attempt.ts";
import type { Clock } from "../../clock.ts";
import type { Emitter } from "../../emitter.ts";
import type { callError, refusal } from "../../errors.ts";
import type { LinkKind } from "../../link.ts";
import type { IceServer, ServerFrame } from "../../../lib/protocol.ts";
import { watchPage } from "../../page.ts";
import type { Pair } from "../../pair.ts";
import type { Remote } from "../../remote.ts";
import { stampOf } from "../../stamp.ts";
import type { Transport } from "../../transport.ts";
import type { Way } from "../../way.ts";
import { Byways } from "./byways.ts";
import type { Frame, LinkFrame, OtherFrame } from "./frames.ts";
import { Lifelines } from "./lifelines.ts";
import { Lines } from "./lines.ts";
import { beginListening, type Heard, listen } from "./listen.ts";
import { mend, type Mends, NO_MENDS } from "./mend.ts";
import { HEAL, LIFELINES } from "./policy.ts";
import { Renewals } from "./renewals.ts";
import { Searches } from "./searches.ts";

/** The mesh, as it is healed. */
export interface HealedMesh {
  readonly pairs: ReadonlyMap<
    string,
    Pick<Pair, "shown" | "connection" | "isAnswered" | "silent" | "heard" | "fail" | "refresh">
  >;
  readonly iceServers: IceServer[];
  readonly certificates: RTCCertificate[];
}

/** The application's messages, as they are helped. */
export interface HealedMessages {
  readonly full: boolean;
}

/** What carries signals and messages, as it is helped. */
export interface HealedCourier {
  handle(from: string, type: LinkKind, data: unknown): void;
  restart(id?: string): void;
}

/** The call, as it is healed. */
export interface HealedCall {
  readonly self: { readonly id: string; readonly permissions: Permissions };
  readonly roster: { readonly participants: ReadonlyMap<string, Remote> };
  readonly signaling: { hurry(why?: "network" | "silence"): void };
  readonly emitter: Pick<Emitter<CallEvents>, "emit">;
  readonly state: CallState;
  readonly way: Way;
  readonly mesh: HealedMesh;
  readonly transport: Pick<Transport, "refresh">;
  readonly courier: HealedCourier;
  readonly messages: HealedMessages;
}

export interface HealTools {
  now: Clock;
  refusal: typeof refusal;
  callError: typeof callError;
  /** Tells the node to whom there is no path. */
  unreachable(ids: string[]): void;
  /** Somebody says what is not for healing. */
  heard(from: string, frame: OtherFrame): void;
}

interface Patient {
  attempt: Attempt;
  heard: Heard;
  /** Whether another is being made because of silence. */
  isMended: boolean;
}

export class Heal {
  readonly #call: HealedCall;
  readonly #tools: HealTools;
  readonly #lines: Lines;
  readonly #byways: Byways;
  readonly #lifelines: Lifelines;
  readonly #patients = new Map<string, Patient>();
  readonly #mends = new Map<string, Mends>();
  readonly #searches: Searches;
  readonly #renewals: Renewals;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #unwatchPage: () => void;
  #isDeaf = false;
  /** When that was last taken for a reason to look whether the socket is dead. */
  #hurriedAt = -Infinity;
  /** When the system said last that there is another network. */
  #movedAt = -Infinity;
  /** Since when the service has been away. */
  #awayAt: number | undefined;

  constructor(call: HealedCall, tools: HealTools) {
    this.#call = call;
    this.#tools = tools;
    const { now } = tools;
    this.#lines = new Lines({
      opened: (id) => {
        this.#byways.opened(id);
        if (!this.#isServed) call.courier.restart(id);
      },
      frame: (from, frame) => {
        if (frame.type === "code") return tools.heard(from, frame);
        if (frame.type === "starved") {
          return this.#lines.isSteady(from) ? tools.heard(from, frame) : undefined;
        }
        if (frame.type !== "lifeline" && frame.type !== "held") {
          return this.#byways.handle(from, frame);
        }
        // What goes wrong with one is mended by the next.
        this.#lifelines.handle(from, frame, { others: this.#wards, now: now() }).catch(() => {});
      },
    }, now);
    this.#byways = new Byways({
      self: call.self.id,
      lines: this.#lines,
      others: () => this.#others,
      deliver: (from, frame) => this.#deliver(from, frame),
      turned: (from) => call.courier.restart(from),
    }, now);
    this.#lifelines = new Lifelines({
      self: call.self.id,
      connect: () => {
        const { iceServers, certificates } = call.mesh;
        return new RTCPeerConnection({ iceServers, certificates });
      },
      send: (to, frame) => this.#lines.send(to, frame),
      add: (id, channel) => this.#lines.add(id, channel),
      isFresh: (id) => this.#lines.isFresh(id),
      isConnected: (id) => call.mesh.pairs.get(id)?.connection === "connected",
      descriptions: (id) => {
        const pc = call.mesh.pairs.get(id)?.shown?.pc;
        return [pc?.localDescription?.sdp, pc?.remoteDescription?.sdp];
      },
      mayTake: (from, sdp) => tools.refusal(from, sdp) === undefined,
    });
    this.#searches = new Searches({
      again: (id) => call.mesh.pairs.get(id)?.refresh("all"),
      missing: (id) => call.mesh.pairs.get(id)?.fail(),
      told: (id) => this.#warnOfNoPath(id),
      unreachable: (ids) => tools.unreachable(ids),
    });
    this.#renewals = new Renewals(call, now);
    this.#timer = setInterval(() => this.#tend(), HEAL.intervalMs);
    this.#unwatchPage = watchPage({ online: () => this.#moved() });
  }

  /** Whether something of this kind can be sent to somebody while the service is away. */
  reaches(to: string, type: LinkKind): boolean {
    return !this.#isServed && this.#byways.reaches(to, type);
  }

  /** Sends what the service may not deliver by other ways too. */
  carry(to: string, type: LinkKind, payload: string): void {
    const isAway = this.#call.roster.participants.get(to)?.state === "away";
    if (!this.#isServed || isAway || this.#byways.speaks(to)) this.#byways.carry(to, type, payload);
  }

  /** Says something by the channel to somebody; whether there is a live one. */
  say(to: string, frame: Frame): boolean {
    return this.#lines.send(to, frame);
  }

  /** Takes in whatever the node says. */
  handleFrame(frame: ServerFrame): void {
    if (frame.type !== "iceServers" && frame.type !== "welcome") return;
    this.#renewals.issued(frame);
    if (frame.type === "iceServers") this.#lifelines.moved(this.#tools.now());
  }

  /** Takes in what was measured. */
  measured(stats: Record<string, ParticipantStats>): void {
    this.#renewals.measured(stats);
  }

  left({ id }: Remote): void {
    this.#lines.remove(id);
    this.#byways.remove(id);
    this.#lifelines.remove(id);
    this.#patients.delete(id);
    this.#mends.delete(id);
    this.#searches.remove(id);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#unwatchPage();
    this.#lifelines.close();
  }

  get #isServed(): boolean {
    return this.#call.state === "connected";
  }

  get #others(): string[] {
    return [...this.#call.roster.participants.keys()];
  }

  /** By an SFU nobody meets anybody: lifelines would lead nowhere. */
  get #wards(): string[] {
    return this.#call.way.mode === "mesh" ? this.#others : [];
  }

  #tend(): void {
    const now = this.#tools.now();
    this.#awayAt = this.#isServed ? undefined : this.#awayAt ?? now;
    this.#listen(now);
    this.#search(now);
    this.#lines.beat();
    const awayMs = this.#awayAt === undefined ? -1 : now - this.#awayAt;
    const isCut = this.#isDeaf || now - this.#movedAt < LIFELINES.movedMs;
    this.#lifelines.tend(this.#wards, now, isCut && awayMs >= LIFELINES.pullAfterMs);
  }

  #listen(now: number): void {
    const { mesh: { pairs }, signaling } = this.#call;
    const tags = new Set<Heard["tag"]>();
    for (const [id, pair] of pairs) {
      const { shown } = pair;
      if (shown === undefined) continue;
      this.#lines.add(id, shown.channel);
      const stamps = shown.pc.getReceivers().map(stampOf).filter((stamp) => stamp !== undefined);
      const stamp = stamps.length > 0 ? Math.max(...stamps) : undefined;
      const look = { stamp, frames: this.#lines.framesBy(shown.channel), at: now };
      const before = this.#patients.get(id);
      const isKnown = before?.attempt === shown;
      const heard = isKnown ? listen(before.heard, look) : beginListening(look);
      tags.add(heard.tag);
      const isSilent = heard.tag === "silent";
      const wasMended = isKnown && before.isMended;
      const isMended = isSilent && (wasMended || this.#mayMend(id, now));
      this.#patients.set(id, { attempt: shown, heard, isMended });
      if (isMended) pair.silent();
      else if (wasMended) pair.heard();
    }
    const wasDeaf = this.#isDeaf;
    this.#isDeaf = tags.has("silent") && !tags.has("heard");
    // The network may change once more before anybody is heard again; then the socket that was just made is dead, too.
    const isDue = this.#isServed && now - this.#hurriedAt >= HEAL.hurryAgainMs;
    if (!this.#isDeaf || (wasDeaf && !isDue)) return;
    this.#hurriedAt = now;
    // Nobody is heard any more: that is us, rather than all of them.
    signaling.hurry("silence");
  }

  #mayMend(id: string, now: number): boolean {
    const mends = mend(this.#mends.get(id) ?? NO_MENDS, now);
    if (mends !== undefined) this.#mends.set(id, mends);
    return mends !== undefined;
  }

  #search(now: number): void {
    const { roster: { participants }, mesh: { pairs }, way } = this.#call;
    const isDue = way.mode === "mesh" && this.#isServed;
    this.#searches.tend([...participants].flatMap(([id, { state }]) => {
      const pair = pairs.get(id);
      if (pair === undefined) return [];
      const { connection, isAnswered } = pair;
      return [[id, { connection, isAnswered, isDue: isDue && state === "active", now }] as const];
    }));
  }

  #warnOfNoPath(id: string): void {
    const { roster, emitter } = this.#call;
    const identity = roster.participants.get(id)?.identity;
    const message = `Found no path to "${identity}", neither direct nor by TURN`;
    emitter.emit("warning", this.#tools.callError("no_path", message, { participant: id }));
  }

  #deliver(from: string, { type, data }: LinkFrame): void {
    const remote = this.#call.roster.participants.get(from);
    // The service lets nobody send messages without the permission; here it is the receiver who does not take them.
    if (remote === undefined) return;
    const { courier, messages } = this.#call;
    if (type === "message" && (messages.full || !remote.permissions.chat)) return;
    courier.handle(from, type, data);
  }

  #moved(): void {
    this.#movedAt = this.#tools.now();
    this.#lifelines.moved(this.#movedAt);
  }
}
