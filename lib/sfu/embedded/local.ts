import {
  type Sfu,
  SfuError,
  type SfuEvents,
  type SfuInfo,
  type SfuSeat,
  type SfuSession,
} from "../mod.ts";
import type { Engine } from "./engine.ts";
import { Room } from "./room.ts";
import { Seated } from "./session.ts";

type Health =
  | { health: "down"; reason: string }
  | { health: "up"; reason: "" };

/** The SFU itself, on the event loop of whoever makes it. */
export class LocalSfu implements Sfu {
  readonly reach = "hosted";
  readonly #engine: Engine;
  readonly #rooms = new Map<string, Room>();
  readonly #seated = new Map<string, Seated>();
  readonly #listeners: (() => void)[] = [];
  readonly #started: Promise<void>;
  #health: Health = { health: "down", reason: "it is starting" };

  /** `told`: whenever health or load has changed. */
  constructor(
    readonly info: SfuInfo,
    engine: Engine,
    readonly told: () => void = () => {},
  ) {
    this.#engine = engine;
    this.#started = this.#engine.start().then(
      () => this.#become({ health: "up", reason: "" }),
      (error) => this.#become({ health: "down", reason: (error as Error).message }),
    );
  }

  get health(): "up" | "down" {
    return this.#health.health;
  }

  get reason(): string {
    return this.#health.reason;
  }

  get load(): number {
    return this.#seated.size;
  }

  get rooms(): number {
    return this.#rooms.size;
  }

  onHealth(listener: () => void): void {
    this.#listeners.push(listener);
  }

  #become(health: Health): void {
    const before = this.#health;
    this.#health = health;
    if (before.health === health.health && before.reason === health.reason) return;
    for (const listener of this.#listeners) listener();
    this.told();
  }

  async open(seat: SfuSeat, events: SfuEvents): Promise<SfuSession> {
    await this.prepare();
    const seated = seat.ticket === undefined ? this.#seat(seat) : this.#goOn(seat, seat.ticket);
    return seated.hold(events);
  }

  /** Loads everything. @throws {SfuError} (rejects) `unavailable` */
  async prepare(): Promise<void> {
    await this.#started;
    if (this.#health.health === "down") {
      throw new SfuError("unavailable", `Cannot open a session: ${this.#health.reason}`);
    }
    try {
      await this.#engine.load();
    } catch (error) {
      throw new SfuError("unavailable", `Cannot open a session: ${error}`, { cause: error });
    }
  }

  #goOn(seat: SfuSeat, ticket: string): Seated {
    const seated = this.#seated.get(ticket);
    if (
      seated === undefined || seated.seat.room !== seat.room ||
      seated.participant !== seat.participant
    ) {
      throw new SfuError(
        "session_gone",
        `Cannot go on with a session of ${seat.participant}: there is none with this ticket`,
      );
    }
    return seated;
  }

  /** @throws {SfuError} `unavailable` where it is full; a participant's next session takes the place of the last. */
  #seat(seat: SfuSeat): Seated {
    let room = this.#rooms.get(seat.room);
    const { capacity } = this.info;
    if (this.#seated.size >= capacity && room?.member(seat.participant) === undefined) {
      throw new SfuError(
        "unavailable",
        `Cannot open a session of ${seat.participant}: the SFU is full, it has ${this.#seated.size} ` +
          `sessions, expected fewer than ${capacity}`,
      );
    }
    if (room === undefined) this.#rooms.set(seat.room, room = new Room());
    const inRoom = room;
    const before = inRoom.member(seat.participant);
    const seated: Seated = new Seated(seat, {
      engine: this.#engine,
      room: inRoom,
      ended: () => {
        this.#seated.delete(seated.ticket);
        this.told();
        if (inRoom.isEmpty && this.#rooms.get(seat.room) === inRoom) this.#rooms.delete(seat.room);
      },
    });
    // First the new one, so that the room does not end in between.
    inRoom.enter(seated);
    this.#seated.set(seated.ticket, seated);
    this.told();
    if (before instanceof Seated) before.end("the participant has begun another session");
    return seated;
  }

  async close(): Promise<void> {
    await this.#started;
    for (const seated of [...this.#seated.values()]) seated.end("the SFU is closed");
    await this.#engine.close();
    this.#health = { health: "down", reason: "it is closed" };
  }
}
