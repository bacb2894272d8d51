import type { Layer } from "../../protocol.ts";
import { after32, random32 } from "./bytes.ts";
import type { Feed } from "./feed.ts";
import type { LayerSource } from "./layer_source.ts";
import { chooseLayer } from "./layers.ts";
import type { MediaPacket } from "./media_packet.ts";
import { EMBEDDED } from "./policy.ts";
import { primaryOf, relabel } from "./red.ts";
import {
  beginStretch,
  nearestIndex,
  noteSent,
  place,
  type Placed,
  type Sent,
  type Stretch,
} from "./rewrite.ts";
import { senderReport } from "./rtcp.ts";
import { writeHeader } from "./rtp.ts";
import type { MediaSection } from "./sdp_read.ts";
import type { Transport } from "./transport.ts";
import { shiftVp8 } from "./vp8.ts";

/** What is needed of the connection. */
export type Way = Pick<Transport, "connected" | "repeats" | "sendRtp" | "sendRtcp">;

/** What is needed of a receiver's answer. */
export type Answered = Pick<MediaSection, "formats" | "port" | "direction">;

/** What the receiver has agreed to, by payload type. */
interface Accepted {
  readonly main: number;
  readonly red?: number;
  readonly rtx?: number;
}

interface Source {
  readonly layer: LayerSource;
  readonly stretch: Stretch;
}

/** A payload as the receiver gets it. */
interface Written {
  readonly payloadType: number;
  readonly payload: Uint8Array;
}

/** What is sent again. */
interface Again extends Written, Placed {
  readonly marker: boolean;
}

/** How many stretches back something is repeated. */
const STRETCHES = 4;

/** A feed on its way to one receiver: one stream, made of whichever layer is best for it. */
export class Outlet {
  readonly ssrc = random32();
  readonly rtxSsrc = random32();
  #accepted: Accepted | undefined;
  /** The last one is what is sent now. */
  #sources: Source[] = [];
  /** What is sent as soon as a picture begins there. */
  #next: LayerSource | undefined;
  /** Nothing is sent of the last one any more: a picture that goes on begins anew. */
  #stopped = false;
  #sent: Sent | undefined;
  #count = { packets: 0, bytes: 0 };
  #rtxSequence = random32() & 0x7fff;
  /** When a packet was last sent again, by its index modulo the length; made when something is. */
  #resentAt: Float64Array | undefined;
  #reportedAt = -Infinity;

  constructor(
    readonly feed: Feed,
    readonly transport: Way,
    /** Of a camera; whatever else there is has one layer. */
    public wanted: Layer,
  ) {
    feed.listeners.add(this);
  }

