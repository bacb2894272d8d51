import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { type Changed, reduce } from "../../../lib/room.ts";
import type { RoomEvent } from "../../../lib/room_event.ts";
import type { RoomChange } from "../../../lib/room_change.ts";
import { deadline, newRoom, type RoomState } from "../../../lib/room_state.ts";
import { follow } from "../../../lib/room_view.ts";

const START = 1_000_000;
const GRANT = { kind: "offer_answer", sfu: "s", region: "local" } as const;
const SECOND = {
  ...{ mode: "sfu", epoch: 2, grant: GRANT, reason: "forced" } as const,
  ...{ since: START, flaps: 0, shunned: {} },
};
const settings = {
  maxParticipants: 3,
  topology: { mode: "auto" as const, promoteAt: 5, demoteAt: 3 },
  regions: [],
  emptyTimeoutSeconds: 60,
};
const permissions = { publish: true, subscribe: true, chat: true, moderate: false };
const silent = { microphone: false, camera: false, screen: false };
const talking = { ...silent, microphone: true };

interface EnterOptions {
  connection?: string;
  node?: string;
  ticket?: string;
  expiresAt?: number;
  publish?: boolean;
  media?: typeof silent;
}

function enter(id: string, options: EnterOptions = {}): RoomEvent {
  const { connection = `${id}1`, node = "n1", ticket = `t_${id}`, media } = options;
  const { expiresAt = START + 3_600_000, publish = true } = options;
  const admission = {
    id,
    identity: id,
    permissions: { ...permissions, publish },
    ticket,
    expiresAt,
  };
  return { kind: "enter", admission, node, region: "local", connection, media };
}
const away = (id: string, connection = `${id}1`): RoomEvent => ({ kind: "away", id, connection });
const leave = (id: string, connection = `${id}1`): RoomEvent => ({ kind: "leave", id, connection });
const remove = (id: string): RoomEvent => ({ kind: "remove", id });
const update = (id: string, media = talking): RoomEvent => ({ kind: "update", id, media });
const commit = (expectedEpoch: number, mode: "mesh" | "sfu" = "sfu"): RoomEvent => ({
  kind: "topology",
  expectedEpoch,
  to: mode === "mesh" ? { mode } : { mode, grant: GRANT },
  reason: "forced",
});
const tick: RoomEvent = { kind: "tick" };
const end: RoomEvent = { kind: "end" };

/** Seconds since the room was made, and what happens then. */
type Step = [seconds: number, event: RoomEvent];

interface Case {
  given?: Step[];
  when: Step;
  /** What the others are told, or the code of the refusal. */
  told: string[] | string;
  /** Who is there afterwards. */
  people?: string;
}

