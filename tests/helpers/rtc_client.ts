/**
 * A participant's media at an SFU, by a WebRTC implementation within the test: sends made-up RTP on all slots, the
 * camera in three layers, and counts what it is sent.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import {
  type MediaStreamTrack,
  RTCPeerConnection,
  RTCRtpCodecParameters,
  type RTCRtpTransceiver,
  RtpHeader,
  useAbsSendTime,
  useSdesMid,
  useSdesRTPStreamId,
} from "werift";
import type { IceCandidate, Layer, SfuConnection, SfuSlot, TrackKind } from "../../lib/protocol.ts";
import { SLOTS } from "../../lib/sfu/mod.ts";
import type { MakeSfuClient, SfuClient } from "./sfu_person.ts";

const OPUS = 111;
const VP8 = 96;
const EVERY_MS = 20;
/** Best first, as their names are in the description. */
const LAYERS = ["h", "m", "l"] as const;
const LAYER_NAMES: Record<string, Layer> = { h: "high", m: "medium", l: "low" };

export interface RtcClientOptions {
  id: string;
  candidate(of: SfuConnection, candidate: IceCandidate | null): void;
  /** Whether it sends the camera in three layers; by default it does. */
  simulcast?: boolean;
  /** Its part in DTLS on the sending connection (RFC 8842). A Janus that is to begin does so 1 s late. */
  setup?: "actpass" | "active";
}

