/**
 * Moves a call's media between the mesh and SFUs, make before break: a new path is built beside the old one, each
 * track is shown by it as soon as it plays, and the old one is let go when everyone has said that they have switched.
 *
 * @module
 */
import type { Grant, IceServer, ServerFrame } from "../../lib/protocol.ts";
import type { TrackKind } from "../api.ts";
import type { Clock } from "../clock.ts";
import type { Remote } from "../remote.ts";
import type {
  Levels,
  RemotePeer,
  Transport,
  TransportEvents,
  TransportStats,
} from "../transport.ts";
import { beginStay, type StayPort } from "./begin_stay.ts";
import { Demand } from "./demand.ts";
import type { DownlinkSample } from "./layers.ts";
import { OfferAnswer } from "./offer_answer.ts";
import type { DialSfu } from "./path.ts";
import { Paths } from "./paths.ts";
import { SWITCH } from "./policy.ts";
import { Seat } from "./seat.ts";
import { Seats } from "./seats.ts";
import type { Stay } from "./stay.ts";
import type { SwitchedCall, SwitchedMesh, Tools } from "./switched.ts";

/** How each kind of grant is used. */
const DIAL: Record<Grant["kind"], DialSfu> = {
  offer_answer: (options) => new OfferAnswer(options),
};

/** The epoch of a mesh by which media has never gone: before those that participants say they show. */
const NEVER = -2;

export class Switch implements Transport {
  readonly #call: SwitchedCall;
  readonly #mesh: SwitchedMesh;
  readonly #tools: Tools;
  readonly #stayPort: StayPort;
  readonly #now: Clock;
  /** Where the application's media is shown. */
  readonly #events: TransportEvents;
  readonly #seats = new Seats();
  readonly #demand = new Demand();
  readonly #paths: Paths;
  /** When the newest became the one to take. */
  #since: number;
  #stay: Stay | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Which SFU the newest is by. */
  #sfu: string | undefined;
  #run: "idle" | "running" | "again" | "closed" = "idle";

  constructor(call: SwitchedCall, mesh: SwitchedMesh, tools: Tools, dial = DIAL) {
    this.#call = call;
    this.#mesh = mesh;
    this.#tools = tools;
    this.#now = tools.now;
    this.#events = mesh.events;
    this.#since = this.#now();
    this.#paths = new Paths(call.meshEpoch ?? NEVER);
    this.#stayPort = {
      call,
      mesh,
      tools,
      seats: this.#seats,
      dial,
      newest: new Map(),
      begun: (path) => {
        this.#paths.add(path);
        this.#demand.reset();
        this.#demand.hasten();
      },
      changed: () => {
        this.#demand.hasten();
        this.#tend();
      },
      tend: () => this.#tend(),
    };
    for (const remote of call.roster.participants.values()) {
      const seat = this.#seat(remote);
      for (const [kind, receiver] of remote.arriving) seat.adopt(this.#paths.mesh, kind, receiver);
    }
    mesh.events = {
      // What is to be carried, and what is warned of, goes on as before.
      ...this.#events,
      track: (from, kind, receiver) => {
        this.#seats.get(from)?.meshArrivals.set(kind, receiver);
        this.#tend();
      },
      connection: (id, state) => {
        const seat = this.#seats.get(id);
        if (seat !== undefined) seat.meshState = state;
        this.#tend();
      },
    };
    this.#tend();
  }

  get publishing(): RTCPeerConnection | undefined {
    return this.#stay?.path.sfu.publishing;
  }

