import type { TrackKind } from "../../../../client/api.ts";
import { TRACK_KINDS } from "../../../../client/transport.ts";

const lines = (...text: string[]) => text.map((line) => `${line}\r\n`).join("");

/** As the far end has described itself: a microphone, a camera and a screen. */
const FAR = lines(
  "v=0",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111",
  "a=sendrecv",
  "a=rtpmap:111 opus/48000/2",
  "a=fmtp:111 minptime=10",
  "m=video 9 UDP/TLS/RTP/SAVPF 96",
  "a=sendrecv",
  "m=video 9 UDP/TLS/RTP/SAVPF 96",
  "a=sendrecv",
);

const OFFER = FAR + lines("a=setup:actpass");

/** As an SFU does, which takes three layers of a camera. */
const SFU = FAR.replaceAll("sendrecv", "recvonly") + lines("a=simulcast:recv h;m;l");
const LAYERS = ["h", "m", "l"].map((rid) => ({ rid, active: true }));

const TRACK = { getSettings: () => ({ width: 640, frameRate: 30 }), contentHint: "" };

export interface FakeConnectionOptions {
  /** Whom it is to. */
  way?: "mesh" | "sfu";
  /** Whether the far end was the one that offered. */
  far?: RTCSdpType;
  /** What is sent. */
  tracks?: TrackKind[];
}

/** One thing that the browser was asked for: to send a kind in some way, or what a description changed. */
export type Asked = [what: string, how: unknown];

/** A connection that stands: notes what the browser is asked for, in order, and refuses what the test says. */
export class FakeConnection {
  signalingState: RTCSignalingState = "stable";
  connectionState: RTCPeerConnectionState = "connected";
  readonly currentRemoteDescription: RTCSessionDescriptionInit;
  readonly asked: Asked[] = [];
  /** How often it was asked for its statistics. */
  looks = 0;
  /** What is asked for in vain. */
  readonly refused = new Set<string>();
  /** What its statistics say; without an entry, nothing of the uplink. */
  readonly stats = new Map<string, Record<string, unknown>>();
  readonly #transceivers;

  constructor(
    { way = "mesh", far = "answer", tracks = ["microphone", "camera"] }: FakeConnectionOptions = {},
  ) {
    const isSfu = way === "sfu";
    this.currentRemoteDescription = { type: far, sdp: isSfu ? SFU : far === "offer" ? OFFER : FAR };
    this.#transceivers = TRACK_KINDS.map((kind) => ({
      direction: isSfu ? "sendonly" : "sendrecv",
      sender: this.#sender(kind, {
        isSent: tracks.includes(kind),
        encodings: isSfu && kind === "camera" ? LAYERS : [{ active: true }],
      }),
    }));
  }

  /** As the code under test takes it. */
  get pc(): RTCPeerConnection {
    return this as unknown as RTCPeerConnection;
  }
  /** In which direction its camera is to go. */
  get camera(): string {
    return this.getTransceivers()[1]!.direction;
  }
  /** What has been asked for, without how. */
  get order(): string[] {
    return this.asked.map(([what]) => what);
  }

  /** How something was asked for last. */
  last(what: string): unknown {
    return this.asked.findLast(([one]) => one === what)?.[1];
  }

  getTransceivers() {
    return this.#transceivers;
  }

  /** With something else to send, or nothing. */
  put(kind: TrackKind, isSent: boolean): void {
    this.#transceivers[TRACK_KINDS.indexOf(kind)]!.sender.track = isSent ? TRACK : null;
  }

  async setLocalDescription(description?: RTCSessionDescriptionInit): Promise<void> {
    const type = description?.type ?? (this.signalingState === "stable" ? "offer" : "answer");
    await this.#describe("local", type, this.camera);
  }

  async setRemoteDescription({ type, sdp }: RTCSessionDescriptionInit): Promise<void> {
    await this.#describe("remote", type, sdp);
  }

  /** As the standard has it: what does not fit the state is an error, and a rollback leads back. */
  async #describe(end: "local" | "remote", type: RTCSdpType, how: unknown): Promise<void> {
    await this.#ask(`${end} ${type}`, how);
    const { signalingState: state } = this;
    const other = end === "local" ? "remote" : "local";
    if (type === "offer" && state === "stable") this.signalingState = `have-${end}-offer`;
    else if (type === "answer" && state === `have-${other}-offer`) this.signalingState = "stable";
    else if (type === "rollback" && state === `have-${end}-offer`) this.signalingState = "stable";
    else throw new DOMException(`Cannot take a ${end} ${type} in ${state}`, "InvalidStateError");
  }

  async #ask(what: string, how: unknown): Promise<void> {
    this.asked.push([what, how]);
    await Promise.resolve();
    if (this.refused.has(what)) throw new DOMException(`Not ${what}`, "OperationError");
  }

  #sender(
    kind: TrackKind,
    { isSent, encodings }: { isSent: boolean; encodings: RTCRtpEncodingParameters[] },
  ) {
    const sender = {
      track: (isSent ? TRACK : null) as object | null,
      replaceTrack: (track: object) => {
        sender.track = track;
        return Promise.resolve();
      },
      getParameters: () => ({ encodings: structuredClone(encodings) }),
      setParameters: async (parameters: { encodings: RTCRtpEncodingParameters[] }) => {
        const [first, ...others] = parameters.encodings;
        await this.#ask(kind, others.length === 0 ? first : parameters.encodings);
        encodings = parameters.encodings;
      },
      getStats: () => {
        this.looks++;
        return Promise.resolve(this.stats);
      },
    };
    return sender;
  }
}
