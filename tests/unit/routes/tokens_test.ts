import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { fakeApp } from "../../helpers/fake_app.ts";
import { FakeWire, join } from "../../helpers/fake_node.ts";

describe("POST /v1/rooms/{room}/tokens", () => {
  it("makes a token that lets in whom it names, with the permissions that it names", async () => {
    const { acme, node } = fakeApp();
    await acme.makeRoom({ id: "r" });
    const token = await acme.makeToken("r", "ada", {
      name: "Ada",
      permissions: { chat: false, moderate: true },
      metadata: { seat: 1 },
    });
    const { welcome } = await join(node, "ada", { token });
    const { identity, name, permissions, metadata } = welcome.self;
    assertEquals({ identity, name, permissions, metadata }, {
      identity: "ada",
      name: "Ada",
      permissions: { publish: true, subscribe: true, chat: false, moderate: true },
      metadata: { seat: 1 },
    });
  });

  it("says when it expires, to the second in which it does", async () => {
    const { acme, node } = fakeApp();
    await acme.makeRoom({ id: "r" });
    const before = Date.now();
    const { body, status } = await acme.call<{ token: string; expiresAt: string }>(
      "POST",
      "/v1/rooms/r/tokens",
      { body: { identity: "ada", ttlSeconds: 60 } },
    );
    assertEquals(status, 201);
    const expiresAt = Date.parse(body.expiresAt);
    assert(expiresAt >= before + 60_000 && expiresAt < before + 62_000, body.expiresAt);
    const { admission } = node.hub.parts.tokens.verify(body.token, "p_a", before);
    assertEquals(admission.expiresAt, expiresAt);
  });

  it("makes no token that a join could not take, however much it holds", async () => {
    const { acme, node } = fakeApp();
    await acme.makeRoom({ id: "r".repeat(64) });
    const token = await acme.makeToken("r".repeat(64), "語".repeat(128), {
      name: "語".repeat(128),
      metadata: "語".repeat(4_094),
    });
    const { welcome } = await join(node, "", { token });
    const wire = new FakeWire(node.hub);
    wire.says({ type: "resume", session: welcome.session });
    assertEquals((await wire.frames.next("welcome")).self.metadata, "語".repeat(4_094));
  });

  const INVALID: Record<string, [body: unknown, says: string]> = {
    "no identity": [{}, "json.identity"],
    "an empty identity": [{ identity: "" }, "json.identity"],
    "an identity too long": [{ identity: "x".repeat(129) }, "json.identity"],
    "an unknown field": [{ identity: "a", role: "admin" }, `"role"`],
    "an unknown permission": [{ identity: "a", permissions: { admin: true } }, `"admin"`],
    "a permission that is no boolean": [
      { identity: "a", permissions: { moderate: "false" } },
      "json.permissions.moderate",
    ],
    "no life at all": [{ identity: "a", ttlSeconds: 0 }, "json.ttlSeconds"],
    "a life of more than a day": [{ identity: "a", ttlSeconds: 86_401 }, "json.ttlSeconds"],
  };
  for (const [title, [body, says]] of Object.entries(INVALID)) {
    it(`refuses ${title}: 400 invalid_request, naming it`, async () => {
      const { acme } = fakeApp();
      await acme.makeRoom({ id: "r" });
      const answer = await acme.problem("POST", "/v1/rooms/r/tokens", { body });
      assertEquals([answer.status, answer.body.code], [400, "invalid_request"]);
      assertStringIncludes(answer.body.detail, says);
    });
  }

  it("refuses no body at all: 400 invalid_request", async () => {
    const { acme } = fakeApp();
    await acme.makeRoom({ id: "r" });
    const { status, body } = await acme.problem("POST", "/v1/rooms/r/tokens");
    assertEquals([status, body.code], [400, "invalid_request"]);
  });

  it("knows no room that was not made: 404 room_not_found", async () => {
    const { acme } = fakeApp();
    const body = { identity: "ada" };
    const answer = await acme.problem("POST", "/v1/rooms/r/tokens", { body });
    assertEquals([answer.status, answer.body.code], [404, "room_not_found"]);
  });
});
