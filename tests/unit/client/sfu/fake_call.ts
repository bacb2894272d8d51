import type {
  ClientFrame,
  Measured,
  ParticipantInfo,
  SfuAsk,
  SfuTold,
  Topology,
} from "../../../../lib/protocol.ts";
import type { CallState, TrackKind } from "../../../../client/api.ts";
import { Reporter } from "../../../../client/care/reporter.ts";
import { Remote } from "../../../../client/remote.ts";
import type { SfuOptions, SfuPath, SfuState } from "../../../../client/sfu/path.ts";
import { Switch } from "../../../../client/sfu/switch.ts";
import type { SwitchedMesh } from "../../../../client/sfu/switched.ts";
import type { RemotePeer, TransportEvents, TransportStats } from "../../../../client/transport.ts";

/** Something that arrives, and plays when the test says so. */
export class FakeReceiver {
  readonly track: { id: string; kind: string; muted: boolean };
  #timestamp: number | undefined;

  constructor(id: string, kind: TrackKind) {
    const isVideo = kind === "camera" || kind === "screen";
    this.track = { id, kind: isVideo ? "video" : "audio", muted: false };
  }

  play(): void {
    this.#timestamp = (this.#timestamp ?? 0) + 1;
  }

  getSynchronizationSources() {
    return this.#timestamp === undefined ? [] : [{ timestamp: this.#timestamp }];
  }
}

const KINDS: TrackKind[] = ["microphone", "camera", "screen", "screenAudio"];

/** What arrives of one participant by one path. */
export type Slots = Map<TrackKind, FakeReceiver>;

const slots = (prefix: string): Slots =>
  new Map(KINDS.map((kind) => [kind, new FakeReceiver(`${prefix} ${kind}`, kind)]));

const asReceivers = (theirs: Slots) => theirs as unknown as Map<TrackKind, RTCRtpReceiver>;

/** A path to an SFU whose every event is the test's. */
export class FakePath implements SfuPath {
  state: SfuState = "connecting";
  ticket: string | undefined = "ticket";
  readonly arrivals = new Map<string, Map<TrackKind, RTCRtpReceiver>>();
  readonly sent: [TrackKind, string | null][] = [];
  readonly told: SfuTold[] = [];
  readonly asked: unknown[] = [];
  readonly publishing = undefined;
  packets = 0;
  resumes = 0;
  isClosed = false;

  constructor(readonly options: SfuOptions, readonly name: string) {}

  handle(told: SfuTold): void {
    this.told.push(told);
  }
  send(kind: TrackKind, track: MediaStreamTrack | null): void {
    this.sent.push([kind, track?.id ?? null]);
  }
  layers(wanted: Record<string, string>): void {
    this.asked.push(wanted);
  }
  resume(): void {
    this.resumes++;
  }
  received(): Promise<number> {
    return Promise.resolve(this.packets);
  }
  stats(): Promise<Map<string, TransportStats>> {
    return Promise.resolve(new Map());
  }
  levels() {
    return Promise.resolve({ own: 0.2, remote: new Map([["a", 0.5]]) });
  }
  close(): void {
    this.isClosed = true;
  }

  enter(state: SfuState): void {
    this.state = state;
    this.options.changed();
  }

  /** The SFU forwards somebody from now on. */
  forward(id: string): Slots {
    const theirs = slots(`${this.name} ${id}`);
    this.arrivals.set(id, asReceivers(theirs));
    this.options.changed();
    return theirs;
  }
}

/** A mesh whose every event is the test's. */
export class FakeMesh implements SwitchedMesh {
  readonly tracks = new Map<TrackKind, MediaStreamTrack>();
  readonly firstTracks = this.tracks;
  readonly iceServers = [];
  readonly peers = new Map<string, boolean>();
  isClosed = false;
  refreshed: string[] = [];

  constructor(public events: TransportEvents) {}

  setIceServers(): void {}
  setTrack(kind: TrackKind, track: MediaStreamTrack | null): void {
    if (track === null) this.tracks.delete(kind);
    else this.tracks.set(kind, track);
  }
  add({ id, subscribe }: RemotePeer): void {
    this.peers.set(id, subscribe);
  }
  remove(id: string): void {
    this.peers.delete(id);
  }
  handle(): void {}
  refresh(which: string): void {
    this.refreshed.push(which);
  }
  stats(): Promise<Map<string, TransportStats>> {
    return Promise.resolve(new Map());
  }
  levels() {
    return Promise.resolve({ own: 0.1, remote: new Map([["a", 0.4]]) });
  }
  close(): void {
    this.isClosed = true;
  }
}

export const info = (id: string): ParticipantInfo => ({
  id,
  identity: id,
  state: "active",
  joinedAt: 0,
  permissions: { publish: true, subscribe: true, chat: true, moderate: false },
  media: { microphone: true, camera: true, screen: false },
  attributes: {},
});

export const sfu = (epoch: number): Topology => ({
  mode: "sfu",
  epoch,
  grant: { kind: "offer_answer", sfu: `sfu-${epoch}`, region: "eu" },
});
export const mesh = (epoch: number): Topology => ({ mode: "mesh", epoch });

export interface FakeCallOptions {
  way?: Topology;
  late?: Topology;
  others?: string[];
  publish?: boolean;
  subscribe?: boolean;
}

