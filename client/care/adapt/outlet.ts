/**
 * What one connection sends, to a participant or to an SFU, changed while it stands.
 *
 * A voice's packets, and whether there is a picture at all, can be changed in an SDP only. Nobody else has to know: the
 * side that sends offers the same once more, and answers itself with what it wants in the far end's words. A picture that
 * is taken out that way leaves at once; one that is merely made inactive goes on being sent again for seconds, as the far
 * end still asks for what it has not got.
 *
 * @module
 */
import type { Encoding, Voice } from "../../adapt/ladder.ts";
import { VOICE } from "../../adapt/policy.ts";
import { TRACK_KINDS } from "../../transport.ts";
import { layered } from "./layered.ts";
import { Setting } from "./setting.ts";
import { asAnswer, withLayers, without, withVoice } from "./words.ts";

/** How a picture is sent; `undefined`: not at all. `"free"`: as the browser likes. */
export type Picture = Encoding | "free" | undefined;

/** What is to be sent. */
export interface Wanted {
  readonly voice: Voice;
  readonly picture: Picture;
  /** Always in its full resolution. */
  readonly screen: Picture;
}

const MICROPHONE = TRACK_KINDS.indexOf("microphone");
const CAMERA = TRACK_KINDS.indexOf("camera");
const SCREEN = TRACK_KINDS.indexOf("screen");
const SCREEN_AUDIO = TRACK_KINDS.indexOf("screenAudio");
/** How a voice is sent at first. */
const FIRST_VOICE = { mesh: "plain", sfu: "doubled" } as const;
/** In which direction a camera's section goes, with a picture and without. */
const DIRECTIONS = {
  mesh: { with: "sendrecv", without: "recvonly" },
  sfu: { with: "sendonly", without: "inactive" },
} as const;

export class Outlet {
  readonly pc: RTCPeerConnection;
  readonly #way: keyof typeof DIRECTIONS;
  /** As the far end described itself, in an answer. */
  readonly #far: string;
  readonly #description: Setting;
  readonly #bitrate = new Setting("plain");
  readonly #encodings = TRACK_KINDS.map(() => new Setting(encoded(true, "free")));
  #wanted: Wanted | undefined;
  #hasSettled = false;
  #isBusy = false;

  /** `pc`: one that has been negotiated. */
  constructor(pc: RTCPeerConnection, way: keyof typeof DIRECTIONS = "mesh") {
    this.pc = pc;
    this.#way = way;
    this.#far = asAnswer(pc.currentRemoteDescription!.sdp);
    this.#description = new Setting(described(FIRST_VOICE[way], []));
  }

  /** What was asked for of the picture last. */
  get picture(): Picture {
    return this.#wanted === undefined ? "free" : this.#wanted.picture;
  }
  /** How the voice was asked to be sent last, or is sent at first. */
  get voice(): Voice {
    return this.#wanted?.voice ?? FIRST_VOICE[this.#way];
  }
  /** Whether what was asked for first has been seen to. */
  get hasSettled(): boolean {
    return this.#hasSettled;
  }
  get microphone(): RTCRtpSender | undefined {
    return this.pc.getTransceivers()[MICROPHONE]?.sender;
  }
  get camera(): RTCRtpTransceiver | undefined {
    return this.pc.getTransceivers()[CAMERA];
  }

