/**
 * What is sent to an SFU: four sections, offered once; whatever is switched on, off or over later only changes what
 * a section carries. What looks after the call settles how much less is sent than usual, see care/adapt/outlet.ts.
 *
 * @module
 */
import type { TrackKind } from "../api.ts";
import { SLOTS } from "../../lib/sfu/mod.ts";
import { cameraEncodings, RIDS } from "./encodings.ts";
import { measuredBy } from "../measured.ts";
import type { Link } from "./link.ts";
import type { SfuOptions } from "./path.ts";
import { SEND } from "./policy.ts";

export class Publisher {
  readonly link: Link;
  readonly #transceivers = new Map<TrackKind, RTCRtpTransceiver>();

  constructor(link: Link, { tracks, offering }: Pick<SfuOptions, "tracks" | "offering">) {
    this.link = link;
    // Tracks of one stream are played in step: the voice with the face, the sound with the screen.
    const person = new MediaStream();
    const screen = new MediaStream();
    for (const kind of SLOTS) {
      const track = tracks.get(kind);
      const isAudio = kind === "microphone" || kind === "screenAudio";
      const transceiver = link.pc.addTransceiver(track ?? (isAudio ? "audio" : "video"), {
        direction: "sendonly",
        streams: [kind === "microphone" || kind === "camera" ? person : screen],
        sendEncodings: encodingsOf(kind, track),
      });
      if (kind === "microphone") preferRedundancy(transceiver);
      offering(transceiver);
      makeReadable(kind, track);
      this.#transceivers.set(kind, transceiver);
    }
  }

  /** Which section carries what. */
  kinds(): Map<string, TrackKind> {
    return new Map(
      [...this.#transceivers].flatMap(([kind, { mid }]) => mid === null ? [] : [[mid, kind]]),
    );
  }

  send(kind: TrackKind, track: MediaStreamTrack | null): void {
    const sender = this.#transceivers.get(kind)?.sender;
    makeReadable(kind, track);
    // Both reject when the connection has closed meanwhile; then there is nothing to send on.
    sender?.replaceTrack(track).then(() => settle(kind, sender)).catch(() => {});
  }

  /** How loud the microphone is, 0 to 1. */
  async level(): Promise<number> {
    const { sender } = this.#transceivers.get("microphone")!;
    for (const entry of (await measuredBy(this.link.pc, sender))?.values() ?? []) {
      if (entry.type === "media-source") return entry.audioLevel;
    }
    return 0;
  }
}

function encodingsOf(kind: TrackKind, track: MediaStreamTrack | undefined) {
  if (kind === "screen") return [{ maxBitrate: SEND.screenBitrate }];
  if (kind !== "camera") return [];
  const encodings = cameraEncodings(track, RIDS.length);
  return RIDS.map((rid, index) => ({ rid, ...encodings[index] }));
}

/** What an SFU shows of a screen is to be read. */
function makeReadable(kind: TrackKind, track: MediaStreamTrack | null | undefined): void {
  if (kind === "screen" && track?.contentHint === "") track.contentHint = "detail";
}

/** Has a camera sent in its usual sizes, unless less is sent: then there is a frame rate too, and it stays as it is. */
async function settle(kind: TrackKind, sender: RTCRtpSender): Promise<void> {
  if (kind !== "camera" || sender.track === null) return;
  const parameters = sender.getParameters();
  const { encodings } = parameters;
  if (encodings.some(({ maxFramerate }) => maxFramerate)) return;
  const usual = cameraEncodings(sender.track, encodings.length);
  encodings.forEach((encoding, index) => Object.assign(encoding, usual[index]));
  await sender.setParameters(parameters);
}

/** Each packet carries the one before it as well (RFC 2198), where the browser can and the SFU will. */
function preferRedundancy(transceiver: RTCRtpTransceiver): void {
  const codecs = RTCRtpSender.getCapabilities?.("audio")?.codecs ?? [];
  const isRed = ({ mimeType }: { mimeType: string }) => mimeType.toLowerCase() === "audio/red";
  if (!codecs.some(isRed)) return;
  transceiver.setCodecPreferences?.([
    ...codecs.filter(isRed),
    ...codecs.filter((codec) => !isRed(codec)),
  ]);
}