const CASES: Record<string, Case> = {
  "who enters is in, and the others are told": {
    when: [0, enter("a")],
    told: ["a joined"],
    people: "a",
  },
  "a full room lets nobody in": {
    given: [[0, enter("a")], [0, enter("b")], [0, enter("c")]],
    when: [1, enter("d")],
    told: "room_full",
    people: "a b c",
  },
  "who is away keeps its place in a full room": {
    given: [[0, enter("a")], [0, enter("b")], [0, enter("c")], [1, away("a")]],
    when: [2, enter("d")],
    told: "room_full",
  },
  "a full room lets back in who never left": {
    given: [[0, enter("a")], [0, enter("b")], [0, enter("c")], [1, away("a")]],
    when: [2, enter("a", { connection: "a2" })],
    told: ["a resumed"],
    people: "a b c",
  },
  "an expired token lets nobody in": {
    when: [10, enter("a", { expiresAt: START + 10_000 })],
    told: "token_expired",
    people: "",
  },
  "who never left comes back also with an expired token": {
    given: [[0, enter("a", { expiresAt: START + 10_000 })], [9, away("a")]],
    when: [11, enter("a", { connection: "a2", expiresAt: START + 10_000 })],
    told: ["a resumed"],
    people: "a",
  },
  "who has left comes back under the same id as long as its token lives": {
    given: [[0, enter("a")], [1, leave("a")]],
    when: [2, enter("a", { connection: "a2" })],
    told: ["a joined"],
    people: "a",
  },
  "nobody publishes who may not: by entering": {
    when: [0, enter("a", { publish: false, media: talking })],
    told: "not_permitted",
    people: "",
  },
  "nobody publishes who may not: by resuming": {
    given: [[0, enter("a", { publish: false })]],
    when: [1, enter("a", { publish: false, media: talking, connection: "a2" })],
    told: "not_permitted",
  },
  "nobody publishes who may not: by an update": {
    given: [[0, enter("a", { publish: false })]],
    when: [1, update("a")],
    told: "not_permitted",
  },
  "who may not publish may say that it does not": {
    given: [[0, enter("a", { publish: false })]],
    when: [1, update("a", silent)],
    told: ["a updated"],
  },
  "an update of a stranger is refused": { when: [0, update("a")], told: "participant_not_found" },
  "a socket that closes makes its participant away": {
    given: [[0, enter("a")]],
    when: [1, away("a")],
    told: ["a away"],
    people: "a(away)",
  },
  "away twice is told once": {
    given: [[0, enter("a")], [1, away("a")]],
    when: [2, away("a")],
    told: [],
  },
  "a newer socket takes over": {
    given: [[0, enter("a")]],
    when: [1, enter("a", { connection: "a2" })],
    told: ["a resumed"],
    people: "a",
  },
  "the close of a socket that was taken over from changes nothing": {
    given: [[0, enter("a")], [1, enter("a", { connection: "a2" })]],
    when: [2, away("a", "a1")],
    told: [],
    people: "a",
  },
  "a leave on a socket that was taken over from changes nothing": {
    given: [[0, enter("a")], [1, enter("a", { connection: "a2" })]],
    when: [2, leave("a", "a1")],
    told: [],
    people: "a",
  },
  "who leaves is out at once": {
    given: [[0, enter("a")], [0, enter("b")]],
    when: [1, leave("a")],
    told: ["a left: left"],
    people: "b",
  },
  "a leave of a stranger changes nothing": { when: [0, leave("a")], told: [], people: "" },
  "who is away has 8 s": {
    given: [[0, enter("a")], [1, away("a")]],
    when: [8.999, tick],
    told: [],
    people: "a(away)",
  },
  "who is away for 8 s has left": {
    given: [[0, enter("a")], [0, enter("b")], [1, away("a")]],
    when: [9, tick],
    told: ["a left: lost"],
    people: "b",
  },
  "a tick lets go all who are due and nobody else": {
    given: [[0, enter("a")], [0, enter("b")], [0, enter("c")], [1, away("a")], [2, away("b")], [
      5,
      away("c"),
    ]],
    when: [10, tick],
    told: ["a left: lost", "b left: lost"],
    people: "c(away)",
  },
  "who came back in time stays": {
    given: [[0, enter("a")], [1, away("a")], [8, enter("a", { connection: "a2" })]],
    when: [20, tick],
    told: [],
    people: "a",
  },
  "who is removed is out": {
    given: [[0, enter("a")]],
    when: [1, remove("a")],
    told: ["a left: removed"],
    people: "",
  },
  "a stranger cannot be removed": { when: [0, remove("a")], told: "participant_not_found" },
  "whom the prototype would name is a stranger": {
    when: [0, remove("constructor")],
    told: "participant_not_found",
  },
  "who was removed cannot resume": {
    given: [[0, enter("a")], [1, remove("a")]],
    when: [2, enter("a", { connection: "a2" })],
    told: "removed",
    people: "",
  },
  "who was removed cannot join anew with the same token": {
    given: [[0, enter("a", { ticket: "t" })], [1, remove("a")]],
    when: [2, enter("z", { ticket: "t" })],
    told: "removed",
  },
  "who was removed may come with a new token": {
    given: [[0, enter("a", { ticket: "t" })], [1, remove("a")]],
    when: [2, enter("a", { ticket: "t2", connection: "a2" })],
    told: ["a joined"],
  },
  "a ban outlives a later one": {
    given: [[0, enter("a")], [0, enter("b")], [1, remove("a")], [2, remove("b")]],
    when: [3, enter("a")],
    told: "removed",
  },
  "a room without people ends after its time": {
    when: [60, tick],
    told: ["ended"],
  },
  "a room without people has all of its time": { when: [59.999, tick], told: [], people: "" },
  "the time begins anew when the last has left": {
    given: [[0, enter("a")], [50, leave("a")]],
    when: [109, tick],
    told: [],
    people: "",
  },
  "a room with people does not end by itself": {
    given: [[0, enter("a")]],
    when: [1_000_000, tick],
    told: [],
    people: "a",
  },
  "an end ends it, whoever is there": { given: [[0, enter("a")]], when: [1, end], told: ["ended"] },
  "its owner changes it": {
    when: [0, { kind: "configure", given: { name: "New" } }],
    told: ["room New"],
  },
  "a topology is committed at the epoch that it expects": {
    when: [0, commit(1)],
    told: ["sfu 2"],
  },
  "a topology of an older epoch is fenced off": {
    given: [[0, commit(1)]],
    when: [1, commit(1, "mesh")],
    told: "epoch_stale",
  },
  "a topology of a future epoch is fenced off": { when: [0, commit(2)], told: "epoch_stale" },
  "a store that has lost its last moments takes no epoch back": {
    when: [1, {
      kind: "restore",
      node: "n1",
      view: { ...newRoom({ tenant: "acme", id: "r" }, settings, START), topology: SECOND },
    }],
    told: ["sfu 2"],
  },
  "the topology that is there already is no change": { when: [0, commit(1, "mesh")], told: [] },
};