  get #current(): Source | undefined {
    return this.#sources.at(-1);
  }

  /** The receiver has answered: undefined where it does not want it. */
  accept(section: Answered | undefined, now: number): void {
    this.#accepted = section === undefined ? undefined : acceptedOf(section);
    this.tick(now);
  }

  /** The connection stands, or something else has changed: looks which layer is to be sent. */
  tick(now: number): void {
    if (this.#accepted === undefined || !this.transport.connected) return;
    const { layers } = this.feed;
    const index = chooseLayer(this.wanted, layers.map((layer) => layer.flows(now)));
    const target = index === undefined ? undefined : layers[index];
    const current = this.#current;
    if (target === undefined) {
      this.#next = undefined;
      // A picture that goes on later begins anew.
      if (current !== undefined && this.wanted === "off") this.#stopped = true;
      return;
    }
    if (current?.layer === target && !this.#stopped) {
      this.#next = undefined;
    } else if (this.#next !== target) {
      this.#next = target;
      target.wishKeyframe(now);
    }
  }

  packet(layer: LayerSource, packet: MediaPacket, now: number): void {
    if (this.#accepted === undefined || !this.transport.connected) return;
    // The sender has begun anew: what is to be sent now is not left until the next tick.
    const current = this.#current?.layer;
    if (
      this.#next === undefined && (current === undefined || !this.feed.layers.includes(current))
    ) {
      this.tick(now);
    }
    if (layer === this.#next && packet.starts) this.#switch(layer, packet, now);
    else if (layer === this.#current?.layer && !this.#stopped) {
      this.#forward(this.#current, packet, now);
    }
  }

  #switch(layer: LayerSource, packet: MediaPacket, now: number): void {
    const stretch = beginStretch(
      { ...packet, captured: layer.captured(packet.timestamp) },
      this.#sent,
      { now, clockRate: layer.clockRate },
    );
    const source = { layer, stretch };
    this.#sources = [...this.#sources, source].slice(-STRETCHES);
    this.#next = undefined;
    this.#stopped = false;
    this.#forward(source, packet, now);
    // Of a picture whose first packet came late the rest is there already.
    for (let i = 1; i < EMBEDDED.videoHistory / 2; i++) {
      const follower = layer.history.find((packet.sequence + i) & 0xffff);
      if (follower !== undefined) this.#forward(source, follower, now);
    }
    this.#report(now);
  }

  #forward({ layer, stretch }: Source, packet: MediaPacket, now: number): void {
    const incoming = { ...packet, captured: layer.captured(packet.timestamp) };
    const placed = place(stretch, incoming, this.#sent);
    const written = this.#write(packet, stretch);
    if (placed === undefined || written === undefined) return;
    const { payloadType, payload } = written;
    const { marker } = packet;
    const { sequence, timestamp } = placed;
    this.transport.sendRtp(
      writeHeader({ sequence, timestamp, payloadType, marker, ssrc: this.ssrc }),
      payload,
    );
    this.transport.repeats.earn(payload.length);
    this.#count.packets++;
    this.#count.bytes += payload.length;
    this.#sent = noteSent(this.#sent, { packet: incoming, placed, stretch, now });
  }

  #write(packet: MediaPacket, stretch: Stretch): Written | undefined {
    const accepted = this.#accepted;
    if (accepted === undefined) return undefined;
    if (packet.codec === "red") {
      if (accepted.red !== undefined) {
        return { payloadType: accepted.red, payload: relabel(packet.payload, accepted.main) };
      }
      const payload = primaryOf(packet.payload);
      return payload === undefined ? undefined : { payloadType: accepted.main, payload };
    }
    const payload = packet.vp8 === undefined
      ? packet.payload
      : shiftVp8(packet.payload, packet.vp8, stretch.vp8);
    return { payloadType: accepted.main, payload };
  }

  /** The receiver misses these. */
  resend(sequences: readonly number[], now: number): void {
    const sent = this.#sent;
    if (sent === undefined) return;
    const resentAt = this.#resentAt ??= new Float64Array(EMBEDDED.videoHistory).fill(-Infinity);
    for (const sequence of sequences) {
      const index = nearestIndex(sequence, sent.index);
      const age = sent.index - index;
      if (age < 0 || age >= resentAt.length) continue;
      const at = index % resentAt.length;
      if (now - resentAt[at]! < EMBEDDED.resendMs) continue;
      const source = this.#sources.findLast(({ stretch }) => index >= stretch.start);
      const found = source === undefined ? undefined : this.#kept(source, index, sent);
      if (found === undefined) continue;
      if (!this.transport.repeats.spend(found.payload.length)) return;
      resentAt[at] = now;
      this.#repeat(found);
    }
  }

  /** What went out of `source` under `index`, as far as it is still there. */
  #kept({ layer, stretch }: Source, index: number, sent: Sent): Again | undefined {
    const sequence = index & 0xffff;
    const packet = layer.history.find((sequence - stretch.sequence) & 0xffff);
    const written = packet === undefined ? undefined : this.#write(packet, stretch);
    if (packet === undefined || written === undefined) return undefined;
    const timestamp = (packet.timestamp + stretch.timestamp) >>> 0;
    // A layer that is not sent any more goes on: what is newer than all that went out is another packet.
    if (after32(timestamp, sent.timestamp) > 0) return undefined;
    return { ...written, marker: packet.marker, index, sequence, timestamp };
  }

  #repeat({ marker, payloadType, payload, sequence, timestamp }: Again): void {
    const rtx = this.#accepted?.rtx;
    if (rtx === undefined) {
      const header = writeHeader({ payloadType, marker, sequence, timestamp, ssrc: this.ssrc });
      this.transport.sendRtp(header, payload);
      return;
    }
    const repeated = new Uint8Array(payload.length + 2);
    repeated[0] = sequence >> 8;
    repeated[1] = sequence;
    repeated.set(payload, 2);
    this.#rtxSequence = (this.#rtxSequence + 1) & 0xffff;
    const header = writeHeader({
      payloadType: rtx,
      marker,
      sequence: this.#rtxSequence,
      timestamp,
      ssrc: this.rtxSsrc,
    });
    this.transport.sendRtp(header, repeated);
  }

  /** The receiver cannot go on without a key frame. */
  wishKeyframe(now: number): void {
    (this.#next ?? this.#current?.layer)?.wishForReceiver(now);
  }

  clock(layer: LayerSource, now: number): void {
    if (layer === this.#current?.layer) this.#report(now);
  }

  /** Tells the receiver what the sender last said of its clock, in the timestamps that go out. */
  #report(now: number): void {
    const current = this.#current;
    const clock = current?.layer.reception.clock?.clock;
    if (current === undefined || clock === undefined) return;
    if (now - this.#reportedAt < EMBEDDED.reportMs / 2 && this.#sources.length === 1) return;
    this.#reportedAt = now;
    const rtp = (clock.rtp + current.stretch.timestamp) >>> 0;
    this.transport.sendRtcp(senderReport(this.ssrc, { ...clock, rtp }, this.#count));
  }

  close(): void {
    this.feed.listeners.delete(this);
    this.#accepted = undefined;
  }
}

function acceptedOf({ formats, port, direction }: Answered): Accepted | undefined {
  if (port === 0 || direction === "inactive" || direction === "sendonly") return undefined;
  const main = formats.find(({ name }) => ["opus", "vp8", "h264"].includes(name));
  if (main === undefined) return undefined;
  return {
    main: main.payloadType,
    red: formats.find(({ name }) => name === "red")?.payloadType,
    rtx: formats.find(({ name, parameters }) =>
      name === "rtx" && parameters.split(";").includes(`apt=${main.payloadType}`)
    )?.payloadType,
  };
}
