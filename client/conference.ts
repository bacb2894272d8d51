/**
 * What goes on in a call: wires the parts together, each of which knows none of the others.
 *
 * @module
 */
import type { Measured, ServerFrame, WelcomeFrame } from "../lib/protocol.ts";
import type {
  AdaptationInfo,
  AdaptationSettings,
  CallError,
  CallEvents,
  CallState,
  CallStats,
  TopologyInfo,
  TrackKind,
} from "./api.ts";
import { Courier } from "./courier.ts";
import { Emitter } from "./emitter.ts";
import { callError, fromNode } from "./errors.ts";
import type { LinkKind } from "./link.ts";
import type { LocalMedia } from "./media.ts";
import { Messages } from "./messages.ts";
import { Mesh } from "./mesh.ts";
import { Own } from "./own.ts";
import { watchPage } from "./page.ts";
import { Parts } from "./parts.ts";
import { Removals } from "./removals.ts";
import type { Remote } from "./remote.ts";
import { Roster } from "./roster.ts";
import type { DownlinkSample } from "./sfu/layers.ts";
import type { Switch } from "./sfu/switch.ts";
import type { Signaling } from "./signaling.ts";
import { Teller } from "./teller.ts";
import { TRACK_KINDS, type Transport, type TransportEvents } from "./transport.ts";
import { infoOf, isOther, meshEpochOf, type Way } from "./way.ts";

/** What a call is made with. */
export interface ConferenceParts {
  signaling: Signaling;
  media: LocalMedia;
  certificates: RTCCertificate[];
}

export class Conference {
  readonly signaling: Signaling;
  readonly media: LocalMedia;
  readonly self: Own;
  readonly emitter = new Emitter<CallEvents>();
  readonly roster: Roster;
  readonly messages: Messages;
  readonly removals: Removals;
  room: WelcomeFrame["room"];
  way: Way;
  /** `way`, as the application sees it. */
  topology: TopologyInfo;
  /** Of the last topology by which media went by the mesh that there is. */
  meshEpoch: number | undefined;
  /** By which to measure how far each region is, where there is a choice of them. */
  readonly probes: Readonly<Record<string, string>> | undefined;
  /** What the application wants of the adaptation. */
  wishes: AdaptationSettings = { mode: "auto" };
  state: CallState = "connected";
  error: CallError | undefined;
  readonly courier: Courier;
  readonly #certificates: RTCCertificate[];
  readonly #unwatchPage: () => void;
  mesh: Mesh;
  /** Where media goes: the mesh, or what moves it between the mesh and others. */
  transport: Transport;
  #parts: Parts;
  readonly #teller: Teller;

