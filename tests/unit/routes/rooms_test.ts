import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { POLICY } from "../../../lib/policy.ts";
import { defaultSettings, newRoom } from "../../../lib/room_state.ts";
import { fakeApp } from "../../helpers/fake_app.ts";
import { join, ROOM } from "../../helpers/fake_node.ts";

describe("POST /v1/rooms", () => {
  it("makes a room with defaults and an id of its own", async () => {
    const { acme } = fakeApp();
    const { createdAt, id, current, ...rest } = await acme.makeRoom();
    assertMatch(id, /^[0-9a-z]{12}$/);
    assert(Math.abs(Date.parse(createdAt) - Date.now()) < 60_000, createdAt);
    assertEquals(rest, {
      maxParticipants: 12,
      topology: { mode: "auto", promoteAt: 5, demoteAt: 3 },
      regions: [],
      emptyTimeoutSeconds: 300,
      participantCount: 0,
    });
    assertEquals(current, { mode: "mesh", epoch: 1, reason: "new", since: createdAt });
  });

  it("makes the room as it was asked for, and reads it so", async () => {
    const { acme } = fakeApp();
    const asked = {
      id: "Stand-up_1",
      name: "Standup ☕",
      maxParticipants: 4,
      topology: { mode: "mesh" as const, promoteAt: 9 },
      regions: ["eu"],
      emptyTimeoutSeconds: 5,
      metadata: { team: [1, null] },
    };
    const made = await acme.makeRoom(asked);
    const { topology, ...rest } = asked;
    assertEquals({ ...made, ...rest }, made);
    assertEquals(made.topology, { ...topology, demoteAt: 3 });
    const { body } = await acme.call("GET", "/v1/rooms/Stand-up_1");
    assertEquals(body, made);
  });

  it("takes no body, an empty object and null fields for what they are", async () => {
    const { acme } = fakeApp();
    assertEquals((await acme.call("POST", "/v1/rooms")).status, 201);
    assertEquals((await acme.call("POST", "/v1/rooms", { body: {} })).status, 201);
    assertEquals((await acme.call("POST", "/v1/rooms", { body: { name: null } })).status, 400);
  });

  it("does not make a room twice: 409 room_exists", async () => {
    const { acme } = fakeApp();
    await acme.makeRoom({ id: "r" });
    const { status, body } = await acme.problem("POST", "/v1/rooms", { body: { id: "r" } });
    assertEquals([status, body.code], [409, "room_exists"]);
  });

  it("stops a tenant at 10,000 rooms with 429, and no other", async () => {
    const { acme, globex, node } = fakeApp();
    for (let i = 0; i < POLICY.roomsPerTenant - 1; i++) {
      await node.presence.create(
        newRoom({ tenant: "acme", id: `r${i}` }, defaultSettings(), Date.now()),
      );
    }
    await acme.makeRoom();
    const { status, body, headers } = await acme.problem("POST", "/v1/rooms", { body: {} });
    assertEquals([status, body.code], [429, "room_limit"]);
    assertStringIncludes(body.detail, "10000 rooms; expected fewer");
    assertEquals(headers.get("retry-after"), "300");
    await globex.makeRoom();
    assertEquals((await acme.call("DELETE", "/v1/rooms/r0")).status, 204);
    await acme.makeRoom();
  });

  const INVALID: Record<string, [body: unknown, says: string]> = {
    "an unknown field": [{ nmae: "x" }, `"nmae"`],
    "an unknown field of the topology": [{ topology: { mod: "mesh" } }, `"mod"`],
    "a field of the wrong type": [{ maxParticipants: "4" }, "json.maxParticipants"],
    "a broken number": [{ maxParticipants: 1.5 }, "json.maxParticipants"],
    "a number too large": [{ maxParticipants: 101 }, "json.maxParticipants"],
    "a number too small": [{ emptyTimeoutSeconds: 0 }, "json.emptyTimeoutSeconds"],
    "an empty name": [{ name: "" }, "json.name"],
    "a mode that is none": [{ topology: { mode: "star" } }, "json.topology.mode"],
    "metadata too long": [{ metadata: "x".repeat(4_095) }, "at most 4096 characters"],
    "an array": [[], "expected object"],
    "null": [null, "expected object"],
  };
  for (const [title, [body, says]] of Object.entries(INVALID)) {
    it(`refuses ${title}: 400 invalid_request, naming it`, async () => {
      const { acme } = fakeApp();
      const answer = await acme.problem("POST", "/v1/rooms", { body: JSON.stringify(body) });
      assertEquals([answer.status, answer.body.code], [400, "invalid_request"]);
      assertStringIncludes(answer.body.detail, says);
      assertEquals((await acme.listRooms()).rooms, []);
    });
  }

  it("refuses demoteAt not below promoteAt: 400 invalid_settings", async () => {
    const { acme } = fakeApp();
    for (const topology of [{ promoteAt: 3 }, { demoteAt: 5 }, { promoteAt: 2, demoteAt: 2 }]) {
      const { status, body } = await acme.problem("POST", "/v1/rooms", { body: { topology } });
      assertEquals([status, body.code], [400, "invalid_settings"]);
      assertStringIncludes(body.detail, "demoteAt to be less");
    }
    assertEquals((await acme.listRooms()).rooms, []);
  });

  const ODD_IDS = ["", "a b", "a/b", "..", "ä", "💥", "a\n", "a%2Fb", "x".repeat(65), "<b>", "\0"];
  for (const id of ODD_IDS) {
    it(`refuses a room id of odd characters: ${JSON.stringify(id)}`, async () => {
      const { acme } = fakeApp();
      const { status, body } = await acme.problem("POST", "/v1/rooms", { body: { id } });
      assertEquals([status, body.code], [400, "invalid_request"]);
      assertStringIncludes(body.detail, "json.id: expected 1 to 64 of A-Z a-z 0-9 _ -");
    });
  }

  for (const id of ["__proto__", "constructor", "-", "x".repeat(64)]) {
    it(`makes, reads and ends a room of an id that only looks odd: ${id}`, async () => {
      const { acme } = fakeApp();
      assertEquals((await acme.call("GET", `/v1/rooms/${id}`)).status, 404);
      assertEquals((await acme.makeRoom({ id })).id, id);
      assertEquals((await acme.call("GET", `/v1/rooms/${id}`)).status, 200);
      assertEquals((await acme.call("DELETE", `/v1/rooms/${id}`)).status, 204);
      assertEquals((await acme.call("GET", `/v1/rooms/${id}`)).status, 404);
    });
  }

  it("refuses topology sfu where there is no SFU: 409 sfu_unavailable", async () => {
    const { acme } = fakeApp();
    const body = { topology: { mode: "sfu" } };
    const answer = await acme.problem("POST", "/v1/rooms", { body });
    assertEquals([answer.status, answer.body.code], [409, "sfu_unavailable"]);
  });
});

