/**
 * A path by an SFU that takes an offer and makes offers: one connection on which everything is sent, which we offer
 * once, and one on which everything arrives, which the SFU offers anew whenever that changes.
 *
 * @module
 */
import type {
  IceCandidate,
  Layer,
  SfuAsk,
  SfuConnection,
  SfuSlot,
  SfuTold,
} from "../../lib/protocol.ts";
import type { TrackKind } from "../api.ts";
import { measuredBy } from "../measured.ts";
import type { Levels, TransportStats } from "../transport.ts";
import { Link } from "./link.ts";
import { SFU } from "./policy.ts";
import { participantReports } from "./reports.ts";
import { Publisher } from "./publisher.ts";
import type { Beginning, SfuOptions, SfuPath, SfuState } from "./path.ts";

export class OfferAnswer implements SfuPath {
  readonly #options: SfuOptions;
  readonly arrivals = new Map<string, Map<TrackKind, RTCRtpReceiver>>();
  ticket: string | undefined;
  #slots: readonly SfuSlot[] = [];
  #publisher: Publisher | undefined;
  #receiving: Link | undefined;
  #answer: { number: number; sdp: string } | undefined;
  /** Which connection of the SFU's it receives from. */
  #offered: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The session: asked for, there, or over. */
  #session: "asked" | "open" | "over";
  /** What is done with an offer is done before the next. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: SfuOptions) {
    this.#options = options;
    this.ticket = options.ticket;
    const { begin, ask } = options;
    this.#session = begin === "open" ? "asked" : "open";
    if (begin === "open") this.#open();
    else this.#publish();
    if (begin === "again" && options.subscribe) ask({ op: "resubscribe" });
  }

  get state(): SfuState {
    if (this.#session === "over") return "ended";
    const links = [this.#publisher?.link, this.#receiving].filter((link) => link !== undefined);
    // Nobody else may have sent anything yet: then there is no receiving connection.
    const begins = this.#options.publish
      ? this.#publisher === undefined
      : links.length === 0 && this.#session === "asked";
    if (begins) return "connecting";
    return (["connecting", "broken"] as const)
      .find((worst) => links.some(({ state }) => state === worst)) ?? "connected";
  }

  get publishing(): RTCPeerConnection | undefined {
    return this.#publisher?.link.pc;
  }

  handle(told: SfuTold): void {
    switch (told.op) {
      case "opened":
        return this.#opened(told.ticket, told.resumed);
      case "published":
        if (!this.#isMine("publish")) return;
        return void this.#publisher?.link.answer(told.sdp)
          .catch(() => this.#options.renew("again"));
      case "offer":
        this.#turn = this.#turn.then(() => this.#take(told))
          .catch(() => this.#options.renew("again"));
        return;
      case "candidate":
        return (told.of === "publish" ? this.#publisher?.link : this.#receives())
          ?.candidate(told.candidate);
      case "ended":
        this.#session = "over";
        clearTimeout(this.#timer);
        return this.#options.changed();
      // A newer node may say more than this client understands.
      default:
        return;
    }
  }

  send(kind: TrackKind, track: MediaStreamTrack | null): void {
    this.#publisher?.send(kind, track);
  }

  layers(wanted: Record<string, Layer>): void {
    this.#options.ask({ op: "layers", layers: wanted });
  }

  resume(): void {
    if (this.#session === "over") return;
    this.#open();
  }

  async received(): Promise<number> {
    let packets = 0;
    for (const entry of (await measuredBy(this.#receiving?.pc))?.values() ?? []) {
      if (entry.type === "inbound-rtp") packets += entry.packetsReceived;
    }
    return packets;
  }

  async stats(): Promise<Map<string, TransportStats>> {
    return participantReports({
      slots: this.#slots,
      description: this.#receiving?.pc.remoteDescription?.sdp,
      inbound: await measuredBy(this.#receiving?.pc),
      outbound: await measuredBy(this.#publisher?.link.pc),
      sent: this.#publisher?.kinds() ?? new Map(),
    });
  }

  async levels(): Promise<Levels> {
    const remote = new Map<string, number>();
    for (const [id, receivers] of this.arrivals) {
      const [source] = receivers.get("microphone")?.getSynchronizationSources() ?? [];
      if (source !== undefined) remote.set(id, source.audioLevel ?? 0);
    }
    return { own: await this.#publisher?.level() ?? 0, remote };
  }

  close(): void {
    this.#session = "over";
    clearTimeout(this.#timer);
    this.#publisher?.link.close();
    this.#receiving?.close();
  }

  /** Asks for the session until there is word of it. */
  #open(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), SFU.openAgainMs);
    this.#ask({ op: "open", ticket: this.ticket });
  }

  /** Asks what is answered. */
  #ask(ask: SfuAsk): void {
    if (this.#options.ask(ask)) this.#options.history.asked.push({ op: ask.op, by: this });
  }

  /** Whether it is this path's question that has been answered: the first of its kind, and none before it will be. */
  #isMine(op: SfuAsk["op"]): boolean {
    const { asked } = this.#options.history;
    const at = asked.findIndex((one) => one.op === op);
    return asked.splice(0, at + 1).at(-1)?.by === this;
  }

  #opened(ticket: string, resumed: boolean): void {
    clearTimeout(this.#timer);
    this.#isMine("open");
    const first = this.#session === "asked";
    this.#session = "open";
    this.ticket = ticket;
    if (first) {
      this.#publish();
      return this.#options.changed();
    }
    const begin: Beginning = resumed ? "again" : "anew";
    if (!resumed || this.state !== "connected") this.#options.renew(begin);
  }

  #publish(): void {
    if (!this.#options.publish) return;
    const link = this.#link("publish");
    this.#publisher = new Publisher(link, this.#options);
    link.offer().then(
      (sdp) => this.#ask({ op: "publish", sdp }),
      // Closed meanwhile.
      () => {},
    );
  }

  async #take({ number, sdp, slots }: SfuTold & { op: "offer" }): Promise<void> {
    if (this.#session === "over") return;
    // Said again after a lost socket.
    if (this.#answer?.number === number) {
      this.#options.ask({ op: "answer", ...this.#answer });
      return;
    }
    if (!this.#follow(sdp)) return;
    const link = this.#receives();
    const answer = { number, sdp: await link.take(sdp) };
    this.#answer = answer;
    this.#options.ask({ op: "answer", ...answer });
    this.#slots = slots;
    this.arrivals.clear();
    const receivers = new Map(
      link.pc.getTransceivers().map(({ mid, receiver }) => [mid, receiver]),
    );
    for (const { mid, participant, kind } of slots) {
      const receiver = receivers.get(mid);
      if (receiver === undefined) continue;
      const theirs = this.arrivals.get(participant) ?? new Map<TrackKind, RTCRtpReceiver>();
      this.arrivals.set(participant, theirs.set(kind, receiver));
    }
    this.#options.changed();
  }

  /** Whether the connection that is offered is the newest; where it was another until now, that was an old one. */
  #follow(sdp: string): boolean {
    const { offered } = this.#options.history;
    const [name] = /a=ice-ufrag:.*/.exec(sdp) ?? [];
    if (name === undefined || name === this.#offered) return true;
    if (offered.has(name)) return false;
    offered.add(name);
    if (this.#offered !== undefined) {
      this.#receiving?.close();
      this.#receiving = undefined;
    }
    this.#offered = name;
    return true;
  }

  #link(of: SfuConnection): Link {
    const { iceServers, ask, check, changed, renew } = this.#options;
    return new Link(iceServers, {
      check,
      candidate: (candidate: IceCandidate | null) => void ask({ op: "candidate", of, candidate }),
      changed,
      lost: () => renew("again"),
    });
  }

  /** Made by what comes first, the offer or a candidate. */
  #receives(): Link {
    return this.#receiving ??= this.#link("subscribe");
  }
}
