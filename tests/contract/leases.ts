import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { POLICY } from "../../lib/policy.ts";
import type { Beat, Presence } from "../../lib/presence/mod.ts";
import type { Changed } from "../../lib/room.ts";
import type { RoomEvent } from "../../lib/room_event.ts";
import { deadline, defaultSettings, newRoom, type RoomState } from "../../lib/room_state.ts";
import type { SfuRecord } from "../../lib/sfu/directory.ts";
import type { PresenceUnderTest } from "./presence.ts";

const { beatMs, lapsesAfterMs, dueMarginMs, changedMarginMs, claimMs, silentStoreMs } =
  POLICY.lease;
const START = 1_800_000_000_000;
const KEY = { tenant: "acme", id: "r" };

function enter(id: string, node: string): RoomEvent {
  const permissions = { publish: true, subscribe: true, chat: true, moderate: false };
  const expiresAt = START + 3_600_000;
  const admission = { id, identity: id, permissions, ticket: `t_${id}`, expiresAt };
  return { kind: "enter", admission, node, region: "local", connection: `c_${id}` };
}

/** A store with one room, in a time of its own. */
class Setting {
  now = START;
  presence!: Presence;
  forget!: () => Promise<void>;
  readonly #counts = new Map<string, number>();
  readonly #seen = new Map<string, number>();

  static async make(open: Open): Promise<Setting> {
    const setting = new Setting();
    Object.assign(setting, await open(() => setting.now));
    await setting.presence.create(newRoom(KEY, defaultSettings(), START));
    return setting;
  }

