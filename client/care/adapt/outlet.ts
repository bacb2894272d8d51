/**
 * What one connection of the mesh sends, changed while it stands.
 *
 * A voice's packets, and whether there is a picture at all, can be changed in an SDP only. Nobody else has to know: the
 * side that sends describes the same once more to itself, with what it wants in the far end's words. A picture that is
 * taken out that way leaves at once; one that is merely made inactive goes on being sent again for seconds, as the far
 * end still asks for what it has not got.
 *
 * @module
 */
import type { Encoding, Voice } from "../../adapt/ladder.ts";
import { report } from "../../emitter.ts";
import { TRACK_KINDS } from "../../transport.ts";
import { withoutPicture, withVoice } from "./words.ts";

/** What is to be sent. */
export interface Wanted {
  readonly voice: Voice;
  /** `undefined`: none. `"free"`: as the browser likes. */
  readonly picture: Encoding | "free" | undefined;
}

const MICROPHONE = TRACK_KINDS.indexOf("microphone");
const CAMERA = TRACK_KINDS.indexOf("camera");
/** With its sound behind it. */
const SCREEN = TRACK_KINDS.indexOf("screen");

export class Outlet {
  readonly pc: RTCPeerConnection;
  /** As the far end described itself. */
  readonly #far: RTCSessionDescription;
  #described: string;
  #encoded = "";
  #wanted: Wanted | undefined;
  #isBusy = false;

  /** `pc`: one that has been negotiated. */
  constructor(pc: RTCPeerConnection) {
    this.pc = pc;
    this.#far = pc.currentRemoteDescription!;
    this.#described = described({ voice: "plain", picture: "free" });
  }

  /** What was asked for of the picture last. */
  get picture(): Wanted["picture"] {
    return this.#wanted === undefined ? "free" : this.#wanted.picture;
  }
  get microphone(): RTCRtpSender | undefined {
    return this.pc.getTransceivers()[MICROPHONE]?.sender;
  }
  get camera(): RTCRtpTransceiver | undefined {
    return this.pc.getTransceivers()[CAMERA];
  }

  /** Sends this from now on; what it was asked for last counts. */
  send(wanted: Wanted): void {
    this.#wanted = wanted;
    if (!this.#isBusy) this.#settle();
  }

  async #settle(): Promise<void> {
    this.#isBusy = true;
    try {
      for (let now = this.#wanted; now !== undefined; now = this.#next(now)) await this.#apply(now);
    } catch (error) {
      // What has closed meanwhile sends nothing; what will not change goes on as it is.
      if (this.pc.signalingState !== "closed") report(error);
    } finally {
      this.#isBusy = false;
    }
  }

  /** What was asked for while `done` was seen to. */
  #next(done: Wanted): Wanted | undefined {
    return this.#wanted === done ? undefined : this.#wanted;
  }

  async #apply(wanted: Wanted): Promise<void> {
    const text = described(wanted);
    const { picture } = wanted;
    await this.#rest();
    // Before the picture is let in: it would begin as large as it was.
    if (picture !== undefined) await this.#encode(picture);
    if (text !== this.#described) {
      // Also if it fails: it would again.
      this.#described = text;
      await this.#describe(wanted);
    }
  }

  /** While no screen is shared, its sound is not counted among what has to be sent, as the browser else does. */
  async #rest(): Promise<void> {
    for (const { sender } of this.pc.getTransceivers().slice(SCREEN)) {
      const parameters = sender.getParameters();
      const [encoding] = parameters.encodings;
      const active = sender.track !== null;
      if (encoding === undefined || encoding.active === active) continue;
      encoding.active = active;
      await sender.setParameters(parameters);
    }
  }

  async #encode(picture: Encoding | "free"): Promise<void> {
    const sender = this.camera?.sender;
    const text = JSON.stringify(picture);
    if (sender === undefined || text === this.#encoded) return;
    const parameters = sender.getParameters();
    const [encoding] = parameters.encodings;
    if (encoding === undefined) return;
    this.#encoded = text;
    if (picture !== "free") Object.assign(encoding, picture);
    else {
      delete encoding.maxBitrate;
      delete encoding.maxFramerate;
      encoding.scaleResolutionDownBy = 1;
    }
    await sender.setParameters(parameters);
  }

  async #describe({ voice, picture }: Wanted): Promise<void> {
    const { pc } = this;
    if (pc.signalingState !== "stable" || this.camera === undefined) return;
    const { type, sdp } = this.#far;
    this.camera.direction = picture === undefined ? "recvonly" : "sendrecv";
    const words = withVoice(sdp, voice);
    try {
      if (type === "offer") {
        await pc.setRemoteDescription({ type, sdp: words });
        await pc.setLocalDescription();
      } else {
        await pc.setLocalDescription();
        await pc.setRemoteDescription({
          type,
          sdp: picture === undefined ? withoutPicture(words, CAMERA) : words,
        });
      }
    } catch (error) {
      if (pc.signalingState !== "stable") {
        const end = pc.signalingState === "have-local-offer" ? "Local" : "Remote";
        await pc[`set${end}Description`]({ type: "rollback" });
      }
      throw error;
    }
  }
}

const described = ({ voice, picture }: Wanted) => `${voice} ${picture !== undefined}`;