describe("a room", () => {
  for (const [title, { given = [], when, told, people }] of Object.entries(CASES)) {
    it(title, () => {
      let state = newRoom({ tenant: "acme", id: "r" }, settings, START);
      for (const step of given) state = apply(state, step) ?? state;
      const result = reduce(state, when[1], START + when[0] * 1000);
      if (result.kind === "refused") {
        assertEquals(result.code, told);
        if (people !== undefined) assertEquals(who(state), people);
        return;
      }
      assertEquals(result.changes.map(words), told);
      assertEquals(result.state === null, result.changes.some((c) => c.kind === "ended"));
      if (result.state && people !== undefined) assertEquals(who(result.state), people);
    });
  }

  it("names the nodes of those who were there and of those who are", () => {
    const before = apply(
      newRoom({ tenant: "acme", id: "r" }, settings, START),
      [0, enter("a", { node: "n1" })],
    )!;
    const taken = reduce(before, enter("a", { node: "n2", connection: "a2" }), START) as Changed;
    assertEquals(taken.nodes, ["n1", "n2"]);
    const removed = reduce(taken.state!, remove("a"), START) as Changed;
    assertEquals(removed.nodes, ["n2"]);
    const nothing = reduce(taken.state!, tick, START) as Changed;
    assertEquals(nothing.nodes, []);
  });

  it("is due when the first who is away has left", () => {
    let state = newRoom({ tenant: "acme", id: "r" }, settings, START);
    assertEquals(deadline(state), START + 60_000);
    state = apply(state, [0, enter("a")])!;
    assertEquals(deadline(state), Infinity);
    state = apply(state, [1, away("a")])!;
    assertEquals(deadline(state), START + 9_000);
  });
});

