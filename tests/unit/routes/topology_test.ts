import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { fakeApp } from "../../helpers/fake_app.ts";
import { SwitchableSfu } from "../../helpers/switchable_sfu.ts";

describe("POST /v1/rooms/{room}/topology", () => {
  it("forces the mesh, or lets the service decide, and keeps the thresholds", async () => {
    const { acme } = fakeApp();
    const room = await acme.makeRoom({ id: "r", topology: { promoteAt: 9 } });
    for (const mode of ["mesh", "auto"] as const) {
      const { status, body } = await acme.call("POST", "/v1/rooms/r/topology", { body: { mode } });
      assertEquals([status, body], [200, { ...room, topology: { ...room.topology, mode } }]);
    }
  });

  it("forces the SFU where there is one", async () => {
    const { acme } = fakeApp({ sfus: [new SwitchableSfu("a")] });
    await acme.makeRoom({ id: "r" });
    const body = { mode: "sfu" };
    assertEquals((await acme.call("POST", "/v1/rooms/r/topology", { body })).status, 200);
  });

  const REFUSED: [body: unknown, status: number, code: string][] = [
    [{ mode: "sfu" }, 409, "sfu_unavailable"],
    [{ mode: "star" }, 400, "invalid_request"],
    [{}, 400, "invalid_request"],
    [{ mode: "mesh", promoteAt: 4 }, 400, "invalid_request"],
  ];
  for (const [body, status, code] of REFUSED) {
    it(`refuses ${JSON.stringify(body)}: ${status} ${code}`, async () => {
      const { acme } = fakeApp();
      await acme.makeRoom({ id: "r" });
      const answer = await acme.problem("POST", "/v1/rooms/r/topology", { body });
      assertEquals([answer.status, answer.body.code], [status, code]);
    });
  }

  it("knows no room that was not made: 404 room_not_found", async () => {
    const { acme } = fakeApp();
    const body = { mode: "mesh" };
    const answer = await acme.problem("POST", "/v1/rooms/r/topology", { body });
    assertEquals([answer.status, answer.body.code], [404, "room_not_found"]);
  });
});

describe("GET /v1/sfus", () => {
  it("names none where there is none", async () => {
    const { status, body } = await fakeApp().acme.call("GET", "/v1/sfus");
    assertEquals([status, body], [200, { sfus: [] }]);
  });

  it("shows each with its region, health and load", async () => {
    const down = new SwitchableSfu("b", "shared", { region: "us", capacity: 50 });
    down.turn("down");
    const { acme } = fakeApp({ sfus: [new SwitchableSfu("a"), down] });
    const { body } = await acme.call("GET", "/v1/sfus");
    const idle = { load: 0, participants: 0 };
    assertEquals(body, {
      sfus: [
        { id: "a", region: "local", health: "ok", capacity: 100, ...idle },
        { id: "b", region: "us", health: "down", capacity: 50, ...idle },
      ],
    });
  });
});

describe("PATCH /v1/sfus/{sfu}", () => {
  const app = (env = {}) => fakeApp({ sfus: [new SwitchableSfu("a")], env });

  it("has an SFU emptied, and used again", async () => {
    const { acme, node } = app({ OPERATORS: "acme" });
    for (const [draining, health] of [[true, "draining"], [false, "ok"]] as const) {
      const { status, body } = await acme.call<{ health: string }>("PATCH", "/v1/sfus/a", {
        body: { draining },
      });
      assertEquals([status, body.health], [200, health]);
      await node.hub.lease.beat();
      const { body: all } = await acme.call<{ sfus: { health: string }[] }>("GET", "/v1/sfus");
      assertEquals(all.sfus.map((sfu) => sfu.health), [health]);
    }
  });

  it("is for operators only: 403 not_operator", async () => {
    const { acme } = app({ OPERATORS: "globex" });
    const { status, body } = await acme.problem("PATCH", "/v1/sfus/a", {
      body: { draining: true },
    });
    assertEquals([status, body.code], [403, "not_operator"]);
  });

  it("knows no SFU that is not configured: 404 sfu_not_found", async () => {
    const { acme } = app({ OPERATORS: "acme" });
    const { status, body } = await acme.problem("PATCH", "/v1/sfus/z", {
      body: { draining: true },
    });
    assertEquals([status, body.code], [404, "sfu_not_found"]);
  });
});