  constructor({ signaling, media, certificates }: ConferenceParts, welcome: WelcomeFrame) {
    this.signaling = signaling;
    this.media = media;
    this.#certificates = certificates;
    this.self = new Own(welcome.self, media);
    this.room = welcome.room;
    this.way = welcome.topology;
    this.topology = infoOf(this.way);
    this.meshEpoch = meshEpochOf(this.way);
    this.probes = welcome.probes;
    this.#teller = new Teller({
      ready: () => signaling.ready(),
      send: (frame) => void signaling.send(frame),
      present: () => ({ media: this.self.media, attributes: this.self.attributes }),
    }, welcome.limits);
    this.courier = new Courier({
      ready: (to, type) => signaling.ready() || this.#parts.reaches(to, type),
      send: (type, to, payload) => {
        signaling.sendText(`{"type":"${type}","to":${JSON.stringify(to)},"data":${payload}}`);
        this.#parts.carry(to, type, payload);
      },
      deliver: (from, kind, item) => this.#deliver(from, kind, item),
    });
    this.messages = new Messages(
      this.courier,
      (message) => this.emitter.emit("message", message),
    );
    this.removals = new Removals((id) => void signaling.send({ type: "remove", participant: id }));
    this.transport = this.mesh = this.#newMesh(welcome);
    this.#parts = new Parts(this, this.mesh);
    this.roster = new Roster({
      added: (remote) => this.#added(remote),
      changed: (remote, returned) => this.#changed(remote, returned),
      // It may be back by another socket before anybody missed it.
      unchanged: ({ id }) => this.courier.repeat(id),
      left: (remote) => this.#left(remote),
    });
    media.listen({
      changed: (kind) => {
        this.#send(kind, this.transport);
        this.tell();
        this.emitter.emit("media", this.self);
      },
      warning: (error) => this.emitter.emit("warning", error),
    });
    this.roster.welcome(welcome);
    if (this.self.update(welcome.self)) this.tell();
    this.#parts.prepare();
    this.#unwatchPage = watchPage({
      hidden: () => this.close(undefined),
      offline: () => signaling.hurry(),
      online: () => {
        signaling.hurry();
        this.transport.refresh("all");
      },
    });
  }

  /** Back after a time away. */
  handleWelcome(welcome: WelcomeFrame): void {
    if (welcome.self.id !== this.self.id) {
      // The node knew us no more: to the others we are somebody new, and so are they to us.
      this.roster.clear();
      this.courier.reset();
      this.#parts.close();
      this.transport.close();
      this.transport = this.mesh = this.#newMesh(welcome);
      this.#parts = new Parts(this, this.mesh);
      this.meshEpoch = meshEpochOf(welcome.topology);
    }
    const differs = this.self.update(welcome.self);
    this.#teller.limit(welcome.limits);
    this.room = welcome.room;
    this.transport.setIceServers(welcome.iceServers);
    this.#setWay(welcome.topology, welcome.resumed ? this.way.epoch : 0);
    // Before the roster, which may add connections that have only just begun.
    this.transport.refresh("broken");
    this.roster.welcome(welcome);
    this.courier.restart();
    this.removals.repeat();
    if (differs) this.tell();
    this.#setState("connected");
    this.#parts.prepare();
    this.#parts.handleFrame(welcome);
  }

  handleFrame(frame: ServerFrame): void {
    this.#takeIn(frame);
    this.#parts.handleFrame(frame);
  }

  #takeIn(frame: ServerFrame): void {
    switch (frame.type) {
      case "message":
        if (this.messages.full) return;
        return this.courier.handle(frame.from, "message", frame.data);
      case "signal":
        return this.courier.handle(frame.from, "signal", frame.data);
      case "participant":
        return this.roster.participant(frame.participant, frame.version);
      case "left":
        return this.roster.left(frame.id, frame.version);
      case "room":
        this.room = frame.room;
        return;
      case "topology":
        this.#setWay(frame);
        this.#parts.prepare();
        return;
      case "iceServers":
        return this.transport.setIceServers(frame.iceServers);
      case "error": {
        // What ends the call comes as a close; the rest concerns one frame only.
        const error = frame.code === "not_permitted" ? fromNode(frame) : undefined;
        if (error !== undefined) this.emitter.emit("warning", error);
        return;
      }
      // A newer node may say more than this client understands.
      default:
        return;
    }
  }

  /** The socket takes frames again. */
  handleReady(): void {
    this.#teller.ready();
    this.courier.pump();
  }

  /** The socket is gone, and another on its way. */
  handleAway(): void {
    this.#setState("reconnecting");
    // Perhaps there are other ways.
    this.courier.restart();
  }

  /** What has been measured until now. */
  async stats(): Promise<CallStats> {
    return await this.#parts.stats();
  }

  async shortCode(id: string): Promise<string | undefined> {
    return await this.#parts.shortCode(id);
  }

  /** How what is sent is adapted. */
  get adaptation(): AdaptationInfo {
    return this.#parts.adaptation ?? { sending: "full", reason: "none" };
  }

  async adapt(settings: AdaptationSettings): Promise<void> {
    this.wishes = settings;
    this.#send("camera", this.transport);
    await this.#parts.adapt();
  }

  /** What has come from each participant until now. */
  measured(samples: readonly DownlinkSample[]): void {
    this.#parts.measured(samples);
  }

  /** Says something to the same part of a participant's SDK, reliably and in order. */
  signal(to: string, item: Record<string, unknown>): void {
    this.courier.push(to, "signal", JSON.stringify(item));
  }

  /** Tells the others what we send and show, once for all changes of this turn. */
  tell(): Promise<void> {
    return this.#teller.tell();
  }

  /** Ends it all: by us, or (`error`) for us. */
  close(error: CallError | undefined): void {
    if (this.state === "closed") return;
    this.error = error;
    this.#unwatchPage();
    this.#teller.close();
    this.signaling.close();
    this.#parts.close();
    this.transport.close();
    this.media.close();
    this.courier.close();
    this.removals.close(this.closedError("remove"));
    this.#setState("closed");
    // Nobody is in a call that is over: pages clear their tiles by `left`.
    this.roster.clear();
    this.emitter.close();
  }

  isHere(remote: Remote): boolean {
    return this.roster.participants.get(remote.id) === remote;
  }

  closedError(what: string): CallError {
    return callError("closed", `Cannot ${what}: the call is closed`, { cause: this.error });
  }

  #newMesh({ self, iceServers }: WelcomeFrame): Mesh {
    const mesh = new Mesh(self.id, this.#transportEvents(), this.#certificates);
    mesh.setIceServers(iceServers);
    for (const kind of TRACK_KINDS) this.#send(kind, mesh);
    return mesh;
  }

  /** Has sent what there is of a kind, and what the application wants of it. */
  #send(kind: TrackKind, by: Transport): void {
    const isHeld = kind === "camera" && this.wishes.mode === "audio_only";
    by.setTrack(kind, isHeld ? null : this.media.track(kind) ?? null);
  }

  #transportEvents(): TransportEvents {
    return {
      signal: (to, data) => this.signal(to, data),
      track: (from, kind, receiver) => {
        const remote = this.roster.participants.get(from);
        if (remote === undefined) return;
        remote.arrive(kind, receiver);
        // Screen sound is shown from its first packet on, see Remote.
        receiver.track.addEventListener("unmute", () => this.#show(remote));
        this.#show(remote);
      },
      connection: (id, state) => {
        const remote = this.roster.participants.get(id);
        if (remote === undefined) return;
        remote.connection = state;
        this.emitter.emit("updated", remote);
      },
      warning: (error) => this.emitter.emit("warning", error),
    };
  }

  /** From now on media goes where this one says. */
  switched(by: Switch): void {
    this.transport = by;
  }

  /** Has the node told what was measured. */
  report(measured: Measured): void {
    this.#parts.report(measured);
  }

  #added(remote: Remote): void {
    // A listener may have left while a welcome is being taken in.
    if (this.state === "closed") return;
    this.courier.add(remote.id);
    this.#connect(remote);
    this.emitter.emit("participant", remote);
    this.#parts.added(remote);
    this.courier.catchUp(remote.id);
    this.#parts.prepare();
  }

  #connect(remote: Remote): void {
    // Where the mesh is not the way, it is the switch that knows whether it is needed, and does this when it is there.
    if (this.way.mode !== "mesh" && !this.#parts.isSwitched) return;
    this.transport.add({ id: remote.id, subscribe: remote.permissions.subscribe });
  }

  #changed(remote: Remote, returned: boolean): void {
    if (returned) this.courier.restart(remote.id);
    this.show(remote);
  }

  /** Shows what is to be shown of somebody now, and tells the application. */
  show(remote: Remote): void {
    this.#show(remote);
    this.emitter.emit("updated", remote);
  }

  #left(remote: Remote): void {
    this.courier.park(remote.id);
    this.transport.remove(remote.id);
    this.#parts.left(remote);
    remote.clear();
    this.removals.left(remote.id);
    this.emitter.emit("left", remote);
  }

  #show(remote: Remote): void {
    if (!this.isHere(remote)) return;
    for (const { kind, track } of remote.show()) {
      this.emitter.emit("track", { participant: remote, kind, track });
    }
  }

  #deliver(from: string, kind: LinkKind, item: unknown): void {
    const remote = this.roster.participants.get(from);
    if (remote === undefined) return;
    if (kind === "signal") {
      const { shows } = Object(item);
      if (typeof shows === "number") {
        remote.shows = shows;
        this.#parts.prepare(true);
      }
      this.transport.handle(from, item);
      return this.#parts.handle(remote, item);
    }
    this.messages.handle(remote, item);
  }

  /** `since`: what is older is stale; a node that has just started counts its epochs anew. */
  #setWay(way: Way, since = this.way.epoch): void {
    if (!isOther(way, this.way, since)) return;
    this.way = way;
    this.topology = infoOf(way);
    this.meshEpoch = meshEpochOf(way, this.meshEpoch);
    for (const remote of this.roster.participants.values()) this.#connect(remote);
    this.emitter.emit("topology", this.topology);
  }

  #setState(state: CallState): void {
    if (this.state === state || this.state === "closed") return;
    this.state = state;
    this.emitter.emit("state", state);
  }
}