describe("a room, whatever happens in it", () => {
  const id = fc.constantFrom("a", "b", "c", "d", "e");
  const socket = fc.constantFrom("1", "2", "3");
  const event: fc.Arbitrary<RoomEvent> = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(id, socket).map(([i, s]) => enter(i, { connection: i + s })) },
    { weight: 2, arbitrary: fc.tuple(id, socket).map(([i, s]) => away(i, i + s)) },
    fc.tuple(id, socket).map(([i, s]) => leave(i, i + s)),
    id.map(remove),
    id.map((i) => update(i)),
    fc.integer({ min: 1, max: 4 }).map((n): RoomEvent => ({
      kind: "configure",
      given: { maxParticipants: n },
    })),
    fc.tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom("mesh" as const, "sfu" as const))
      .map(([epoch, mode]) => commit(epoch, mode)),
    fc.constant(tick),
    fc.tuple(id, fc.uniqueArray(id), fc.boolean()).map(([i, unreachable, relayed]): RoomEvent => ({
      kind: "measure",
      id: i,
      measured: { relayed, unreachable },
    })),
  );
  const history = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), event), { maxLength: 60 });

  it("goes up by one version with each change that is told", () => {
    each(history, (before, _, { state, changes }) => {
      const versions = changes.flatMap((change) => "version" in change ? [change.version] : []);
      assertEquals(versions, versions.map((_, i) => before.version + 1 + i));
      assertEquals((state ?? before).version, before.version + versions.length);
    });
  });

  it("never grows above maxParticipants", () => {
    each(history, (before, _, { state }) => {
      const size = (room: RoomState) => Object.keys(room.members).length;
      if (!state || size(state) <= size(before)) return;
      assert(size(state) <= state.settings.maxParticipants, `${size(state)}`);
    });
  });

  it("gives an older socket no say", () => {
    each(history, (before, event, { state }) => {
      if (event.kind !== "away" && event.kind !== "leave") return;
      if (before.members[event.id]?.connection !== event.connection) assertEquals(state, before);
    });
  });

  it("never goes back an epoch", () => {
    each(history, (before, _, { state }) => {
      assert(!state || state.topology.epoch >= before.topology.epoch);
    });
  });

  it("is made of its changes: who follows them has the same room", () => {
    each(history, (before, _, { state, changes }) => {
      const base = before.stamp;
      const told = { changes, base, version: state?.version ?? 0, stamp: "next" };
      const followed = follow(before, told);
      if (changes.length === 0) assertEquals(followed, state);
      else assertEquals(followed, state && { ...state, stamp: "next" });
    });
  });

  it("is not followed over a gap, nor twice", () => {
    each(history, (before, _, { state, changes }) => {
      if (!state || changes.length === 0) return;
      const { version } = state;
      const told = { changes, base: before.stamp, version, stamp: "next" };
      assertEquals(follow(before, { ...told, changes: changes.slice(1) }), undefined);
      assertEquals(follow(before, { ...told, base: "another of this version" }), undefined);
      assertEquals(follow(state, told), state);
    });
  });

  /** Runs histories, and shows `check` each step that changed something or could have. */
  function each(
    histories: typeof history,
    check: (before: RoomState, event: RoomEvent, result: Changed) => void,
  ): void {
    fc.assert(fc.property(histories, (steps) => {
      let state = newRoom({ tenant: "acme", id: "r" }, settings, START);
      let now = START;
      for (const [seconds, event] of steps) {
        now += seconds * 1000;
        const result = reduce(state, event, now);
        if (result.kind === "refused") continue;
        check(state, event, result);
        if (!result.state) return;
        state = result.state;
      }
    }));
  }
});

function apply(state: RoomState, [seconds, event]: Step): RoomState | null {
  const result = reduce(state, event, START + seconds * 1000);
  assertEquals(result.kind, "changed", JSON.stringify(result));
  return (result as Changed).state;
}

function words(change: RoomChange): string {
  switch (change.kind) {
    case "participant":
      return `${change.member.id} ${change.cause}`;
    case "left":
      return `${change.id} left: ${change.reason}`;
    case "room":
      return `room ${change.settings.name}`;
    case "topology":
      return `${change.topology.mode} ${change.topology.epoch}`;
    case "ended":
      return "ended";
  }
}

function who(state: RoomState): string {
  return Object.values(state.members)
    .map(({ id, presence }) => presence.state === "away" ? `${id}(away)` : id)
    .join(" ");
}