  beat(node: string, ...sfus: SfuRecord[]): Promise<Beat> {
    const count = (this.#counts.get(node) ?? 0) + 1;
    this.#counts.set(node, count);
    return this.presence.beat(node, { count, seen: this.#seen.get(node) ?? 0, sfus });
  }

  /** A node has dealt with what it was told. */
  saw(node: string, { upTo }: Beat): void {
    this.#seen.set(node, upTo);
  }

  async change(event: RoomEvent, known?: RoomState): Promise<RoomState> {
    const result = await this.presence.change(KEY, event, this.now, known);
    assert(result.kind === "changed" && result.state !== null);
    return result.state;
  }

  /** Time goes by while these nodes live. */
  async pass(ms: number, ...alive: string[]): Promise<void> {
    for (const end = this.now + ms; this.now < end;) {
      this.now = Math.min(end, this.now + beatMs);
      for (const node of alive) await this.beat(node);
    }
  }
}

type Open = (clock: () => number) => PresenceUnderTest | Promise<PresenceUnderTest>;

/** What every presence adapter must do for nodes: leases, what is due, what has changed, what was lost. */
export function leaseContract(name: string, open: Open): void {
  describe(`leases: ${name}`, () => {
    it("tell a node which of its beats the store remembers", async () => {
      const store = await Setting.make(open);
      assertEquals((await store.beat("n1")).previous, 0);
      assertEquals((await store.beat("n1")).previous, 1);
      await store.forget();
      assertEquals((await store.beat("n1")).previous, 0);
    });

    it("tell a node since when the store has lost nothing", async () => {
      const store = await Setting.make(open);
      const { since } = await store.beat("n1");
      store.now += 2_000;
      assertEquals((await store.beat("n2")).since, since);
      await store.forget();
      const anew = (await store.beat("n1")).since;
      assert(anew !== since);
      store.now += 2_000;
      assertEquals((await store.beat("n1")).since, anew);
    });

    it("tell a node what time it is, by the store's clock", async () => {
      const store = await Setting.make(open);
      assertEquals((await store.beat("n1")).time, START);
      store.now += 1_234;
      assertEquals((await store.beat("n1")).time, START + 1_234);
    });

    it("of a node that is silent run out: the others are told of its rooms, one of them each", async () => {
      const store = await Setting.make(open);
      for (const node of ["n1", "n2", "n3"]) await store.beat(node);
      await store.change(enter("a", "n1"));
      const told: Beat[] = [];
      for (let i = 0; i < 3; i++) {
        store.now += beatMs;
        for (const node of ["n2", "n3"]) told.push(await store.beat(node));
      }
      const due = told.filter(({ due }) => due.length > 0);
      assertEquals(due.map(({ due }) => due), [[KEY]]);
      assertEquals(due[0]!.dead, { n1: START });
    });

    it("hold as long as a node beats", async () => {
      const store = await Setting.make(open);
      await store.beat("n1");
      await store.change(enter("a", "n1"));
      await store.pass(10 * beatMs, "n1", "n2");
      assertEquals((await store.beat("n2")).dead, {});
    });

    it("do not run out because the store was away", async () => {
      const store = await Setting.make(open);
      for (const node of ["n1", "n2"]) await store.beat(node);
      await store.change(enter("a", "n1"));
      store.now += lapsesAfterMs + beatMs;
      assertEquals((await store.beat("n2")).dead, {});
      store.now += silentStoreMs - 1;
      assertEquals((await store.beat("n2")).dead, {});
    });

    it("run out also of a node that has died while the store was away", async () => {
      const store = await Setting.make(open);
      for (const node of ["n1", "n2"]) await store.beat(node);
      await store.change(enter("a", "n1"));
      store.now += lapsesAfterMs + beatMs;
      await store.beat("n2");
      await store.pass(silentStoreMs, "n2");
      const { dead, due } = await store.beat("n2");
      assertEquals([Object.keys(dead), due.length], [["n1"], 0]);
    });

    it("run out of a node that the store only knows by another's word", async () => {
      const store = await Setting.make(open);
      const state = await store.change(enter("a", "gone"));
      await store.forget();
      await store.beat("n2");
      await store.change({ kind: "restore", node: "n2", view: state }, state);
      await store.pass(beatMs, "n2");
      store.now = START + lapsesAfterMs - beatMs + 1;
      const { due, dead } = await store.beat("n2");
      assertEquals([due, Object.keys(dead)], [[KEY], ["gone"]]);
    });

    it("of a node that came back are whole again", async () => {
      const store = await Setting.make(open);
      for (const node of ["n1", "n2"]) await store.beat(node);
      await store.change(enter("a", "n1"));
      await store.pass(3 * beatMs, "n2");
      await store.beat("n1");
      assertEquals((await store.beat("n2")).dead, {});
    });

    it("that were given back leave people the time to come back", async () => {
      const store = await Setting.make(open);
      for (const node of ["n1", "n2"]) await store.beat(node);
      await store.change(enter("a", "n1"));
      await store.presence.retire("n1");
      await store.pass(POLICY.awayGraceMs, "n2");
      store.now += dueMarginMs;
      const { due, dead } = await store.beat("n2");
      assertEquals([due, dead], [[KEY], { n1: START }]);
    });
  });

  describe(`what is due: ${name}`, () => {
    async function dueAfter(...events: RoomEvent[]): Promise<[Setting, RoomState]> {
      const store = await Setting.make(open);
      for (const event of events) await store.change(event);
      return [store, (await store.presence.read(KEY))!];
    }

    it("is told from a deadline on, and its margin, not before", async () => {
      const [store, state] = await dueAfter(enter("a", "n1"), {
        kind: "away",
        id: "a",
        connection: "c_a",
      });
      const at = deadline(state);
      assertEquals(at, START + POLICY.awayGraceMs);
      await store.pass(POLICY.awayGraceMs, "n1");
      store.now = at + dueMarginMs - 1;
      assertEquals((await store.beat("n2")).due, []);
      store.now++;
      assertEquals((await store.beat("n2")).due, [KEY]);
    });

    it("is nothing in a room where everyone is", async () => {
      const [store] = await dueAfter(enter("a", "n1"));
      await store.pass(10 * beatMs, "n1");
      assertEquals((await store.beat("n1")).due, []);
    });

    it("is nothing in a room that has ended", async () => {
      const store = await Setting.make(open);
      await store.presence.change(KEY, { kind: "end" }, store.now);
      store.now += 1e9;
      assertEquals((await store.beat("n1")).due, []);
    });

    it("is the end of a room that nobody entered", async () => {
      const [store] = await dueAfter();
      store.now += POLICY.room.emptyTimeoutSeconds * 1000 + dueMarginMs;
      assertEquals((await store.beat("n1")).due, [KEY]);
      const result = await store.presence.change(KEY, { kind: "tick" }, store.now);
      assertEquals((result as Changed).state, null);
    });

    it("is told again when whoever was told did nothing", async () => {
      const [store] = await dueAfter();
      store.now += POLICY.room.emptyTimeoutSeconds * 1000 + dueMarginMs;
      assertEquals((await store.beat("n1")).due, [KEY]);
      assertEquals((await store.beat("n2")).due, []);
      store.now += claimMs + dueMarginMs;
      assertEquals((await store.beat("n2")).due, [KEY]);
    });

    it("is over when a tick found nothing to do", async () => {
      const [store] = await dueAfter(enter("a", "n1"));
      await store.beat("n2");
      await store.pass(lapsesAfterMs + beatMs, "n2");
      await store.beat("n1");
      await store.change({ kind: "tick" });
      await store.pass(2 * (claimMs + dueMarginMs), "n1");
      assertEquals((await store.beat("n1")).due, []);
    });

    it("stays so when a room of a dead node changes before anyone has seen to it", async () => {
      const [store] = await dueAfter(enter("a", "n1"), enter("b", "n2"));
      await store.beat("n1");
      await store.pass(lapsesAfterMs + beatMs, "n2");
      await store.change({ kind: "update", id: "b", attributes: { hand: true } });
      assertEquals((await store.beat("n2")).due, [KEY]);
    });
  });

  describe(`the SFUs of nodes: ${name}`, () => {
    const sfu: SfuRecord = {
      id: "a",
      region: "eu",
      capacity: 50,
      reach: "hosted",
      health: "up",
      load: 3,
    };

    it("are known to all by the next beat, as they are now", async () => {
      const store = await Setting.make(open);
      await store.beat("n1", sfu);
      assertEquals((await store.beat("n2")).sfus.nodes["n1"], [sfu]);
      await store.beat("n1", { ...sfu, load: 4 });
      assertEquals((await store.beat("n2")).sfus.nodes["n1"], [{ ...sfu, load: 4 }]);
    });

    it("are gone with their node", async () => {
      const store = await Setting.make(open);
      await store.beat("n1", sfu);
      await store.beat("n2");
      await store.pass(lapsesAfterMs + beatMs, "n2");
      assertEquals((await store.beat("n2")).sfus.nodes["n1"], undefined);
    });

    it("are emptied, and used again, by everyone's word", async () => {
      const store = await Setting.make(open);
      await store.presence.drainSfu("a", true);
      assertEquals((await store.beat("n1")).sfus.draining, ["a"]);
      await store.presence.drainSfu("a", false);
      assertEquals((await store.beat("n1")).sfus.draining, []);
    });
  });

  describe(`what has changed: ${name}`, () => {
    it("is told to the nodes of a room, with its stamp, until they have dealt with it", async () => {
      const store = await Setting.make(open);
      await store.change(enter("a", "n1"));
      const { stamp } = await store.change(enter("b", "n2"));
      assertEquals((await store.beat("n1")).changed, []);
      store.now += changedMarginMs;
      const told = [{ key: KEY, stamp, holds: true }];
      const first = await store.beat("n1");
      assertEquals(first.changed, told);
      assertEquals((await store.beat("n2")).changed, told);
      assertEquals((await store.beat("n1")).changed, told);
      store.saw("n1", first);
      assertEquals((await store.beat("n1")).changed, []);
    });

    it("is told to a node whose last person has left", async () => {
      const store = await Setting.make(open);
      await store.change(enter("a", "n1"));
      await store.change({ kind: "leave", id: "a", connection: "c_a" });
      store.now += changedMarginMs;
      assertEquals((await store.beat("n1")).changed.map(({ holds }) => holds), [false]);
    });

    it("is told of a room that has ended", async () => {
      const store = await Setting.make(open);
      await store.change(enter("a", "n1"));
      await store.presence.change(KEY, { kind: "end" }, store.now);
      store.now += changedMarginMs;
      assertEquals((await store.beat("n1")).changed.map(({ stamp }) => stamp), [null]);
    });
  });

  describe(`what was lost: ${name}`, () => {
    it("may have been lost, says a store that is young, of a room whose end it does not know", async () => {
      const store = await Setting.make(open);
      await store.forget();
      await store.beat("n1");
      await store.presence.create(newRoom(KEY, defaultSettings(), START));
      const forgotten = async (id: string) => {
        const key = { tenant: "acme", id };
        const result = await store.presence.change(key, { kind: "tick" }, store.now);
        return result.kind === "refused" && result.forgotten;
      };
      await store.presence.change(KEY, { kind: "end" }, store.now);
      store.now += POLICY.lease.settleMs;
      assertEquals([await forgotten("unknown"), await forgotten(KEY.id)], [true, false]);
      store.now += POLICY.lease.recallMs;
      assertEquals(await forgotten("unknown"), false);
    });

    it("is written back by whoever knows it, stamp and all", async () => {
      const store = await Setting.make(open);
      const state = await store.change(enter("a", "n1"));
      await store.forget();
      await store.change({ kind: "restore", node: "n1", view: state }, state);
      assertEquals(await store.presence.read(KEY), state);
    });

    it("is written back with any change", async () => {
      const store = await Setting.make(open);
      const state = await store.change(enter("a", "n1"));
      await store.forget();
      await store.change(enter("b", "n1"), state);
      assertEquals(Object.keys((await store.presence.read(KEY))!.members), ["a", "b"]);
    });

    it("is ended for good by whoever knows it", async () => {
      const store = await Setting.make(open);
      const state = await store.change(enter("a", "n1"));
      await store.forget();
      const end: RoomEvent = { kind: "end" };
      const ended = await store.presence.change(KEY, end, store.now, state);
      assertEquals([ended.kind, ended.kind === "changed" && ended.state], ["changed", null]);
      const restore: RoomEvent = { kind: "restore", node: "n2", view: state };
      const result = await store.presence.change(KEY, restore, store.now, state);
      assertEquals(result.kind === "refused" && result.code, "room_not_found");
    });

    it("is not confused with what has ended", async () => {
      const store = await Setting.make(open);
      const state = await store.change(enter("a", "n1"));
      await store.presence.change(KEY, { kind: "end" }, store.now);
      const restore: RoomEvent = { kind: "restore", node: "n1", view: state };
      const result = await store.presence.change(KEY, restore, store.now, state);
      assertEquals(result.kind === "refused" && result.code, "room_not_found");
      assertEquals(await store.presence.read(KEY), undefined);
    });

    it("is not confused with a room that a node made anew whose clock is behind", async () => {
      const store = await Setting.make(open);
      const state = await store.change(enter("a", "n1"));
      await store.presence.change(KEY, { kind: "end" }, store.now);
      await store.presence.create(newRoom(KEY, defaultSettings(), START - 5_000));
      const next = await store.change(enter("b", "n1"));
      assertEquals(next.createdAt > state.createdAt, true);
      assertEquals(next.predecessor, state.createdAt);
    });

    it("stays away when its owner ends it meanwhile", async () => {
      const store = await Setting.make(open);
      const state = await store.change(enter("a", "n1"));
      await store.forget();
      await store.beat("n1");
      store.now += POLICY.lease.settleMs;
      await store.presence.change(KEY, { kind: "end" }, store.now);
      const late = await store.presence.change(KEY, enter("b", "n1"), store.now, state);
      assertEquals(late.kind === "refused" && late.code, "room_not_found");
    });

    it("is not confused with a room that was made anew", async () => {
      const store = await Setting.make(open);
      const state = await store.change(enter("a", "n1"));
      await store.presence.change(KEY, { kind: "end" }, store.now);
      await store.presence.create(newRoom(KEY, defaultSettings(), START + 1));
      const restore: RoomEvent = { kind: "restore", node: "n1", view: state };
      const result = await store.presence.change(KEY, restore, store.now, state);
      assertEquals(result.kind === "refused" && result.code, "room_not_found");
      assertEquals((await store.presence.read(KEY))!.members, {});
      const { rooms } = await store.presence.list("acme", { limit: 1 });
      assertEquals(rooms[0]!.participantCount, 0);
    });

    it("joins a room that was made anew only because it was lost", async () => {
      const store = await Setting.make(open);
      const state = await store.change(enter("a", "n1"));
      await store.forget();
      await store.presence.create(newRoom(KEY, defaultSettings(), START + 1));
      await store.change({ kind: "restore", node: "n1", view: state }, state);
      assertEquals(Object.keys((await store.presence.read(KEY))!.members), ["a"]);
    });

    it("goes on from the caller's version where the store is behind it", async () => {
      const store = await Setting.make(open);
      const old = await store.change(enter("a", "n1"));
      const known = { ...old, version: old.version + 5, stamp: "ahead" };
      const { version } = await store.change(enter("b", "n1"), known);
      assertEquals(version, old.version + 6);
    });
  });
}
