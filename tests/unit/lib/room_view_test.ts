/** A room as a node keeps it that hears of changes over a bus which may lose them. */
import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { LocalRoom, type Peer } from "../../../lib/local_room.ts";
import type { ParticipantInfo, ServerFrame } from "../../../lib/protocol.ts";
import { reduce } from "../../../lib/room.ts";
import type { RoomEvent } from "../../../lib/room_event.ts";
import type { RoomChange } from "../../../lib/room_change.ts";
import { defaultSettings, memberOf, newRoom, type RoomState } from "../../../lib/room_state.ts";
import { difference, follow, participantInfo, roomInfo } from "../../../lib/room_view.ts";

const START = 1_000_000;
const permissions = { publish: true, subscribe: true, chat: true, moderate: false };

function enter(id: string, connection: string): RoomEvent {
  const expiresAt = START + 3_600_000;
  const admission = { id, identity: id, permissions, ticket: `t_${id}`, expiresAt };
  return { kind: "enter", admission, node: "n1", region: "local", connection };
}

/** A client that believes what its frames say, as docs/protocol.md tells it to. */
class Client implements Peer {
  readonly roster = new Map<string, ParticipantInfo>();
  name: string | undefined;
  epoch: number;
  ended: string | undefined;
  #version: number;

  constructor(readonly id: string, readonly self: string, { view }: LocalRoom) {
    for (const member of Object.values(view.members)) {
      this.roster.set(member.id, participantInfo(member));
    }
    this.#version = view.version;
    this.name = view.settings.name;
    this.epoch = view.topology.epoch;
  }

