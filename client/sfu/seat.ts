/**
 * One participant during a call that changes its path: which path shows each of its tracks.
 *
 * @module
 */
import type { Connection, TransportEvents } from "../transport.ts";
import type { MediaState, Permissions, TrackKind } from "../api.ts";
import type { Remote } from "../remote.ts";
import { SLOTS } from "../../lib/sfu/mod.ts";
import { stampOf } from "../stamp.ts";
import { type Candidate, choose } from "./choose.ts";
import { beginFlow, type Flow, look } from "./flow.ts";
import type { SfuPath } from "./path.ts";
import { SWITCH } from "./policy.ts";

/** A path that media takes, or took. */
export interface Path {
  /** Absent: the mesh. */
  readonly sfu?: SfuPath;
  /** Of the topology that it belongs to. */
  epoch: number;
  /** Whether nothing comes by it any more, though it should. */
  stalled: boolean;
  /** Whether what we send goes by it. */
  isFed: boolean;
}

interface ShownBy {
  path: Path;
  receiver: RTCRtpReceiver;
}

/** Has the browser decode a track that nobody sees yet, until the returned function is called. */
export type Decode = (track: MediaStreamTrack, old?: MediaStreamTrack) => () => void;

export interface SeatOptions {
  remote: Remote;
  decode: Decode;
  /** Told what of it is shown, and how its connection is; carries what is said to it. */
  events: TransportEvents;
  since: number;
}

export class Seat {
  readonly remote: Remote;
  /** By the mesh: how its connection is, and what arrives. */
  meshState: Connection;
  readonly meshArrivals = new Map<TrackKind, RTCRtpReceiver>();
  /** Of the topology when it came: it has shown nothing by an older path. */
  since: number;
  /** Of the topology of which we have told it that we show it by it. */
  announced: number | undefined;
  readonly #decode: Decode;
  readonly #events: TransportEvents;
  readonly #shown = new Map<TrackKind, ShownBy>();
  readonly #flows = new WeakMap<RTCRtpReceiver, Flow>();
  /** What is decoded in secret; each entry ends it. */
  readonly #primed = new Map<RTCRtpReceiver, () => void>();

  constructor({ remote, decode, events, since }: SeatOptions) {
    this.remote = remote;
    this.since = since;
    this.meshState = remote.connection;
    this.#decode = decode;
    this.#events = events;
  }

  /** What the mesh shows already. */
  adopt(path: Path, kind: TrackKind, receiver: RTCRtpReceiver): void {
    this.meshArrivals.set(kind, receiver);
    this.#shown.set(kind, { path, receiver });
  }

  arrivals(path: Path): ReadonlyMap<TrackKind, RTCRtpReceiver> | undefined {
    return path.sfu === undefined ? this.meshArrivals : path.sfu.arrivals.get(this.remote.id);
  }

  connection(path: Path): Connection {
    if (path.sfu === undefined) return this.meshState;
    const { state } = path.sfu;
    if (state === "connecting" || (state === "connected" && !path.stalled)) return state;
    return "reconnecting";
  }

  /** What came by the mesh until now does not show that it plays again. */
  forgetMesh(): void {
    for (const receiver of this.meshArrivals.values()) this.#flows.delete(receiver);
  }