/** Makes a client that sends on its own as soon as it is connected. */
export function rtcClient(options: RtcClientOptions): SfuClient {
  const { id, candidate } = options;
  let sending: Sending | undefined;
  let receiving: Receiving | undefined;
  const counts = new Map<string, number>();
  const layers = new Map<string, Layer>();
  const wrong: string[] = [];

  function received(packet: Buffer, slot: SfuSlot): void {
    const [from, kind, layer = ""] = markOf(packet) ?? [];
    if (from !== slot.participant || kind !== slot.kind) {
      wrong.push(`${from}'s ${kind} in the slot of ${slot.participant}'s ${slot.kind}`);
      return;
    }
    const key = `${from} ${kind}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    if (layer !== "") layers.set(from, LAYER_NAMES[layer] ?? "off");
  }

  return {
    id,
    async offer() {
      await sending?.close();
      sending = await startSending(options);
      return sending.offer;
    },
    answered: async (sdp) => await sending?.answered(sdp),
    async receive({ sdp, slots }) {
      receiving ??= startReceiving((one) => candidate("subscribe", one), received);
      return await receiving.answer(sdp, slots);
    },
    async candidate(of, one) {
      const connection = of === "publish" ? sending : receiving;
      await connection?.candidate(one);
    },
    async renewReceiving() {
      await receiving?.close();
      receiving = undefined;
    },
    received: (participant, kind) => counts.get(`${participant} ${kind}`) ?? 0,
    layer: (participant) => layers.get(participant),
    get state() {
      return `sending ${sending?.state ?? "none"}, receiving ${receiving?.state ?? "none"}`;
    },
    get wrong() {
      return wrong;
    },
    async close() {
      await Promise.all([sending?.close(), receiving?.close()]);
      sending = receiving = undefined;
    },
  };
}

/** One that a Janus connects to at once. */
export const quickClient: MakeSfuClient = (options) => rtcClient({ ...options, setup: "active" });

interface Connection {
  /** For a failed test to tell. */
  readonly state: string;
  candidate(candidate: IceCandidate | null): Promise<void>;
  close(): Promise<void>;
}
interface Sending extends Connection {
  readonly offer: string;
  answered(sdp: string): Promise<void>;
}
interface Receiving extends Connection {
  answer(sdp: string, slots: SfuSlot[]): Promise<string>;
}

function newConnection(candidate: (one: IceCandidate | null) => void): RTCPeerConnection {
  const feedback = [{ type: "nack" }, { type: "nack", parameter: "pli" }];
  const pc = new RTCPeerConnection({
    iceServers: [],
    iceUseIpv6: false,
    codecs: {
      audio: [
        new RTCRtpCodecParameters({
          mimeType: "audio/opus",
          clockRate: 48_000,
          channels: 2,
          payloadType: OPUS,
        }),
      ],
      video: [
        new RTCRtpCodecParameters({
          mimeType: "video/VP8",
          clockRate: 90_000,
          payloadType: VP8,
          rtcpFeedback: feedback,
        }),
      ],
    },
    headerExtensions: {
      audio: [useSdesMid()],
      video: [useSdesMid(), useSdesRTPStreamId(), useAbsSendTime()],
    },
  });
  pc.onIceCandidate.subscribe((one) => candidate(one ? one.toJSON() : null));
  return pc;
}

async function startSending(
  { id, candidate, simulcast = true, setup = "actpass" }: RtcClientOptions,
): Promise<Sending> {
  const pc = newConnection((one) => candidate("publish", one));
  const transceivers = SLOTS.map((kind) =>
    pc.addTransceiver(kind === "camera" || kind === "screen" ? "video" : "audio", {
      direction: "sendonly",
    })
  );
  await pc.setLocalDescription(await pc.createOffer());
  const plain = pc.localDescription!.sdp.replaceAll("a=setup:actpass", `a=setup:${setup}`);
  const offer = simulcast ? withSimulcast(plain) : plain;
  const described = Promise.withResolvers<void>();
  const timer = setInterval(() => send(), EVERY_MS);
  let count = 0;

  function send(): void {
    if (pc.connectionState !== "connected") return;
    count++;
    SLOTS.forEach((kind, at) => {
      const rids = kind === "camera" && simulcast ? LAYERS : [""];
      rids.forEach((rid, layer) => sendOne(transceivers[at]!, { kind, rid, layer }));
    });
  }

  function sendOne(
    { sender, mid, kind: medium, dtlsTransport }: RTCRtpTransceiver,
    { kind, rid, layer }: { kind: TrackKind; rid: string; layer: number },
  ): void {
    const idOf = (name: string) =>
      Number(new RegExp(`a=extmap:(\\d+)[^\\r\\n]*${name}`).exec(offer)?.[1] ?? 0);
    const extensions = [{ id: idOf("sdes:mid"), payload: Buffer.from(mid ?? "") }];
    if (rid !== "") extensions.push({ id: idOf("sdes:rtp-stream-id"), payload: Buffer.from(rid) });
    const header = new RtpHeader({
      payloadType: medium === "audio" ? OPUS : VP8,
      sequenceNumber: count & 0xffff,
      timestamp: count * (medium === "audio" ? 48 : 90) * EVERY_MS >>> 0,
      ssrc: rid === "" ? sender.ssrc : (sender.ssrc + 1 + layer) >>> 0,
      marker: true,
      extension: true,
      extensionProfile: 0xbede,
      extensions,
    });
    const mark = Buffer.from(`<${id} ${kind} ${rid}>`);
    const start = medium === "audio" ? Buffer.from([0x78]) : vp8Start(count);
    dtlsTransport.sendRtp(Buffer.concat([start, mark]), header).catch(() => {
      // The connection ends at this moment.
    });
  }

  return {
    get state() {
      return stateOf(pc);
    },
    offer,
    async answered(sdp) {
      await pc.setRemoteDescription({ type: "answer", sdp: withoutSimulcast(sdp) });
      described.resolve();
    },
    async candidate(one) {
      await described.promise;
      // The library fails a connection whose checks have not begun when it is told that there are no more.
      if (one) await pc.addIceCandidate(one);
    },
    async close() {
      clearInterval(timer);
      await pc.close();
    },
  };
}

function startReceiving(
  candidate: (one: IceCandidate | null) => void,
  received: (packet: Buffer, slot: SfuSlot) => void,
): Receiving {
  const pc = newConnection(candidate);
  let known: SfuSlot[] = [];
  const described = Promise.withResolvers<void>();
  const counted = new Set<MediaStreamTrack>();
  function count(transceiver: RTCRtpTransceiver, track: MediaStreamTrack): void {
    if (counted.has(track)) return;
    counted.add(track);
    track.onReceiveRtp.subscribe(({ payload }) => {
      const slot = known.find(({ mid }) => mid === transceiver.mid);
      if (slot && payload.length > 0) received(payload, slot);
    });
  }
  pc.onRemoteTransceiverAdded.subscribe((transceiver) => {
    transceiver.onTrack.subscribe((track) => count(transceiver, track));
  });
  return {
    get state() {
      return stateOf(pc);
    },
    async answer(sdp, slots) {
      known = slots;
      await pc.setRemoteDescription({ type: "offer", sdp });
      described.resolve();
      for (const transceiver of pc.getTransceivers()) {
        for (const track of transceiver.receiver.tracks) count(transceiver, track);
      }
      await pc.setLocalDescription(await pc.createAnswer());
      return pc.localDescription!.sdp;
    },
    async candidate(one) {
      await described.promise;
      // The library fails a connection whose checks have not begun when it is told that there are no more.
      if (one) await pc.addIceCandidate(one);
    },
    close: () => pc.close(),
  };
}

function stateOf(pc: RTCPeerConnection): string {
  const { connectionState, iceConnectionState, signalingState } = pc;
  return `${connectionState} (ICE ${iceConnectionState}, ${signalingState})`;
}

/** A payload descriptor (RFC 7741) and the start of a key frame of 64 by 64. */
function vp8Start(count: number): Buffer {
  return Buffer.from([
    ...[0x90, 0xe0, 0x80 | (count >> 8) & 0x7f, count & 0xff, count & 0xff, 0x20],
    ...[0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 64, 0, 64, 0],
  ]);
}

function markOf(payload: Buffer): string[] | undefined {
  const text = payload.toString("latin1");
  return /<([^<>]+)>/.exec(text)?.[1]?.split(" ");
}

/** The camera's section, the second, as one with three layers (RFC 8853). */
function withSimulcast(sdp: string): string {
  const [session, ...media] = sdp.split(/^(?=m=)/m);
  media[1] = media[1]!.replace(/^a=(ssrc|ssrc-group|msid):?.*\r\n/gm, "") +
    LAYERS.map((rid) => `a=rid:${rid} send\r\n`).join("") +
    `a=simulcast:send ${LAYERS.join(";")}\r\n`;
  return [session, ...media].join("");
}

/** The library would look for layers that it has not offered. */
function withoutSimulcast(sdp: string): string {
  return sdp.replace(/^a=(rid|simulcast):.*\r\n/gm, "");
}
