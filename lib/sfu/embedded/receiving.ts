import type { Layer, SfuSlot } from "../../protocol.ts";
import { SfuError } from "../mod.ts";
import { type Offered, PayloadTypes } from "./codecs.ts";
import type { Engine } from "./engine.ts";
import type { Feed } from "./feed.ts";
import { Outlet } from "./outlet.ts";
import { EMBEDDED } from "./policy.ts";
import type { Rtcp } from "./rtcp.ts";
import { type MediaSection, readSdp } from "./sdp_read.ts";
import { type LocalEnd, type OfferSection, writeOffer } from "./sdp_write.ts";
import { assign, type Section } from "./sections.ts";
import type { Transport } from "./transport.ts";

export interface Offer {
  readonly number: number;
  readonly sdp: string;
  readonly slots: SfuSlot[];
}

/** Where a receiving connection stands (RFC 3264: one offer at a time). */
type Negotiation =
  | { state: "settled" }
  /** `stale`: something has changed since. */
  | { state: "offered"; offer: Offer; stale: boolean };

/** What a receiving connection needs of its session. */
export interface Receiver {
  /** What is to be sent. */
  feeds(): readonly Feed[];
  layerOf(participant: string): Layer;
  offer(offer: Offer): void;
  over(reason: string): void;
  /** The next offer's number; goes up over all connections of the session. */
  nextNumber(): number;
}

/** The connection on which a participant gets what the others send. */
export class Receiving {
  readonly #engine: Engine;
  readonly #receiver: Receiver;
  readonly #transport: Transport;
  readonly #end: LocalEnd;
  readonly #payloadTypes = new PayloadTypes();
  #sections: Section<Feed>[] = [];
  readonly #outlets = new Map<Feed, Outlet>();
  readonly #offered = new Map<string, Offered>();
  readonly #bySsrc = new Map<number, Outlet>();
  #negotiation: Negotiation = { state: "settled" };
  #expects = false;

  private constructor(
    engine: Engine,
    receiver: Receiver,
    { transport, end }: { transport: Transport; end: LocalEnd },
  ) {
    this.#engine = engine;
    this.#receiver = receiver;
    this.#transport = transport;
    this.#end = end;
  }

  /** A connection, of which nothing is offered yet, see `update`. */
  static async make(engine: Engine, receiver: Receiver): Promise<Receiving> {
    const made: { receiving?: Receiving } = {};
    const connection = await engine.connection({
      connected: () => made.receiving?.tick(engine.now()),
      rtp: () => {},
      rtcp: (said) => made.receiving?.rtcp(said),
      over: (reason) => receiver.over(reason),
    });
    return made.receiving = new Receiving(engine, receiver, connection);
  }

  /** The offer that has no answer yet. */
  get pending(): Offer | undefined {
    return this.#negotiation.state === "offered" ? this.#negotiation.offer : undefined;
  }

