import type { TrackKind } from "../../protocol.ts";
import { SfuError, SLOTS } from "../mod.ts";
import { ArrivalLog } from "./arrivals.ts";
import { random32, u16 } from "./bytes.ts";
import { take, type Taken } from "./codecs.ts";
import type { Engine } from "./engine.ts";
import type { Feed } from "./feed.ts";
import { LayerSource, type Upstream } from "./layer_source.ts";
import { EMBEDDED } from "./policy.ts";
import { nack, pli, receiverReport, type Rtcp, transportFeedback } from "./rtcp.ts";
import { extensionOf, type RtpHeader, textOf } from "./rtp.ts";
import { extensionId, type MediaSection, readSdp } from "./sdp_read.ts";
import { MID, REPEATED_RID, RID, TRANSPORT_CC, writeAnswer } from "./sdp_write.ts";
import type { Transport } from "./transport.ts";

/** One slot of a sending connection. */
interface Slot {
  readonly kind: TrackKind;
  readonly section: MediaSection;
  readonly taken: Taken;
  /** Best first. */
  readonly layers: readonly LayerSource[];
  feed?: Feed;
}

/** Which layer an SSRC is of. */
interface Origin {
  readonly slot: Slot;
  readonly layer: LayerSource;
  /** It repeats what the layer has lost (RFC 4588). */
  readonly repeats: boolean;
}

/** The connection on which a participant sends. */
export class Sending {
  readonly #engine: Engine;
  readonly #transport: Transport;
  readonly #slots: readonly Slot[];
  readonly #ssrc = random32();
  readonly #origins = new Map<number, Origin>();
  readonly #arrivals = new ArrivalLog();
  readonly #transportCc: number | undefined;
  #lastSsrc = 0;
  #reportedAt = -Infinity;

  private constructor(engine: Engine, transport: Transport, slots: readonly Slot[]) {
    this.#engine = engine;
    this.#transport = transport;
    this.#slots = slots;
    this.#transportCc = extensionId(slots.map(({ section }) => section), TRANSPORT_CC);
    for (const slot of slots) this.#foretell(slot);
  }

  /**
   * Takes the offer; the connection and the answer.
   *
   * @throws {SfuError} (rejects) `invalid`, with what was expected.
   */
  static async take(
    engine: Engine,
    sdp: string,
    over: (reason: string) => void,
  ): Promise<{ sending: Sending; answer: string }> {
    const sections = readOffer(sdp);
    const answered = sections.map((offered, i) => {
      const sends = ["sendrecv", "sendonly"].includes(offered.direction);
      return {
        kind: SLOTS[i]!,
        offered,
        sends,
        taken: offered.port === 0 ? undefined : take(offered),
      };
    });
    const made: { sending?: Sending } = {};
    const { transport, end } = await engine.connection({
      connected: () => {},
      rtp: (packet, header, payload) => made.sending?.rtp(packet, header, payload),
      rtcp: (said) => made.sending?.rtcp(said),
      over,
    });
    const upstream: Upstream = {
      nack: (ssrc, sequences) => made.sending?.say((from) => nack(from, ssrc, sequences)),
      keyframe: (ssrc) => made.sending?.say((from) => pli(from, ssrc)),
    };
    const slots = answered.flatMap(({ kind, offered, taken, sends }): Slot[] => {
      if (taken === undefined || !sends) return [];
      const rids = offered.rids.length === 0 ? [undefined] : offered.rids;
      const layers = rids.map((rid) => new LayerSource(taken, rid, upstream));
      return [{ kind, section: offered, taken, layers }];
    });
    const sending = made.sending = new Sending(engine, transport, slots);
    await engine.expect(transport, sections[0]!.fingerprints);
    return { sending, answer: writeAnswer(answered, end) };
  }

  /** What is sent, by slot. */
  get slots(): readonly { kind: TrackKind; taken: Taken }[] {
    return this.#slots;
  }

  /** What comes in the slot goes to `feed` from now on. */
  attach(kind: TrackKind, feed: Feed): void {
    const slot = this.#slots.find((slot) => slot.kind === kind);
    if (slot === undefined) return;
    slot.feed = feed;
    feed.layers = slot.layers;
  }

