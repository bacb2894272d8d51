/**
 * A path by an SFU that takes an offer and makes offers: one connection on which everything is sent, which we offer
 * once, and one on which everything arrives, which the SFU offers anew whenever that changes.
 *
 * @module
 */
import { assertNever } from "../../lib/assert_never.ts";
import type { IceCandidate, Layer, SfuConnection, SfuSlot, SfuTold } from "../../lib/protocol.ts";
import type { TrackKind } from "../api.ts";
import type { Levels, TransportStats } from "../transport.ts";
import { Link } from "./link.ts";
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
  /** The session: asked for, there, or over. */
  #session: "asked" | "open" | "over";
  /** What is done with an offer is done before the next. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: SfuOptions) {
    this.#options = options;
    this.ticket = options.ticket;
    const { begin, ask } = options;
    this.#session = begin === "open" ? "asked" : "open";
    if (begin === "open") ask({ op: "open" });
    else this.#publish();
    if (begin === "again" && options.subscribe) ask({ op: "resubscribe" });
  }

  get state(): SfuState {
    if (this.#session === "over") return "ended";
    const links = [this.#publisher?.link, this.#receiving].filter((link) => link !== undefined);
    // Nobody else may have sent anything yet: then there is no receiving connection.
    if (links.length === 0) return this.#options.publish ? "connecting" : this.#idleState;
    if (this.#options.publish && this.#publisher === undefined) return "connecting";
    return links.find(({ state }) => state === "connecting")?.state ??
      links.find(({ state }) => state === "broken")?.state ?? "connected";
  }

  handle(told: SfuTold): void {
    switch (told.op) {
      case "opened":
        return this.#opened(told.ticket, told.resumed);
      case "published":
        return void this.#publisher?.link.answer(told.sdp).then(
          () => this.#publisher?.settle(),
          () => this.#options.renew("again"),
        );
      case "offer":
        this.#turn = this.#turn.then(() => this.#offered(told)).catch(() => {
          // Closed meanwhile, or an offer that no browser takes: the path will not connect, which is seen.
        });
        return;
      case "candidate":
        return (told.of === "publish" ? this.#publisher?.link : this.#receives())
          ?.candidate(told.candidate);
      case "ended":
        this.#session = "over";
        return this.#options.changed();
      default:
        assertNever(told);
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
    this.#options.ask({ op: "open", ticket: this.ticket });
  }

  async received(): Promise<number> {
    let packets = 0;
    for (const entry of (await this.#receiving?.pc.getStats())?.values() ?? []) {
      if (entry.type === "inbound-rtp") packets += entry.packetsReceived;
    }
    return packets;
  }

  async stats(): Promise<Map<string, TransportStats>> {
    const [inbound, outbound] = await Promise.all([
      this.#receiving?.pc.getStats(),
      this.#publisher?.link.pc.getStats(),
    ]);
    return participantReports({
      slots: this.#slots,
      inbound,
      outbound,
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
    this.#publisher?.link.close();
    this.#receiving?.close();
  }

  get #idleState(): SfuState {
    return this.#session === "open" ? "connected" : "connecting";
  }

  #opened(ticket: string, resumed: boolean): void {
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
    const { publish, tracks, ask } = this.#options;
    if (!publish) return;
    const link = this.#link("publish");
    this.#publisher = new Publisher(link, tracks);
    link.offer().then(
      (sdp) => ask({ op: "publish", sdp }),
      // Closed meanwhile.
      () => {},
    );
  }

  async #offered({ number, sdp, slots }: SfuTold & { op: "offer" }): Promise<void> {
    // Said again after a lost socket.
    if (this.#answer?.number === number) {
      return this.#options.ask({ op: "answer", ...this.#answer });
    }
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

  #link(of: SfuConnection): Link {
    const { iceServers, ask, changed, renew } = this.#options;
    return new Link(iceServers, {
      candidate: (candidate: IceCandidate | null) => ask({ op: "candidate", of, candidate }),
      changed,
      lost: () => renew("again"),
    });
  }

  /** Made by what comes first, the offer or a candidate. */
  #receives(): Link {
    return this.#receiving ??= this.#link("subscribe");
  }
}