describe("GET /v1/rooms", () => {
  it("is walked by its cursor from end to end, each room once, by id", async () => {
    const { acme, globex } = fakeApp();
    const ids = Array.from({ length: 25 }, (_, i) => `r${String(i).padStart(2, "0")}`);
    for (const id of [...ids].reverse()) await acme.makeRoom({ id });
    await globex.makeRoom({ id: "r05x" });
    const sizes: number[] = [];
    const walked: string[] = [];
    let query = "?limit=10";
    for (;;) {
      const { rooms, cursor } = await acme.listRooms(query);
      sizes.push(rooms.length);
      walked.push(...rooms.map(({ id }) => id));
      if (cursor === undefined) break;
      query = `?limit=10&cursor=${encodeURIComponent(cursor)}`;
    }
    assertEquals(sizes, [10, 10, 5]);
    assertEquals(walked, ids);
  });

  it("gives 100 at most where no limit is named", async () => {
    const { acme } = fakeApp();
    for (let i = 0; i < 101; i++) await acme.makeRoom();
    const { rooms, cursor } = await acme.listRooms();
    assertEquals([rooms.length, cursor !== undefined], [100, true]);
  });

  for (
    const query of ["limit=0", "limit=501", "limit=x", "limit=1.5", `cursor=${"x".repeat(65)}`]
  ) {
    it(`refuses ${query.slice(0, 12)}: 400 invalid_request`, async () => {
      const { acme } = fakeApp();
      const { status, body } = await acme.problem("GET", `/v1/rooms?${query}`);
      assertEquals([status, body.code], [400, "invalid_request"]);
    });
  }
});

