/**
 * The mesh: one direct connection to every participant. The only importer of simple-peer.
 *
 * @module
 */
// @ts-types="./simple_peer.d.ts"
import SimplePeer from "simple-peer";
import { initiates } from "../lib/initiator.ts";
import type { IceServer } from "../lib/protocol.ts";
import type { TrackKind } from "./api.ts";
import {
  answerSlot,
  type Attempt,
  type AttemptOptions,
  CARE_CHANNEL,
  kindOf,
  offerSlots,
  put,
} from "./attempt.ts";
import { isMeasurable, measuredBy } from "./measured.ts";
import { Pair } from "./pair.ts";
import {
  type Levels,
  type RemotePeer,
  TRACK_KINDS,
  type Transport,
  type TransportEvents,
  type TransportStats,
} from "./transport.ts";

export class Mesh implements Transport {
  readonly #self: string;
  /** Whom to tell. */
  events: TransportEvents;
  /** What is sent. */
  readonly tracks = new Map<TrackKind, MediaStreamTrack>();
  /** Whether connections begin to send without the camera: on a thin uplink it would come before the voice. */
  isCameraHeld = false;
  iceServers: IceServer[] = [];
  readonly certificates: RTCCertificate[];
  /** By participant id. */
  readonly pairs = new Map<string, Pair>();
  readonly #streams = { person: new MediaStream(), screen: new MediaStream() };
  /** Rises over all pairs and is never used twice, so no attempt is taken for another. */
  #attempts = 0;

  /** `certificates`: the same for all connections, so that one knows each other again. */
  constructor(self: string, events: TransportEvents, certificates: RTCCertificate[] = []) {
    this.#self = self;
    this.certificates = certificates;
    this.events = events;
  }

  /** By participant id: the attempt that carries the media now. */
  get attempts(): ReadonlyMap<string, Attempt> {
    return new Map(
      [...this.pairs].flatMap(([id, { shown }]) => shown === undefined ? [] : [[id, shown]]),
    );
  }

  /** What connections send when they begin to. */
  get firstTracks(): ReadonlyMap<TrackKind, MediaStreamTrack> {
    const tracks = new Map(this.tracks);
    if (this.isCameraHeld) tracks.delete("camera");
    return tracks;
  }

  setIceServers(servers: IceServer[]): void {
    this.iceServers = servers;
  }

  setTrack(kind: TrackKind, track: MediaStreamTrack | null): void {
    if (track === null) this.tracks.delete(kind);
    else this.tracks.set(kind, track);
    for (const pair of this.pairs.values()) pair.send(kind, track);
  }

  /** Has one that began without the camera send it. */
  addCamera(id: string): void {
    this.pairs.get(id)?.send("camera", this.tracks.get("camera") ?? null);
  }

