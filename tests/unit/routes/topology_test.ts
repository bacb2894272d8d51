import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { fakeApp } from "../../helpers/fake_app.ts";

describe("POST /v1/rooms/{room}/topology", () => {
  it("forces the mesh, or lets the service decide, and keeps the thresholds", async () => {
    const { acme } = fakeApp();
    const room = await acme.makeRoom({ id: "r", topology: { promoteAt: 9 } });
    for (const mode of ["mesh", "auto"] as const) {
      const { status, body } = await acme.call("POST", "/v1/rooms/r/topology", { body: { mode } });
      assertEquals([status, body], [200, { ...room, topology: { ...room.topology, mode } }]);
    }
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
  it("names none: this version has the mesh only", async () => {
    const { status, body } = await fakeApp().acme.call("GET", "/v1/sfus");
    assertEquals([status, body], [200, { sfus: [] }]);
  });
});