  /** What is to be sent may have changed: offers it, at once or after the answer that is waited for. */
  update(): void {
    if (this.#negotiation.state === "offered") {
      this.#negotiation = { ...this.#negotiation, stale: true };
      return;
    }
    const feeds = this.#receiver.feeds();
    const held = this.#sections.flatMap(({ use }) => use ?? []);
    if (feeds.length === held.length && feeds.every((feed) => held.includes(feed))) return;
    const number = this.#receiver.nextNumber();
    this.#sections = assign(
      this.#sections,
      feeds.map((feed) => ({ media: feed.media, use: feed })),
      { number, most: EMBEDDED.sectionsMost },
    );
    this.#matchOutlets();
    const offer = {
      number,
      sdp: writeOffer(this.#sections.map((s) => this.#offerSection(s)), this.#end, number),
      slots: this.#sections.flatMap(({ mid, use }): SfuSlot[] =>
        use === undefined ? [] : [{ mid, participant: use.participant, kind: use.kind }]
      ),
    };
    this.#negotiation = { state: "offered", offer, stale: false };
    this.#receiver.offer(offer);
  }

  #matchOutlets(): void {
    const feeds = new Set(this.#sections.map(({ use }) => use));
    for (const [feed, outlet] of this.#outlets) {
      if (feeds.has(feed)) continue;
      outlet.close();
      this.#outlets.delete(feed);
      this.#bySsrc.delete(outlet.ssrc);
    }
    for (const { use: feed } of this.#sections) {
      if (feed === undefined || this.#outlets.has(feed)) continue;
      const wanted = feed.kind === "camera" ? this.#receiver.layerOf(feed.participant) : "high";
      const outlet = new Outlet(feed, this.#transport, wanted);
      this.#outlets.set(feed, outlet);
      this.#bySsrc.set(outlet.ssrc, outlet);
    }
  }

  #offerSection({ mid, media, use }: Section<Feed>): OfferSection {
    if (use !== undefined) this.#offered.set(mid, this.#payloadTypes.offer(use.taken));
    const offered = this.#offered.get(mid)!;
    const outlet = use === undefined ? undefined : this.#outlets.get(use);
    if (use === undefined || outlet === undefined) return { mid, media, offered };
    const { ssrc, rtxSsrc } = outlet;
    // Microphone and camera are played in step, and so are a screen and its sound.
    const isScreen = use.kind === "screen" || use.kind === "screenAudio";
    const group = isScreen ? `${use.participant}-screen` : use.participant;
    const track = `${use.participant}-${use.kind}`;
    return { mid, media, offered, stream: { group, track, ssrc, rtxSsrc } };
  }

  /** @throws {SfuError} (rejects) `invalid` */
  async answer(number: number, sdp: string): Promise<void> {
    if (this.#negotiation.state !== "offered" || this.#negotiation.offer.number !== number) {
      throw new SfuError(
        "invalid",
        `Cannot take the answer to offer ${number}: expected one to ${
          this.pending?.number ?? "none"
        }`,
      );
    }
    const sections = readAnswer(sdp);
    const stale = this.#negotiation.stale;
    this.#negotiation = { state: "settled" };
    if (!this.#expects) {
      this.#expects = true;
      await this.#engine.expect(this.#transport, sections[0]!.fingerprints);
    }
    const now = this.#engine.now();
    for (const { mid, use } of this.#sections) {
      const outlet = use === undefined ? undefined : this.#outlets.get(use);
      outlet?.accept(sections.find((section) => section.mid === mid), now);
    }
    if (stale) this.update();
  }

  /** Which layers of the cameras are wanted may have changed. */
  wish(): void {
    const now = this.#engine.now();
    for (const [{ kind, participant }, outlet] of this.#outlets) {
      if (kind !== "camera") continue;
      outlet.wanted = this.#receiver.layerOf(participant);
      outlet.tick(now);
    }
  }

  rtcp(said: readonly Rtcp[]): void {
    const now = this.#engine.now();
    for (const word of said) {
      if (word.kind === "missing") this.#bySsrc.get(word.ssrc)?.resend(word.sequences, now);
      else if (word.kind === "keyframe") this.#bySsrc.get(word.ssrc)?.wishKeyframe(now);
    }
  }

  tick(now: number): void {
    this.#transport.tick(now);
    for (const outlet of this.#outlets.values()) outlet.tick(now);
  }

  close(): void {
    for (const outlet of this.#outlets.values()) outlet.close();
    this.#outlets.clear();
    this.#engine.drop(this.#transport);
  }
}

/** @throws {SfuError} `invalid` */
function readAnswer(sdp: string): MediaSection[] {
  let sections: MediaSection[];
  try {
    sections = readSdp(sdp);
  } catch (error) {
    throw new SfuError("invalid", (error as Error).message, { cause: error });
  }
  if (sections[0] === undefined || sections[0].fingerprints.length === 0) {
    throw new SfuError("invalid", "Cannot take the answer: it has no fingerprint, expected one");
  }
  if (sections[0].setup === "passive") {
    throw new SfuError(
      "invalid",
      'Cannot take the answer: it says setup "passive", expected "active"',
    );
  }
  return sections;
}