  add({ id, subscribe }: RemotePeer): void {
    const known = this.pairs.get(id);
    if (known !== undefined) return known.feed(subscribe);
    const pair = new Pair({
      id,
      initiator: initiates(this.#self, id),
      subscribe,
      number: () => ++this.#attempts,
      dial: (options) => this.#dial(options),
      tracks: () => this.firstTracks,
      events: {
        signal: (data) => this.events.signal(id, data),
        track: (kind, receiver) => this.events.track(id, kind, receiver),
        connection: (state) => this.events.connection(id, state),
        warning: (error) => this.events.warning(error),
      },
    });
    this.pairs.set(id, pair);
    pair.start();
  }

  remove(id: string): void {
    this.pairs.get(id)?.close();
    this.pairs.delete(id);
  }

  handle(from: string, data: unknown): void {
    if (typeof data === "object" && data !== null) {
      this.pairs.get(from)?.handle(data as Record<string, unknown>);
    }
  }

  refresh(which: "all" | "broken"): void {
    for (const pair of this.pairs.values()) pair.refresh(which);
  }

  async stats(): Promise<Map<string, TransportStats>> {
    const stats = new Map<string, TransportStats>();
    await Promise.all(
      [...this.pairs].map(async ([id, pair]) => {
        const pc = pair.shown?.pc;
        const report = await measuredBy(pc);
        if (pc === undefined || report === undefined) return;
        const kinds = new Map<string, TrackKind>();
        for (const transceiver of pc.getTransceivers()) {
          const kind = kindOf(pc, transceiver);
          if (kind !== undefined && transceiver.mid !== null) kinds.set(transceiver.mid, kind);
        }
        const description = pc.remoteDescription?.sdp;
        stats.set(id, { report, kinds, description });
      }),
    );
    return stats;
  }

  async levels(): Promise<Levels> {
    const remote = new Map<string, number>();
    let sender: RTCRtpSender | undefined;
    for (const [id, pair] of this.pairs) {
      const pc = pair.shown?.pc;
      if (pc === undefined || !isMeasurable(pc)) continue;
      const microphone = pc.getTransceivers()[TRACK_KINDS.indexOf("microphone")];
      const [source] = microphone?.receiver.getSynchronizationSources() ?? [];
      if (source !== undefined) remote.set(id, source.audioLevel ?? 0);
      if (microphone?.sender.track) sender ??= microphone.sender;
    }
    let own = 0;
    for (const entry of (await sender?.getStats())?.values() ?? []) {
      if (entry.type === "media-source") own = entry.audioLevel ?? 0;
    }
    return { own, remote };
  }

  close(): void {
    for (const id of [...this.pairs.keys()]) this.remove(id);
  }

  #dial({ number, initiator, tracks, events }: AttemptOptions): Attempt {
    const streams = this.#streams;
    let pc: RTCPeerConnection | undefined;
    let channel: RTCDataChannel | undefined;
    // simple-peer makes the connection in its constructor; this is its public way to get hold of it first.
    class Connection extends RTCPeerConnection {
      constructor(config?: RTCConfiguration) {
        super(config);
        pc = this;
        channel = this.createDataChannel("care", { negotiated: true, id: CARE_CHANNEL });
        if (initiator) offerSlots(this, tracks, streams);
        this.addEventListener("track", ({ transceiver, receiver }) => {
          const kind = kindOf(this, transceiver);
          if (kind === undefined) return;
          if (!initiator) answerSlot(transceiver, kind, tracks, streams);
          events.track(kind, receiver);
        });
        this.addEventListener("connectionstatechange", () => events.state(this.connectionState));
        // One channel is agreed on: for each further one, simple-peer would start a timer that never ends.
        let channels = 0;
        this.addEventListener("datachannel", (event) => {
          if (channels++ > 0) event.stopImmediatePropagation();
        });
      }
    }
    const peer = new SimplePeer({
      initiator,
      trickle: true,
      config: {
        iceServers: this.iceServers,
        bundlePolicy: "max-bundle",
        certificates: this.certificates,
      },
      // Of silence next to nothing is sent (RFC 7587 §6.1).
      sdpTransform: (sdp) => sdp.replaceAll("useinbandfec=1", "$&;usedtx=1"),
      wrtc: { RTCPeerConnection: Connection, RTCSessionDescription, RTCIceCandidate },
    });
    if (pc === undefined || channel === undefined) {
      throw new Error("Cannot connect: the browser made no RTCPeerConnection");
    }
    const made = pc;
    peer.on("signal", (data) => events.signal(data));
    // Always followed by `close`, which is what counts.
    peer.on("error", () => {});
    peer.on("close", () => events.closed());
    return {
      number,
      pc: made,
      channel,
      signal: (data) => {
        if (peer.destroyed) return;
        try {
          peer.signal(data);
        } catch {
          // Neither a description nor a candidate to this browser. The attempt goes on without it.
        }
      },
      send: (kind, track) => put(made.getTransceivers()[TRACK_KINDS.indexOf(kind)], track),
      destroy: () => peer.destroy(),
    };
  }
}