describe("PATCH /v1/rooms/{room}", () => {
  it("changes what is named and leaves the rest", async () => {
    const { acme } = fakeApp();
    const made = await acme.makeRoom({ id: "r", name: "Old", topology: { promoteAt: 9 } });
    const body = { maxParticipants: 3, topology: { demoteAt: 2 } };
    const answer = await acme.call("PATCH", "/v1/rooms/r", { body });
    const expected = { ...made, maxParticipants: 3, topology: { ...made.topology, demoteAt: 2 } };
    assertEquals([answer.status, answer.body], [200, expected]);
    assertEquals((await acme.call("GET", "/v1/rooms/r")).body, expected);
  });

  it("is told to who is in the room", async () => {
    const { acme, node } = fakeApp();
    await acme.makeRoom({ id: "r" });
    const ada = await join(node, "ada");
    await acme.call("PATCH", "/v1/rooms/r", { body: { name: "New" } });
    assertEquals((await ada.wire.frames.next("room")).room.name, "New");
  });

  it("by two at once loses nothing of either", async () => {
    const { acme } = fakeApp();
    await acme.makeRoom({ id: "r" });
    const bodies = [
      { name: "New", topology: { promoteAt: 9 } },
      { maxParticipants: 3, topology: { demoteAt: 2 } },
    ];
    await Promise.all(bodies.map((body) => acme.call("PATCH", "/v1/rooms/r", { body })));
    const { body } = await acme.call<Record<string, unknown>>("GET", "/v1/rooms/r");
    assertEquals([body.name, body.maxParticipants], ["New", 3]);
    assertEquals(body.topology, { mode: "auto", promoteAt: 9, demoteAt: 2 });
  });

  it("refuses what does not fit to what is there: 400 invalid_settings, and changes nothing", async () => {
    const { acme } = fakeApp();
    const room = await acme.makeRoom({ id: "r" });
    const body = { name: "New", topology: { promoteAt: 2 } };
    const answer = await acme.problem("PATCH", "/v1/rooms/r", { body });
    assertEquals([answer.status, answer.body.code], [400, "invalid_settings"]);
    assertEquals((await acme.call("GET", "/v1/rooms/r")).body, room);
  });

  it("refuses an id, unknown fields and a topology that does not fit", async () => {
    const { acme } = fakeApp();
    await acme.makeRoom({ id: "r" });
    for (const body of [{ id: "s" }, { nmae: "x" }, { topology: { promoteAt: "2" } }]) {
      const answer = await acme.problem("PATCH", "/v1/rooms/r", { body });
      assertEquals([answer.status, answer.body.code], [400, "invalid_request"]);
    }
    const answer = await acme.problem("PATCH", "/v1/rooms/r", {
      body: { topology: { mode: "sfu" } },
    });
    assertEquals([answer.status, answer.body.code], [409, "sfu_unavailable"]);
  });
});

describe("DELETE /v1/rooms/{room}", () => {
  it("ends the room: 204, then 404, and its people are told", async () => {
    const { acme, node } = fakeApp();
    await acme.makeRoom({ id: "r" });
    const ada = await join(node, "ada");
    const answer = await acme.call("DELETE", "/v1/rooms/r");
    assertEquals([answer.status, answer.body], [204, ""]);
    assertEquals((await ada.wire.frames.next("error")).code, "room_ended");
    assertEquals((await ada.wire.closed).code, 4404);
    const again = await acme.problem("DELETE", "/v1/rooms/r");
    assertEquals([again.status, again.body.code], [404, "room_not_found"]);
  });
});

describe("a tenant", () => {
  const TOUCHES: [method: string, path: string, body?: unknown][] = [
    ["GET", "/v1/rooms/r"],
    ["PATCH", "/v1/rooms/r", { name: "mine" }],
    ["DELETE", "/v1/rooms/r"],
    ["POST", "/v1/rooms/r/tokens", { identity: "eve" }],
    ["GET", "/v1/rooms/r/participants"],
    ["DELETE", "/v1/rooms/r/participants/@ada"],
    ["POST", "/v1/rooms/r/topology", { mode: "mesh" }],
  ];
  for (const [method, path, body] of TOUCHES) {
    it(`cannot ${method} ${path} of another: as if it were not there`, async () => {
      const { acme, globex, node } = fakeApp();
      const room = await acme.makeRoom({ id: "r" });
      const ada = await join(node, "ada", { room: ROOM });
      const { status, body: problem } = await globex.problem(
        method,
        path.replace("@ada", ada.id),
        { body },
      );
      assertEquals([status, problem.code], [404, "room_not_found"]);
      const now = (await acme.call("GET", "/v1/rooms/r")).body;
      assertEquals(now, { ...room, participantCount: 1 });
      assert(ada.wire.connection.isOpen);
    });
  }

  it("does not see the rooms of another in its list", async () => {
    const { acme, globex } = fakeApp();
    await acme.makeRoom({ id: "r" });
    assertEquals((await globex.listRooms()).rooms, []);
  });

  it("may have a room of the same id as another: two rooms, two rosters", async () => {
    const { acme, globex, node } = fakeApp();
    await acme.makeRoom({ id: "r", name: "Acme" });
    await globex.makeRoom({ id: "r", name: "Globex" });
    const [ada, eve] = [
      await join(node, "ada", { token: await acme.makeToken("r", "ada") }),
      await join(node, "eve", { token: await globex.makeToken("r", "eve") }),
    ];
    assertEquals([ada.welcome.room.name, eve.welcome.room.name], ["Acme", "Globex"]);
    assertEquals(eve.welcome.participants, []);
    ada.wire.says({ type: "signal", to: eve.id, data: 1 });
    assertEquals((await ada.wire.frames.next("error")).code, "participant_not_found");
    await globex.call("DELETE", "/v1/rooms/r");
    assertEquals((await eve.wire.closed).code, 4404);
    assert(ada.wire.connection.isOpen);
  });

  it("cannot use the Idempotency-Key of another", async () => {
    const { acme, globex } = fakeApp();
    const headers = { "idempotency-key": "k" };
    await acme.call("POST", "/v1/rooms", { headers, body: { id: "r" } });
    const answer = await globex.call("POST", "/v1/rooms", { headers, body: { id: "r" } });
    assertEquals([answer.status, answer.headers.get("idempotency-replayed")], [201, null]);
  });
});