  /** What the offer says of SSRCs: browsers say it where there is no simulcast. */
  #foretell(slot: Slot): void {
    const [main] = slot.section.ssrcs;
    const layer = slot.layers[0];
    if (slot.layers.length > 1 || layer === undefined || main === undefined) return;
    this.#know(main, { slot, layer, repeats: false });
    const repeat = slot.section.repeats.get(main);
    if (repeat !== undefined) this.#know(repeat, { slot, layer, repeats: true });
  }

  #know(ssrc: number, origin: Origin): void {
    this.#origins.set(ssrc, origin);
    if (!origin.repeats) origin.layer.ssrc = ssrc;
  }

  rtp(packet: Uint8Array, header: RtpHeader, payload: Uint8Array | undefined): void {
    const now = this.#engine.now();
    const counted = extensionOf(packet, header, this.#transportCc);
    if (counted?.length === 2) this.#arrivals.note(u16(counted, 0), now);
    this.#lastSsrc = header.ssrc;
    const origin = this.#origins.get(header.ssrc) ?? this.#find(packet, header);
    if (origin === undefined) return;
    const { slot, layer, repeats } = origin;
    const { taken, feed } = slot;
    if (repeats) {
      // Without a payload it is only there to measure the way.
      if (payload === undefined || payload.length < 2) return;
      const again = { ...header, codec: "main" as const, sequence: u16(payload, 0) };
      const media = layer.take(again, payload.subarray(2), { now, repeated: true });
      if (media !== undefined) feed?.packet(layer, media, now);
      return;
    }
    const { payloadType } = header;
    const codec = payloadType === taken.main.payloadType
      ? "main"
      : payloadType === taken.red?.payloadType
      ? "red"
      : undefined;
    if (codec === undefined) return;
    const { marker, sequence, timestamp } = header;
    const media = layer.take({ codec, marker, sequence, timestamp }, payload, {
      now,
      repeated: false,
    });
    if (media !== undefined) feed?.packet(layer, media, now);
  }

  /** Whose a new SSRC is, by the names that its first packets carry (RFC 8852, RFC 8843 §15). */
  #find(packet: Uint8Array, header: RtpHeader): Origin | undefined {
    const name = (uri: string) => {
      // An id means the same in all sections that share a transport (RFC 8843 §9.1), wherever it is said.
      for (const { section } of this.#slots) {
        const value = extensionOf(packet, header, section.extensions.get(uri));
        if (value !== undefined) return textOf(value);
      }
    };
    for (const slot of this.#slots) {
      if (name(MID) !== slot.section.mid) continue;
      const repeats = header.payloadType === slot.taken.rtx?.payloadType;
      const rid = repeats ? name(REPEATED_RID) ?? name(RID) : name(RID);
      const layer = slot.layers.length === 1
        ? slot.layers[0]
        : slot.layers.find((layer) => layer.rid === rid);
      if (layer === undefined) return undefined;
      const origin = { slot, layer, repeats };
      this.#know(header.ssrc, origin);
      return origin;
    }
    return undefined;
  }

  rtcp(said: readonly Rtcp[]): void {
    const now = this.#engine.now();
    for (const word of said) {
      if (word.kind !== "sender") continue;
      const origin = this.#origins.get(word.ssrc);
      if (origin === undefined || origin.repeats) continue;
      origin.layer.clock(word.clock, now);
      origin.slot.feed?.clock(origin.layer, now);
    }
  }

  say(packet: (from: number) => Uint8Array): void {
    this.#transport.sendRtcp(packet(this.#ssrc));
  }

  tick(now: number): void {
    this.#transport.tick(now);
    for (const { layers } of this.#slots) for (const layer of layers) layer.tick(now);
    const arrivals = this.#arrivals.take();
    if (arrivals !== undefined) {
      this.say((from) => transportFeedback(from, this.#lastSsrc, arrivals));
    }
    if (now - this.#reportedAt < EMBEDDED.reportMs) return;
    this.#reportedAt = now;
    const blocks = this.#slots.flatMap(({ layers }) => layers).flatMap(({ ssrc, reception }) => {
      const block = ssrc === undefined ? undefined : reception.report(ssrc, now);
      return block === undefined ? [] : [block];
    });
    if (blocks.length > 0) this.say((from) => receiverReport(from, blocks));
  }

  close(): void {
    this.#engine.drop(this.#transport);
  }
}

/** @throws {SfuError} `invalid` */
function readOffer(sdp: string): MediaSection[] {
  let sections: MediaSection[];
  try {
    sections = readSdp(sdp, SLOTS.length);
  } catch (error) {
    throw new SfuError("invalid", (error as Error).message, { cause: error });
  }
  const said = sections.map(({ media }) => media).join(", ") || "none";
  const expected = SLOTS.map((slot) => mediaOf(slot));
  if (
    sections.length === 0 || sections.some(({ media }, i) => media !== expected[i])
  ) {
    throw new SfuError(
      "invalid",
      `Cannot take the offer: its media sections are ${said}, expected ${expected.join(", ")}`,
    );
  }
  if (sections[0]!.fingerprints.length === 0) {
    throw new SfuError("invalid", "Cannot take the offer: it has no fingerprint, expected one");
  }
  if (sections[0]!.setup === "passive") {
    throw new SfuError(
      "invalid",
      'Cannot take the offer: it says setup "passive", expected "actpass" or "active"',
    );
  }
  return sections;
}

function mediaOf(kind: TrackKind): "audio" | "video" {
  return kind === "microphone" || kind === "screenAudio" ? "audio" : "video";
}