  /** Whatever the node says, once the call has taken it in. */
  handleFrame(frame: ServerFrame): void {
    if (frame.type === "sfu") {
      this.#paths.ofEpoch(frame.epoch)?.handle(frame.data);
      if (this.#stay?.path.epoch === frame.epoch) this.#stay.hear(this.#now());
    }
    if (frame.type === "welcome") {
      // The node may be another, which knows nothing of this.
      this.#demand.reset();
      if (this.#stay?.path.epoch === this.#call.way.epoch) this.#stay.resume(this.#now());
    }
    this.#tend();
  }

  /** Takes in what has come from each participant until now. */
  measured(samples: readonly DownlinkSample[]): void {
    if (this.#stay !== undefined) this.#demand.measured(samples, this.#now());
  }

  setIceServers(servers: IceServer[]): void {
    this.#mesh.setIceServers(servers);
  }

  setTrack(kind: TrackKind, track: MediaStreamTrack | null): void {
    this.#mesh.setTrack(kind, track);
    for (const path of this.#paths.all) if (path.isFed) path.sfu?.send(kind, track);
  }

  add({ id }: RemotePeer): void {
    const remote = this.#call.roster.participants.get(id);
    if (remote !== undefined && !this.#seats.has(id)) this.#seat(remote);
    this.#tend();
  }

  remove(id: string): void {
    this.#mesh.remove(id);
    this.#seats.get(id)?.close();
    this.#seats.delete(id);
    this.#tend();
  }

  handle(from: string, data: unknown): void {
    this.#mesh.handle(from, data);
    // Perhaps it says what it shows, which the call has noted.
    this.#tend();
  }

  refresh(which: "all" | "broken"): void {
    this.#mesh.refresh(which);
    if (which === "all") this.#stay?.renew("again", this.#now());
    this.#tend();
  }

  stats(): Promise<Map<string, TransportStats>> {
    return this.#seats.gather(this.#paths, ({ sfu = this.#mesh }) => sfu.stats());
  }

  async levels(): Promise<Levels> {
    let own = 0;
    const remote = await this.#seats.gather(this.#paths, async ({ sfu = this.#mesh }) => {
      const levels = await sfu.levels();
      own = Math.max(own, levels.own);
      return levels.remote;
    });
    return { own, remote };
  }

  close(): void {
    this.#run = "closed";
    clearTimeout(this.#timer);
    for (const seat of this.#seats.values()) seat.close();
    this.#paths.close();
    this.#mesh.close();
  }

  get #isClosed(): boolean {
    return this.#run === "closed";
  }

  #seat(remote: Remote): Seat {
    const { epoch } = this.#paths.current;
    const seat = new Seat({
      remote,
      decode: this.#tools.decode,
      events: this.#events,
      since: epoch,
    });
    // In a settled mesh there is no older path on which anyone could go on sending.
    if (this.#paths.all.length === 1 && this.#call.way.mode === "mesh") {
      seat.announced = epoch;
    }
    this.#seats.set(remote.id, seat);
    return seat;
  }

  /** Brings everything to where it ought to be now. Whatever happens ends here. */
  #tend(): void {
    if (this.#run === "closed") return;
    const isInside = this.#run !== "idle";
    this.#run = isInside ? "again" : "running";
    if (isInside) return;
    let waits = false;
    try {
      waits = this.#settle(this.#now());
    } finally {
      if (!this.#isClosed) this.#rest(waits);
    }
  }

  /** Whether something is still awaited. */
  #settle(now: number): boolean {
    this.#follow(now);
    let waits = false;
    for (const seat of this.#seats.values()) {
      if (seat.update(this.#paths.all, now)) waits = true;
      seat.tell(this.#paths.current, this.#call.self.permissions);
      // A listener of the application's may have closed the call.
      if (this.#isClosed) return false;
    }
    // After what has come was looked at.
    this.#stay?.tend(now);
    this.#retire(now);
    this.#tendMesh(now);
    this.#demand.ask(this.#stay?.path.sfu, this.#seats.values(), this.#tools.seen, now);
    return waits;
  }

  /** Begins what the topology asks for now. */
  #follow(now: number): void {
    const { way } = this.#call;
    const { epoch } = this.#paths.current;
    const sfu = way.mode === "sfu" ? way.grant.sfu : undefined;
    if (way.epoch === epoch && sfu === this.#sfu) return;
    this.#sfu = sfu;
    this.#since = now;
    this.#stay = undefined;
    for (const seat of this.#seats.values()) {
      seat.announced = undefined;
      // A service that has forgotten the call counts anew, and so do all who are in it.
      if (way.epoch < epoch) seat.since = seat.remote.shows = NEVER + 1;
    }
    if (way.mode === "sfu") {
      this.#stay = beginStay(this.#stayPort, way, now);
      return;
    }
    for (const seat of this.#seats.values()) seat.forgetMesh();
    this.#paths.takeMesh(way.epoch);
    this.#call.report({ sfu: undefined });
  }

  /** Lets older paths go, and the sessions that they were by. */
  #retire(now: number): void {
    for (const epoch of this.#paths.retire(this.#seats, this.#isOverdue(now))) {
      this.#call.signaling.send({ type: "sfu", epoch, data: { op: "close" } });
    }
  }

  #isOverdue(now: number): boolean {
    return now - this.#since >= SWITCH.oldPathMs;
  }

  /** Keeps the connections of the mesh that are used, or may be soon. */
  #tendMesh(now: number): void {
    const { mesh: byMesh, current } = this.#paths;
    const isCurrent = byMesh === current;
    const isOverdue = this.#isOverdue(now);
    const isWarm = this.#seats.size < SWITCH.warmParticipants;
    for (const seat of this.#seats.values()) {
      const { id, permissions: { subscribe } } = seat.remote;
      const feeds = isCurrent ? subscribe : !isOverdue && seat.awaits(byMesh.epoch);
      if (isCurrent || isWarm || feeds || seat.isShownBy(byMesh)) {
        this.#mesh.add({ id, subscribe: feeds });
      } else {
        this.#mesh.remove(id);
        seat.meshArrivals.clear();
        seat.meshState = "connecting";
      }
    }
  }

  /** Until something happens, or, while there is something to look at, for a moment. */
  #rest(waits: boolean): void {
    const isAgain = this.#run === "again";
    this.#run = "idle";
    clearTimeout(this.#timer);
    if (isAgain) return this.#tend();
    // In a settled mesh there is nothing to look at.
    if (!waits && this.#paths.all.length === 1) return;
    this.#timer = setTimeout(
      () => this.#tend(),
      waits ? SWITCH.awaitPollMs : SWITCH.idlePollMs,
    );
  }
}