  deliver(text: string): void {
    const frame: ServerFrame = JSON.parse(text);
    switch (frame.type) {
      case "participant":
        if (this.#isNew(frame)) this.roster.set(frame.participant.id, frame.participant);
        return;
      case "left":
        if (this.#isNew(frame)) this.roster.delete(frame.id);
        return;
      case "room":
        if (this.#isNew(frame)) this.name = frame.room.name;
        return;
      case "topology":
        this.epoch = Math.max(this.epoch, frame.epoch);
        return;
      default:
        throw new Error(`Cannot read ${text}; expected what a room tells`);
    }
  }

  end(code: string): void {
    this.ended = code;
  }

  close(): void {
    this.ended = "left";
  }

  /** Several frames may be of one version: what was missed is told together. */
  #isNew({ version }: { version: number }): boolean {
    if (version < this.#version) return false;
    this.#version = version;
    return true;
  }
}

/** A node that hears of a room's changes as `hub.ts` does. */
class Listener {
  readonly room: LocalRoom;
  readonly clients: Client[] = [];

  constructor(state: RoomState) {
    this.room = new LocalRoom(state);
  }

  /** A socket of the room is here. */
  seat(id: string, connection: string): void {
    if (memberOf(this.room.view, id)?.connection !== connection) return;
    const client = new Client(connection, id, this.room);
    this.clients.push(client);
    this.room.peers.set(id, client);
  }

  /** The answer of a change that was made here. */
  make(state: RoomState | null, changes: RoomChange[]): void {
    this.room.advance(state, { changes, base: this.room.view.stamp });
  }

  /** News from elsewhere; `store` is what a reader finds there. */
  hear(changes: RoomChange[], store: RoomState): void {
    const { version, stamp } = store;
    const next = follow(this.room.view, { changes, base: stamp, version, stamp });
    if (next === undefined) return this.room.advance(store);
    const news = changes.filter((change) =>
      change.kind === "ended" || change.version > this.room.view.version
    );
    this.room.advance(next, { changes: news, base: stamp });
  }
}

const id = fc.constantFrom("a", "b", "c", "d");
const socket = fc.constantFrom("speaks", "speaks", "older");
const GRANT = { kind: "offer_answer", sfu: "s", region: "local" } as const;
const event: fc.Arbitrary<RoomEvent> = fc.oneof(
  { weight: 5, arbitrary: id.map((id) => enter(id, "")) },
  fc.tuple(id, socket).map(([id, connection]): RoomEvent => ({ kind: "away", id, connection })),
  fc.tuple(id, socket).map(([id, connection]): RoomEvent => ({ kind: "leave", id, connection })),
  id.map((id): RoomEvent => ({ kind: "remove", id })),
  fc.tuple(id, fc.nat(3)).map(([id, hand]): RoomEvent => ({
    kind: "update",
    id,
    attributes: { hand },
  })),
  fc.constantFrom("x", "y").map((name): RoomEvent => ({ kind: "configure", given: { name } })),
  fc.tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom("mesh" as const, "sfu" as const))
    .map(([expectedEpoch, mode]): RoomEvent => ({
      kind: "topology",
      expectedEpoch,
      to: mode === "mesh" ? { mode } : { mode, grant: GRANT },
      reason: "forced",
    })),
  fc.constant<RoomEvent>({ kind: "tick" }),
);
/** How a node hears of a step: it made it, is told, is told too late, or never. */
const way = fc.constantFrom("made", "heard", "delayed", "lost", "lost");
const history = fc.array(
  fc.record({ seconds: fc.integer({ min: 0, max: 5 }), event, way }),
  { maxLength: 60 },
);

/** Gives each socket a name of its own, as nodes do, and finds the one that speaks for a participant. */
function named(event: RoomEvent, state: RoomState, step: number): RoomEvent {
  if (event.kind === "enter") return { ...event, connection: `c${step}` };
  if (event.kind !== "away" && event.kind !== "leave") return event;
  const speaks = memberOf(state, event.id)?.connection ?? "";
  return event.connection === "speaks" ? { ...event, connection: speaks } : event;
}

describe("a room that a node follows", () => {
  it("is the store's in the end, for it and for its clients, whatever was lost or late", () => {
    fc.assert(fc.property(history, (steps) => {
      const first = reduce(
        newRoom({ tenant: "acme", id: "r" }, defaultSettings(), START),
        enter("observer", "o1"),
        START,
      );
      assert(first.kind === "changed" && first.state !== null);
      let state = first.state;
      let now = START;
      const node = new Listener(state);
      node.seat("observer", "o1");
      const delayed: (() => void)[] = [];
      for (const [step, { seconds, event: meant, way }] of steps.entries()) {
        now += seconds * 1000;
        const event = named(meant, state, step);
        const result = reduce(state, event, now);
        if (result.kind === "refused" || result.state === null) continue;
        state = result.state;
        const { changes } = result;
        const seen = state;
        if (way === "made") node.make(state, changes);
        else if (way === "heard") node.hear(changes, state);
        else if (way === "delayed") delayed.push(() => node.hear(changes, seen));
        if (way === "made" && event.kind === "enter") {
          node.seat(event.admission.id, event.connection);
        }
      }
      for (const news of delayed) news();
      // The bus is back: what was missed is read.
      node.room.advance(state);
      assertEquals(node.room.view.members, state.members);
      assertEquals(node.room.view.topology, state.topology);
      const expected = Object.values(state.members).map(participantInfo);
      for (const client of node.clients.filter(({ ended }) => ended === undefined)) {
        const member = memberOf(state, client.self);
        assertEquals(member?.connection, client.id);
        assertEquals(sorted(client.roster.values()), sorted(expected));
        assertEquals(client.name, roomInfo(state).name);
        assertEquals(client.epoch, state.topology.epoch);
      }
      assertEquals(node.clients[0]!.ended, undefined);
      const speaking = node.clients.filter(({ ended }) => ended === undefined);
      assertEquals(new Set(speaking.map(({ self }) => self)).size, node.room.peers.size);
    }));
  });
});

/** By id, as JSON has it. */
function sorted(people: Iterable<ParticipantInfo>): unknown[] {
  return [...people]
    .toSorted((a, b) => a.id < b.id ? -1 : 1)
    .map((info) => JSON.parse(JSON.stringify(info)));
}

describe("difference", () => {
  const room = newRoom({ tenant: "acme", id: "r" }, defaultSettings(), START);
  function after(...events: RoomEvent[]): RoomState {
    return events.reduce((state, event) => {
      const result = reduce(state, event, START);
      assert(result.kind === "changed" && result.state !== null);
      return result.state;
    }, room);
  }

  it("of a room and itself is nothing", () => {
    const state = after(enter("a", "a1"));
    assertEquals(difference(state, structuredClone(state)), []);
  });

  it("says of who is gone that it was removed, where its token is banned", () => {
    const before = after(enter("a", "a1"), enter("b", "b1"));
    const gone = after(
      enter("a", "a1"),
      enter("b", "b1"),
      { kind: "remove", id: "a" },
      { kind: "leave", id: "b", connection: "b1" },
    );
    const reasons = difference(before, gone).map((c) => c.kind === "left" ? [c.id, c.reason] : c);
    assertEquals(reasons, [["a", "removed"], ["b", "lost"]]);
  });
});