/** A call that is moved between a mesh and SFUs, all of them fakes; needs a fake time. */
export class FakeCall {
  readonly self = { permissions: { publish: true, subscribe: true, chat: true, moderate: false } };
  readonly roster = { participants: new Map<string, Remote>() };
  readonly frames: ClientFrame[] = [];
  readonly signaling = {
    send: (frame: ClientFrame) =>
      this.state === "connected" && this.frames.push(JSON.parse(JSON.stringify(frame))) > 0,
  };
  state: CallState = "connected";
  way: Topology;
  meshEpoch: number | undefined;
  readonly #reporter = new Reporter({
    send: (report) => this.signaling.send(report),
    summary: () => undefined,
  });
  readonly report = (measured: Measured) => this.#reporter.set(measured);
  /** What was said to whom. */
  readonly said: [string, unknown][] = [];
  readonly paths: FakePath[] = [];
  readonly mesh: FakeMesh;
  readonly switch: Switch;
  /** What arrives by the mesh, by participant. */
  readonly byMesh = new Map<string, Slots>();
  /** What is shown of each participant: the names of the receivers' tracks. */
  readonly shown = new Map<string, Map<TrackKind, string>>();
  readonly connections: [string, string][] = [];
  /** Tracks that are decoded in secret. */
  readonly primed = new Set<string>();
  readonly widths = new Map<string, number>();

  /** `late`: which way it has to take already when all this is loaded. */
  constructor(
    { way = mesh(1), late, others = ["a"], publish = true, subscribe = true }: FakeCallOptions = {},
  ) {
    this.way = late ?? way;
    this.meshEpoch = way.mode === "mesh" ? way.epoch : undefined;
    Object.assign(this.self.permissions, { publish, subscribe });
    this.mesh = new FakeMesh({
      signal: (to, data) => void this.said.push([to, data]),
      track: (from, kind, receiver) => this.#show(from, kind, receiver.track.id),
      connection: (id, state) => {
        this.connections.push([id, state]);
        const remote = this.roster.participants.get(id);
        if (remote !== undefined) remote.connection = state;
      },
      warning: () => {},
    });
    this.mesh.setTrack("microphone", { id: "mic" } as MediaStreamTrack);
    this.mesh.setTrack("camera", { id: "cam" } as MediaStreamTrack);
    for (const id of others) {
      const remote = new Remote(info(id));
      this.roster.participants.set(id, remote);
      if (way.mode !== "mesh") continue;
      this.mesh.add({ id, subscribe: true });
      remote.connection = "connected";
      const theirs = slots(`mesh ${id}`);
      this.byMesh.set(id, theirs);
      for (const [kind, receiver] of asReceivers(theirs)) {
        remote.arrive(kind, receiver);
        this.#show(id, kind, receiver.track.id);
      }
    }
    this.switch = new Switch(this, this.mesh, {
      decode: (track) => {
        this.primed.add(track.id);
        return () => void this.primed.delete(track.id);
      },
      retryDelay: (_tries, { baseMs }) => baseMs,
      now: () => Date.now(),
      refusal: () => undefined,
      offerCaptureTimes: () => {},
      seen: ({ id }) => this.widths.get(id) ?? 0,
    }, { offer_answer: (options) => this.#dial(options) });
  }

  /** The newest path. */
  get path(): FakePath {
    return this.paths.at(-1)!;
  }

  remote(id: string): Remote {
    return this.roster.participants.get(id)!;
  }

  /** The node says that the topology is another. */
  go(way: Topology): void {
    this.way = way;
    if (way.mode === "mesh") this.meshEpoch = way.epoch;
    this.switch.handleFrame({ type: "topology", reason: "forced", ...way });
  }

  /** Somebody says by which topology it shows us. */
  shows(id: string, epoch: number): void {
    this.remote(id).shows = epoch;
    this.switch.handle(id, { shows: epoch });
  }

  join(id: string): void {
    this.roster.participants.set(id, new Remote(info(id)));
    this.switch.add({ id, subscribe: true });
  }

  leave(id: string): void {
    this.roster.participants.delete(id);
    this.switch.remove(id);
  }

  /** The mesh's connection to somebody stands, and its tracks are there. */
  meshStands(id: string): Slots {
    const theirs = slots(`mesh ${id}`);
    this.byMesh.set(id, theirs);
    for (const [kind, receiver] of asReceivers(theirs)) {
      this.mesh.events.track(id, kind, receiver);
    }
    this.mesh.events.connection(id, "connected");
    return theirs;
  }

  /** What somebody says that it sends has changed. */
  update(id: string, media: Partial<ParticipantInfo["media"]>): void {
    const remote = this.remote(id);
    remote.media = { ...remote.media, ...media };
    this.switch.handleFrame({ type: "participant", version: 1, participant: info(id) });
  }

  /** By what the kind is shown: the first word of the track's name. */
  by(id: string, kind: TrackKind): string | undefined {
    return this.shown.get(id)?.get(kind)?.split(" ")[0];
  }

  asked(): SfuAsk[] {
    return this.frames.flatMap((frame) => frame.type === "sfu" ? [frame.data] : []);
  }

  reports(): Measured[] {
    return this.frames.flatMap((frame) =>
      frame.type === "report" && frame.measured ? [frame.measured] : []
    );
  }

  #dial(options: SfuOptions): FakePath {
    const path = new FakePath(options, `sfu${this.paths.length + 1}`);
    this.paths.push(path);
    return path;
  }

  #show(id: string, kind: TrackKind, name: string): void {
    const theirs = this.shown.get(id) ?? new Map<TrackKind, string>();
    this.shown.set(id, theirs.set(kind, name));
  }
}
