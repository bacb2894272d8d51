import type { Taken } from "./codecs.ts";
import { startsH264 } from "./h264.ts";
import { History } from "./history.ts";
import { askKeyframe, keyframeCame, NO_WISH, wish } from "./keyframe_wish.ts";
import { after32 } from "./bytes.ts";
import type { MediaPacket } from "./media_packet.ts";
import { Missing } from "./missing.ts";
import { EMBEDDED } from "./policy.ts";
import { Reception } from "./reception.ts";
import type { SenderClock } from "./rtcp.ts";
import { readVp8 } from "./vp8.ts";

/** What a layer asks of the one who sends it. */
export interface Upstream {
  nack(ssrc: number, sequences: readonly number[]): void;
  keyframe(ssrc: number): void;
}

/** One stream that comes of a participant: a slot, or one layer of a simulcast. */
export class LayerSource {
  readonly history: History;
  readonly reception: Reception;
  /** Known from the first packet on. */
  ssrc: number | undefined;
  readonly #missing = new Missing();
  #wish = NO_WISH;
  /** When a receiver's wish was last passed on, and whether one waits since. */
  #forReceivers = { at: -Infinity, waiting: false };
  #cameAt = -Infinity;

  constructor(
    readonly taken: Taken,
    readonly rid: string | undefined,
    readonly upstream: Upstream,
  ) {
    this.history = new History(this.isVideo ? EMBEDDED.videoHistory : EMBEDDED.audioHistory);
    this.reception = new Reception(this.clockRate);
  }

  get isVideo(): boolean {
    return this.taken.codec !== "opus";
  }

  get clockRate(): number {
    return this.isVideo ? 90_000 : 48_000;
  }

  /** Whether anything has come of it lately. */
  flows(now: number): boolean {
    return now - this.#cameAt < EMBEDDED.layerStaleMs;
  }

  /** A packet has come; undefined where it is none to be forwarded. */
  take(
    packet: { codec: "main" | "red"; marker: boolean; sequence: number; timestamp: number },
    payload: Uint8Array | undefined,
    { now, repeated }: { now: number; repeated: boolean },
  ): MediaPacket | undefined {
    if (repeated && !this.#missing.awaits(packet.sequence)) return undefined;
    if (!repeated) this.reception.note(packet, now);
    const wanted = this.#missing.note(packet.sequence, now);
    this.#cameAt = now;
    const media = { ...packet, ...this.#look(payload), payload: payload ?? NOTHING };
    if (media.starts && this.isVideo) {
      this.#wish = keyframeCame(this.#wish);
      this.#forReceivers.waiting = false;
      this.#missing.forgetBefore(packet.sequence);
    }
    if (wanted === "lost") this.wishKeyframe(now);
    else if (wanted.length > 0 && this.#repeats) {
      this.upstream.nack(this.ssrc!, wanted);
    }
    this.history.keep(media);
    return media;
  }

  #look(payload: Uint8Array | undefined): Pick<MediaPacket, "starts" | "vp8"> {
    if (payload === undefined) return { starts: false };
    switch (this.taken.codec) {
      case "opus":
        return { starts: true };
      case "h264":
        return { starts: startsH264(payload) };
      case "vp8": {
        const vp8 = readVp8(payload);
        return { starts: vp8?.keyframe ?? false, vp8 };
      }
    }
  }

  get #repeats(): boolean {
    return !this.isVideo || this.taken.main.feedback.includes("nack");
  }

  /** A key frame is wanted of it. */
  wishKeyframe(now: number): void {
    if (!this.isVideo) return;
    this.#wish = wish(this.#wish);
    this.#ask(now);
  }

  /** A receiver wants one: the sender is not asked for more than a few, however many they are, and however often. */
  wishForReceiver(now: number): void {
    const passOn = now - this.#forReceivers.at >= EMBEDDED.keyframeForReceiversMs;
    this.#forReceivers = { at: passOn ? now : this.#forReceivers.at, waiting: !passOn };
    if (passOn) this.wishKeyframe(now);
  }

  #ask(now: number): void {
    // Of what does not flow there is nothing to be had; when it begins, the wish is still there.
    if (this.ssrc === undefined || !this.flows(now)) return;
    const { ask, wish } = askKeyframe(this.#wish, now);
    this.#wish = wish;
    if (ask) this.upstream.keyframe(this.ssrc);
  }

  /** Asks again for what has not come. */
  tick(now: number): void {
    if (this.ssrc === undefined) return;
    const { again, gaveUp } = this.#missing.due(now);
    if (again.length > 0 && this.#repeats) this.upstream.nack(this.ssrc, again);
    if (this.#forReceivers.waiting) this.wishForReceiver(now);
    if (gaveUp) this.wishKeyframe(now);
    else this.#ask(now);
  }

  clock(clock: SenderClock, now: number): void {
    this.reception.sender(clock, now);
  }

  /** When `timestamp` was captured, in ms of the sender's clock; undefined before its first report. */
  captured(timestamp: number): number | undefined {
    const clock = this.reception.clock?.clock;
    if (clock === undefined) return undefined;
    const at = clock.seconds * 1_000 + clock.fraction / 2 ** 32 * 1_000;
    return at + after32(timestamp, clock.rtp) * 1_000 / this.clockRate;
  }
}

const NOTHING = new Uint8Array();
