/**
 * A participant as the application sees it: one object that lives as long as the participant is in the call.
 *
 * @module
 */
import type { ParticipantInfo } from "../lib/protocol.ts";
import type { MediaState, Participant, Permissions, Quality, TrackKind } from "./api.ts";
import { type Connection, TRACK_KINDS } from "./transport.ts";

/** A track has begun, or (`null`) ended. */
export interface Shown {
  kind: TrackKind;
  track: MediaStreamTrack | null;
}

export class Remote implements Participant {
  readonly id: string;
  readonly identity: string;
  readonly name: string | undefined;
  readonly metadata: unknown;
  readonly stream = new MediaStream();
  readonly screen = new MediaStream();
  state: "active" | "away";
  media: MediaState;
  attributes: Readonly<Record<string, unknown>>;
  permissions: Permissions;
  quality: Quality = "unknown";
  speaking = false;
  connection: Connection = "connecting";
  paused = false;
  /** The latest topology epoch by whose path it shows what we send, as it says. */
  shows = -1;
  /** What arrives, whether it is shown or not. */
  readonly arriving = new Map<TrackKind, RTCRtpReceiver>();
  readonly #shown = new Map<TrackKind, MediaStreamTrack>();

  constructor(info: ParticipantInfo) {
    this.id = info.id;
    this.identity = info.identity;
    this.name = info.name;
    this.metadata = info.metadata;
    this.state = info.state;
    this.media = info.media;
    this.attributes = info.attributes;
    this.permissions = info.permissions;
  }

  /** What there is to see and hear of it: nothing comes of a camera that is paused. */
  get sends(): MediaState {
    return { ...this.media, camera: this.media.camera && !this.paused };
  }

  /** Takes over what the node says; returns whether anything changed. */
  update({ state, media, attributes, permissions }: ParticipantInfo): boolean {
    const before = JSON.stringify([this.state, this.media, this.attributes, this.permissions]);
    Object.assign(this, { state, media, attributes, permissions });
    return before !== JSON.stringify([state, media, attributes, permissions]);
  }

  /** Something arrives, in place of the last of its kind. */
  arrive(kind: TrackKind, receiver: RTCRtpReceiver): void {
    this.arriving.set(kind, receiver);
  }

  /** Shows what is to be shown now, and nothing else. */
  show(): Shown[] {
    return TRACK_KINDS.flatMap((kind) => {
      const track = this.#wanted(kind) ? this.arriving.get(kind)?.track : undefined;
      const old = this.#shown.get(kind);
      if (track === old) return [];
      const stream = kind === "microphone" || kind === "camera" ? this.stream : this.screen;
      // Remove before add: the other way round, players stay on the old track.
      if (old !== undefined) stream.removeTrack(old);
      this.#shown.delete(kind);
      if (track !== undefined) {
        stream.addTrack(track);
        this.#shown.set(kind, track);
      }
      return [{ kind, track: track ?? null }];
    });
  }

  /** It has left: nothing is shown any more. */
  clear(): void {
    this.arriving.clear();
    this.show();
    this.speaking = false;
  }

  /**
   * Only what it says that it sends: a camera that is off would leave its last picture standing. And only
   * with the permission to publish, which no node can enforce on a direct connection, so receivers do.
   */
  #wanted(kind: TrackKind): boolean {
    if (!this.permissions.publish) return false;
    // Nobody says whether a screen has sound; where it has none, nothing ever arrives.
    if (kind === "screenAudio") {
      return this.media.screen && this.arriving.get(kind)?.track.muted === false;
    }
    return this.sends[kind];
  }
}
