/**
 * What goes on in a call: wires the parts together, each of which knows none of the others.
 *
 * @module
 */
import type { Measured, ServerFrame, WelcomeFrame } from "../lib/protocol.ts";
import type {
  AdaptationSettings,
  CallError,
  CallEvents,
  CallState,
  TopologyInfo,
  TrackKind,
} from "./api.ts";
import { Courier } from "./courier.ts";
import { Emitter } from "./emitter.ts";
import { callError, fromNode } from "./errors.ts";
import type { LocalMedia } from "./media.ts";
import { Messages } from "./messages.ts";
import { Mesh } from "./mesh.ts";
import { Own } from "./own.ts";
import { watchPage } from "./page.ts";
import { Participants } from "./participants.ts";
import { Parts } from "./parts.ts";
import { Removals } from "./removals.ts";
import type { Remote } from "./remote.ts";
import { Roster } from "./roster.ts";
import type { DownlinkSample } from "./sfu/layers.ts";
import type { Switch } from "./sfu/switch.ts";
import type { Signaling } from "./signaling.ts";
import { Teller } from "./teller.ts";
import { TRACK_KINDS, type Transport } from "./transport.ts";
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
  readonly #participants: Participants = new Participants(this);
  readonly roster: Roster = new Roster(this.#participants);
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
  /** What is loaded while the call goes on. */
  parts: Parts;
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
      ready: (to, type) => signaling.ready() || this.parts.reaches(to, type),
      send: (type, to, payload) => {
        // To the letter of what costs the service least, see docs/protocol.md.
        const ids = `"from":"${this.self.id}","to":${JSON.stringify(to)}`;
        signaling.sendText(`{"type":"${type}",${ids},"data":${payload}}`);
        this.parts.carry(to, type, payload);
      },
      deliver: (from, kind, item) => this.#participants.deliver(from, kind, item),
    });
    this.messages = new Messages(
      this.courier,
      (message) => this.emitter.emit("message", message),
    );
    this.removals = new Removals((id) => void signaling.send({ type: "remove", participant: id }));
    this.transport = this.mesh = this.#newMesh(welcome);
    this.parts = new Parts(this, this.mesh);
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
    this.parts.prepare();
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
      this.parts.close();
      this.transport.close();
      this.transport = this.mesh = this.#newMesh(welcome);
      this.parts = new Parts(this, this.mesh);
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
    this.parts.prepare();
    this.parts.handleFrame(welcome);
  }

  handleFrame(frame: ServerFrame): void {
    this.#takeIn(frame);
    this.parts.handleFrame(frame);
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
        this.parts.prepare();
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

  async adapt(settings: AdaptationSettings): Promise<void> {
    this.wishes = settings;
    this.#send("camera", this.transport);
    await this.parts.adapt();
  }

  /** What has come from each participant until now. */
  measured(samples: readonly DownlinkSample[]): void {
    this.parts.measured(samples);
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
    this.parts.close();
    this.transport.close();
    this.media.close();
    this.courier.close();
    this.removals.close(this.closedError("remove"));
    this.#setState("closed");
    // Nobody is in a call that is over: pages clear their tiles by `left`.
    this.roster.clear();
    this.emitter.close();
  }

  closedError(what: string): CallError {
    return callError("closed", `Cannot ${what}: the call is closed`, { cause: this.error });
  }

  #newMesh({ self, iceServers }: WelcomeFrame): Mesh {
    const mesh = new Mesh(self.id, {
      signal: (to, data) => this.signal(to, data),
      track: (from, kind, receiver) => this.#participants.track(from, kind, receiver),
      connection: (id, state) => this.#participants.connection(id, state),
      warning: (error) => this.emitter.emit("warning", error),
    }, this.#certificates);
    mesh.setIceServers(iceServers);
    for (const kind of TRACK_KINDS) this.#send(kind, mesh);
    return mesh;
  }

  /** Has sent what there is of a kind, and what the application wants of it. */
  #send(kind: TrackKind, by: Transport): void {
    const isHeld = kind === "camera" && this.wishes.mode === "audio_only";
    by.setTrack(kind, isHeld ? null : this.media.track(kind) ?? null);
  }

  /** From now on media goes where this one says. */
  switched(by: Switch): void {
    this.transport = by;
  }

  /** Has the node told what was measured. */
  report(measured: Measured): void {
    this.parts.report(measured);
  }

  /** Shows what is to be shown of somebody now, and tells the application. */
  show(remote: Remote): void {
    this.#participants.show(remote);
  }

  /** `since`: what is older is stale; a node that has just started counts its epochs anew. */
  #setWay(way: Way, since = this.way.epoch): void {
    if (!isOther(way, this.way, since)) return;
    this.way = way;
    this.topology = infoOf(way);
    this.meshEpoch = meshEpochOf(way, this.meshEpoch);
    for (const remote of this.roster.participants.values()) this.#participants.connect(remote);
    this.emitter.emit("topology", this.topology);
  }

  #setState(state: CallState): void {
    if (this.state === state || this.state === "closed") return;
    this.state = state;
    this.emitter.emit("state", state);
  }
}
