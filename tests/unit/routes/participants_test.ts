import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { fakeApp } from "../../helpers/fake_app.ts";
import { FakeWire, join, STRANGER } from "../../helpers/fake_node.ts";

describe("GET /v1/rooms/{room}/participants", () => {
  it("says who is there, and who is away", async () => {
    const { acme, node } = fakeApp();
    await acme.makeRoom({ id: "r" });
    const [ada, bob] = [await join(node, "ada"), await join(node, "bob")];
    bob.wire.hangsUp();
    await ada.wire.frames.next("participant", {
      where: ({ participant }) => participant.state === "away",
    });
    const people = await acme.listParticipants("r");
    assertEquals(people.map(({ identity, state }) => [identity, state]), [
      ["ada", "active"],
      ["bob", "away"],
    ]);
    const { joinedAt, ...self } = ada.welcome.self;
    assertEquals(people[0], {
      ...self,
      joinedAt: new Date(joinedAt).toISOString(),
      quality: null,
    });
  });

  it("says nothing of sockets, nodes and tickets", async () => {
    const { acme, node } = fakeApp();
    await acme.makeRoom({ id: "r" });
    await join(node, "ada");
    const [ada] = await acme.listParticipants("r");
    assertEquals(Object.keys(ada!).sort(), [
      "attributes",
      "id",
      "identity",
      "joinedAt",
      "media",
      "permissions",
      "quality",
      "state",
    ]);
  });
});

describe("DELETE /v1/rooms/{room}/participants/{participant}", () => {
  it("removes: 204, it is told and closed with 4403, and the others see it leave", async () => {
    const { acme, node } = fakeApp();
    await acme.makeRoom({ id: "r" });
    const [ada, bob] = [await join(node, "ada"), await join(node, "bob")];
    const { status } = await acme.call("DELETE", `/v1/rooms/r/participants/${bob.id}`);
    assertEquals(status, 204);
    assertEquals((await bob.wire.frames.next("error")).code, "removed");
    assertEquals((await bob.wire.closed).code, 4403);
    assertEquals((await ada.wire.frames.next("left")).reason, "removed");
    assertEquals((await acme.listParticipants("r")).map(({ id }) => id), [ada.id]);
  });

  it("leaves its token and its session of no more use", async () => {
    const { acme, node } = fakeApp();
    await acme.makeRoom({ id: "r" });
    const token = await acme.makeToken("r", "bob");
    const bob = await join(node, "bob", { token });
    await acme.call("DELETE", `/v1/rooms/r/participants/${bob.id}`);
    for (
      const frame of [{ type: "join", token }, {
        type: "resume",
        session: bob.welcome.session,
      }] as const
    ) {
      const wire = new FakeWire(node.hub);
      wire.says(frame);
      assertEquals((await wire.frames.next("error")).code, "removed");
      assertEquals((await wire.closed).code, 4403);
    }
    await join(node, "bob", { token: await acme.makeToken("r", "bob") });
  });

  it("knows nobody who is not there: 404 participant_not_found", async () => {
    const { acme } = fakeApp();
    await acme.makeRoom({ id: "r" });
    for (const id of [STRANGER, "constructor", "%00"]) {
      const { status, body } = await acme.problem("DELETE", `/v1/rooms/r/participants/${id}`);
      assertEquals([status, body.code], [404, "participant_not_found"]);
    }
  });
});