  /** Sends this from now on; what it was asked for last counts. What cannot be changed goes on as it is. */
  send(wanted: Wanted): void {
    this.#wanted = wanted;
    if (!this.#isBusy) this.#settle(wanted);
  }

  async #settle(wanted: Wanted): Promise<void> {
    this.#isBusy = true;
    await this.#apply(wanted);
    this.#isBusy = false;
    this.#hasSettled = true;
    if (this.#wanted !== undefined && this.#wanted !== wanted) await this.#settle(this.#wanted);
  }

  async #apply({ voice, picture, screen }: Wanted): Promise<void> {
    // Also of one that is closed, nothing is to be asked.
    if (this.pc.signalingState !== "stable") return;
    await this.#bitrate.set(isLean(voice), () => this.#limitVoice(voice));
    // While no screen is shared, its sound is not counted among what has to be sent, as the browser else does.
    await this.#encode(SCREEN, screen);
    await this.#encode(SCREEN_AUDIO, "free");
    // Before the picture is let in: it would begin as large as it was.
    if (picture !== undefined) await this.#encode(CAMERA, picture);
    await this.#description.set(
      described(voice, idleOf(picture, screen)),
      () => this.#describe(voice, idleOf(picture, screen)),
    );
  }

  async #encode(slot: number, picture: Picture): Promise<void> {
    const sender = this.pc.getTransceivers()[slot]?.sender;
    if (sender === undefined) return;
    if (slot === CAMERA && this.#way === "sfu") return await this.#layer(sender, picture ?? "free");
    // A camera that is off is switched on by its track alone.
    const active = slot === CAMERA || (sender.track !== null && picture !== undefined);
    await this.#encodings[slot]!.set(encoded(active, active ? picture : undefined), async () => {
      const parameters = sender.getParameters();
      const [encoding] = parameters.encodings;
      if (encoding === undefined) throw new Error(`Cannot limit slot ${slot}: it has no encoding`);
      encoding.active = active;
      if (active && picture !== undefined) limit(encoding, picture, slot === CAMERA);
      await sender.setParameters(parameters);
    });
  }

  /** A camera may be another than it was, and an SFU take fewer layers than were offered. */
  async #layer(sender: RTCRtpSender, picture: Encoding | "free"): Promise<void> {
    const { encodings } = sender.getParameters();
    const layers = layered(sender.track, encodings.length, picture);
    await this.#encodings[CAMERA]!.set(JSON.stringify([sender.track?.id, layers]), async () => {
      const parameters = sender.getParameters();
      for (const [index, layer] of layers.entries()) {
        const encoding = parameters.encodings[index]!;
        delete encoding.maxFramerate;
        Object.assign(encoding, layer);
      }
      await sender.setParameters(parameters);
    });
  }

  /** Packets alone do not make it lean: the browser gives a voice what it estimates. */
  async #limitVoice(voice: Voice): Promise<void> {
    const sender = this.microphone;
    const parameters = sender?.getParameters();
    const encoding = parameters?.encodings[0];
    if (encoding === undefined) return;
    delete encoding.maxBitrate;
    if (voice === "lean") encoding.maxBitrate = VOICE.lean.bitrate;
    await sender!.setParameters(parameters!);
  }

  /** `idle`: the sections in which nothing is sent. */
  async #describe(voice: Voice, idle: readonly number[]): Promise<void> {
    const { pc } = this;
    if (this.camera === undefined) return;
    this.camera.direction = DIRECTIONS[this.#way][idle.includes(CAMERA) ? "without" : "with"];
    const { encodings } = this.camera.sender.getParameters();
    const words = withLayers(withVoice(this.#far, voice), encodings);
    try {
      await pc.setLocalDescription();
      await pc.setRemoteDescription({ type: "answer", sdp: without(words, idle) });
    } catch (error) {
      if (pc.signalingState !== "stable") await pc.setLocalDescription({ type: "rollback" });
      throw error;
    }
  }
}

/** Has a picture take no more than this. */
function limit(
  encoding: RTCRtpEncodingParameters,
  picture: Encoding | "free",
  scales: boolean,
): void {
  delete encoding.maxBitrate;
  delete encoding.maxFramerate;
  const { scaleResolutionDownBy, ...most } = picture === "free" ? FREE : picture;
  Object.assign(encoding, most);
  if (scales) encoding.scaleResolutionDownBy = scaleResolutionDownBy;
}

const FREE = { scaleResolutionDownBy: 1 };

/**
 * The sections in which nothing is sent. While there is a picture, a screen's waits for one to be shared. Beside a voice alone it
 * must not: to see whether there is room for more, the browser fills it with up to 60 kbit/s of packets that say nothing
 * (padding), for seconds, and the voice stands in line behind them.
 */
function idleOf(picture: Picture, screen: Picture): readonly number[] {
  if (picture !== undefined) return [];
  return screen === undefined ? [CAMERA, SCREEN] : [CAMERA];
}

const isLean = (voice: Voice) => voice === "lean" ? voice : "plain";
const described = (voice: Voice, idle: readonly number[]) => `${voice} ${idle}`;
const encoded = (active: boolean, picture: Picture) => JSON.stringify([active, picture]);