  /** Shows each track by the best of `paths`, from the oldest to the newest; whether one is still awaited. */
  update(paths: readonly Path[], now: number): boolean {
    let waits = false;
    const primed = new Set<RTCRtpReceiver>();
    for (const kind of SLOTS) {
      const old = this.#shown.get(kind);
      const candidates = this.#candidates(paths, kind, now);
      const wanted = this.#isWanted(kind);
      const path = choose(candidates, old?.path, wanted, SWITCH);
      if (path === undefined) continue;
      const receiver = this.arrivals(path)?.get(kind) ?? old?.receiver;
      if (receiver !== undefined && (path !== old?.path || receiver !== old.receiver)) {
        this.#shown.set(kind, { path, receiver });
        this.#events.track(this.remote.id, kind, receiver);
      }
      for (const rival of wanted ? rivals(candidates, path) : []) {
        waits = true;
        const awaited = this.arrivals(rival)?.get(kind);
        if (awaited === undefined) continue;
        primed.add(awaited);
        if (this.#primed.has(awaited)) continue;
        const shown = this.#shown.get(kind)?.receiver.track;
        this.#primed.set(awaited, this.#decode(awaited.track, shown));
      }
    }
    for (const [receiver, undo] of this.#primed) {
      if (!primed.has(receiver)) this.#stop(receiver, undo);
    }
    return waits;
  }

  /**
   * Says how media comes from it, to the application and, once it comes by `current`, the newest path, to the sender, if
   * we may have it.
   */
  tell(current: Path, { subscribe }: Permissions): void {
    const { id, connection } = this.remote;
    const state = this.connection(this.shownBy ?? current);
    if (state !== connection) this.#events.connection(id, state);
    if (this.announced === current.epoch || !subscribe || !this.isSwitched(current)) return;
    this.announced = current.epoch;
    this.#events.signal(id, { shows: current.epoch });
  }

  /** Whether anything is shown by `path`. */
  isShownBy(path: Path): boolean {
    return [...this.#shown.values()].some((shown) => shown.path === path);
  }

  /** Whether it may still show us by a path of this topology. */
  awaits(epoch: number): boolean {
    const { permissions, shows } = this.remote;
    return permissions.subscribe && this.since <= epoch && shows <= epoch;
  }

  /** The path by which most is shown, at least of what there is to see or hear; `undefined`: none yet. */
  get shownBy(): Path | undefined {
    const kind = SLOTS.find((kind) => this.#isWanted(kind)) ?? "microphone";
    return this.#shown.get(kind)?.path;
  }

  /** Whether all there is to see and hear is shown by `path`, or would be. */
  isSwitched(path: Path): boolean {
    if (this.connection(path) !== "connected") return false;
    if (!this.remote.permissions.publish) return true;
    const arrivals = this.arrivals(path);
    if (arrivals === undefined || arrivals.size === 0) return false;
    return SLOTS.every((kind) => {
      const shown = this.#shown.get(kind);
      return shown === undefined || shown.path.epoch === path.epoch;
    });
  }

  /** Whether it says that it sends something of `kinds`, and `path` carries it. */
  sendsBy(path: Path, kinds = SENT): boolean {
    const { sends, permissions, state } = this.remote;
    const arrivals = this.arrivals(path);
    if (state !== "active" || !permissions.publish || arrivals === undefined) return false;
    return kinds.some((kind) => sends[kind] && arrivals.has(kind));
  }

  /** Whether anything has come by `path`, since then. */
  movedBy(path: Path, since: number): boolean {
    return [...this.arrivals(path)?.values() ?? []].some((receiver) => {
      const flow = this.#flows.get(receiver);
      return flow !== undefined && flow.moves > 0 && flow.movedAt >= since;
    });
  }

  /** Whether it has been there by `path`. */
  isProven(path: Path): boolean {
    return this.remote.shows >= path.epoch || this.movedBy(path, 0);
  }

  close(): void {
    for (const [receiver, undo] of this.#primed) this.#stop(receiver, undo);
  }

  #stop(receiver: RTCRtpReceiver, undo: () => void): void {
    this.#primed.delete(receiver);
    undo();
  }

  #candidates(paths: readonly Path[], kind: TrackKind, now: number): Candidate<Path>[] {
    const frames = kind === "camera" || kind === "screen" ? SWITCH.frames : SWITCH.sounds;
    const shown = this.#shown.get(kind);
    return paths.flatMap((path) => {
      const receiver = this.arrivals(path)?.get(kind);
      if (receiver === undefined && shown?.path !== path) return [];
      const connection = this.connection(path);
      const state = receiver === undefined || connection === "reconnecting"
        ? "lost"
        : connection === "connected"
        ? "up"
        : "waiting";
      const flow = receiver && state !== "waiting" ? this.#look(receiver, now) : undefined;
      const { moves, since, movedAt } = flow ?? beginFlow(undefined, now);
      const silent = now - movedAt;
      const plays = moves >= frames && silent < SWITCH.staleMs;
      return [{ path, state, plays, came: moves > 0, age: now - since, silent }];
    });
  }

  #look(receiver: RTCRtpReceiver, now: number): Flow {
    const stamp = stampOf(receiver);
    const flow = this.#flows.get(receiver);
    const next = flow === undefined ? beginFlow(stamp, now) : look(flow, stamp, now);
    this.#flows.set(receiver, next);
    return next;
  }

  #isWanted(kind: TrackKind): boolean {
    const { sends, permissions } = this.remote;
    if (!permissions.publish) return false;
    // Nobody says whether a screen has sound: it has, where some has come.
    if (kind === "screenAudio") {
      return sends.screen && this.#shown.get(kind)?.receiver.track.muted === false;
    }
    return sends[kind];
  }
}

/** What everyone says of itself whether it sends it. */
const SENT: readonly (keyof MediaState)[] = ["microphone", "camera", "screen"];

/** What is awaited while `shown` is shown. */
function rivals(candidates: readonly Candidate<Path>[], shown: Path): Path[] {
  const at = candidates.findIndex(({ path }) => path === shown);
  const isLost = candidates[at]?.state === "lost";
  return candidates
    .filter(({ state }, index) => state === "up" && index !== at && (index > at || isLost))
    .map(({ path }) => path);
}
