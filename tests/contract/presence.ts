import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { POLICY } from "../../lib/policy.ts";
import type { Presence } from "../../lib/presence/mod.ts";
import type { Changed } from "../../lib/room.ts";
import type { RoomEvent } from "../../lib/room_event.ts";
import { defaultSettings, newRoom, type RoomKey } from "../../lib/room_state.ts";
import { leaseContract } from "./leases.ts";

const NOW = 1_800_000_000_000;
const key = (id: string, tenant = "acme"): RoomKey => ({ tenant, id });
const room = (id: string, tenant?: string) => newRoom(key(id, tenant), defaultSettings(), NOW);

function enter(id: string, node = "n1"): RoomEvent {
  const permissions = { publish: true, subscribe: true, chat: true, moderate: false };
  const admission = { id, identity: id, permissions, ticket: `t_${id}`, expiresAt: NOW + 60_000 };
  return { kind: "enter", admission, node, region: "local", connection: `c_${id}` };
}

/** A store without rooms. */
export interface PresenceUnderTest {
  presence: Presence;
  /** Loses all that it holds, as by FLUSHALL. */
  forget(): Promise<void>;
}

/** What every presence adapter must do. `open` gives one without rooms, whose time is `clock`'s. */
export function presenceContract(
  name: string,
  open: (clock: () => number) => PresenceUnderTest | Promise<PresenceUnderTest>,
): void {
  const make = async () => (await open(() => NOW)).presence;

  describe(`presence: ${name}`, () => {
    it("reads what was made", async () => {
      const presence = await make();
      const made = room("r");
      assertEquals(await presence.create(made), "created");
      assertEquals(await presence.read(key("r")), made);
    });

    it("does not make a room twice", async () => {
      const presence = await make();
      await presence.create(room("r"));
      await presence.change(key("r"), enter("a"), NOW);
      assertEquals(await presence.create(room("r")), "exists");
      assertEquals(Object.keys((await presence.read(key("r")))!.members), ["a"]);
    });

    it("makes one of two rooms that are made at once", async () => {
      const presence = await make();
      const made = await Promise.all([presence.create(room("r")), presence.create(room("r"))]);
      assertEquals(made.toSorted(), ["created", "exists"]);
    });

    it("keeps tenants apart that have a room of the same id", async () => {
      const presence = await make();
      await presence.create(room("r", "acme"));
      await presence.create(room("r", "globex"));
      await presence.change(key("r", "acme"), { kind: "end" }, NOW);
      assertEquals(await presence.read(key("r", "acme")), undefined);
      assertEquals((await presence.read(key("r", "globex")))?.key.tenant, "globex");
    });

    it("knows nothing of a room that was never made", async () => {
      const presence = await make();
      assertEquals(await presence.read(key("constructor")), undefined);
      const result = await presence.change(key("constructor"), { kind: "end" }, NOW);
      assertEquals(result.kind === "refused" && result.code, "room_not_found" as const);
    });

    it("applies each of many changes at once, one after the other", async () => {
      const presence = await make();
      await presence.create(room("r"));
      const ids = Array.from({ length: 12 }, (_, i) => `p${i}`);
      const results = await Promise.all(
        ids.map((id) => presence.change(key("r"), enter(id), NOW)),
      );
      const versions = results.map((result) => (result as Changed).state!.version);
      assertEquals(versions.toSorted((a, b) => a - b), ids.map((_, i) => NOW + i + 1));
      assertEquals(Object.keys((await presence.read(key("r")))!.members).length, 12);
    });

    it("lets one of two win who expect the same epoch", async () => {
      const presence = await make();
      await presence.create(room("r"));
      const grant = { kind: "offer_answer", sfu: "s", region: "local" } as const;
      const to = { mode: "sfu", grant } as const;
      const commit: RoomEvent = { kind: "topology", expectedEpoch: 1, to, reason: "forced" };
      const results = await Promise.all([1, 2].map(() => presence.change(key("r"), commit, NOW)));
      assertEquals(results.map((result) => result.kind).toSorted(), ["changed", "refused"]);
      const { mode, epoch } = (await presence.read(key("r")))!.topology;
      assertEquals([mode, epoch], ["sfu", 2]);
    });

    it("goes by what it has, not by what the caller knows, where that is old", async () => {
      const presence = await make();
      await presence.create(room("r"));
      const old = (await presence.read(key("r")))!;
      await presence.change(key("r"), enter("a"), NOW);
      const result = await presence.change(key("r"), enter("b"), NOW, old);
      assertEquals(Object.keys((result as Changed).state!.members), ["a", "b"]);
      assertEquals(Object.keys((await presence.read(key("r")))!.members), ["a", "b"]);
    });

    it("refuses nothing because of what the caller believes", async () => {
      const presence = await make();
      await presence.create(room("r"));
      const old = (await presence.read(key("r")))!;
      await presence.change(key("r"), enter("a"), NOW);
      const result = await presence.change(key("r"), { kind: "remove", id: "a" }, NOW, old);
      assertEquals(result.kind, "changed");
    });

    it("gives each state that it writes a stamp of its own", async () => {
      const presence = await make();
      await presence.create(room("r"));
      const stamps = new Set([(await presence.read(key("r")))!.stamp]);
      for (const id of ["a", "b"]) {
        const result = await presence.change(key("r"), enter(id), NOW);
        stamps.add((result as Changed).state!.stamp);
        assert(stamps.has((await presence.read(key("r")))!.stamp));
      }
      assertEquals(stamps.size, 3);
    });

    it("keeps a room as it was when a change is refused", async () => {
      const presence = await make();
      const made = room("r");
      await presence.create(made);
      await presence.change(key("r"), { kind: "remove", id: "nobody" }, NOW);
      assertEquals(await presence.read(key("r")), made);
    });

    it("gives away nothing by which a caller could change it", async () => {
      const presence = await make();
      const mine = room("r");
      const before = structuredClone(mine);
      await presence.create(mine);
      const read = await presence.read(key("r"));
      assert(read !== undefined);
      await presence.change(key("r"), enter("a"), NOW);
      assertEquals(read, before);
      assertEquals(mine, before);
    });

    it("lists one tenant's rooms by id, page by page, each once", async () => {
      const presence = await make();
      const ids = Array.from({ length: 7 }, (_, i) => `r${i}`);
      for (const id of [...ids].reverse()) await presence.create(room(id));
      await presence.create(room("r3x", "globex"));
      const pages: string[][] = [];
      let cursor: string | undefined;
      do {
        const page = await presence.list("acme", { cursor, limit: 3 });
        pages.push(page.rooms.map(({ key }) => key.id));
        cursor = page.cursor;
      } while (cursor !== undefined);
      assertEquals(pages, [["r0", "r1", "r2"], ["r3", "r4", "r5"], ["r6"]]);
    });

    it("has no cursor after a last page that is full", async () => {
      const presence = await make();
      for (const id of ["a", "b"]) await presence.create(room(id));
      assertEquals((await presence.list("acme", { limit: 2 })).cursor, undefined);
    });

    it("goes on behind a cursor whose room has ended", async () => {
      const presence = await make();
      for (const id of ["a", "b", "c"]) await presence.create(room(id));
      const { cursor } = await presence.list("acme", { limit: 2 });
      await presence.change(key("b"), { kind: "end" }, NOW);
      const { rooms } = await presence.list("acme", { cursor, limit: 2 });
      assertEquals(rooms.map(({ key }) => key.id), ["c"]);
    });

    it("stops one tenant at its limit, and no other", async () => {
      const presence = await make();
      const made = new Map<string, number>();
      for (let i = 0; i <= POLICY.roomsPerTenant; i++) {
        const answer = await presence.create(room(`r${i}`));
        made.set(answer, (made.get(answer) ?? 0) + 1);
      }
      assertEquals(made, new Map([["created", POLICY.roomsPerTenant], ["limit", 1]]));
      assertEquals(await presence.create(room("r", "globex")), "created");
      await presence.change(key("r0"), { kind: "end" }, NOW);
      assertEquals(await presence.create(room("again")), "created");
    });
  });
  leaseContract(name, open);
}
