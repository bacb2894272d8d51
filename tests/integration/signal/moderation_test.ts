/** Who may do what, enforced by the node. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { type CallService, callService } from "../../helpers/call_service.ts";
import type { WsClient } from "../../helpers/ws_client.ts";

describe("moderation", () => {
  let calls: CallService;
  beforeAll(async () => {
    calls = await callService();
  });
  afterAll(() => calls[Symbol.asyncDispose]());

  /** Checks that somebody was removed, and that neither session nor token lets it in again. */
  async function isOut(client: WsClient, token: string): Promise<void> {
    const { code, close } = await client.refusal();
    assertEquals([code, close], ["removed", 4403]);
    const { session } = client.welcome;
    for (const frame of [{ type: "resume", session }, { type: "join", token }] as const) {
      await using again = await calls.open();
      again.send(frame);
      const refusal = await again.refusal();
      assertEquals([refusal.code, refusal.close], ["removed", 4403]);
    }
  }

  async function enter(room: string, token: string): Promise<WsClient> {
    const client = await calls.open();
    client.send({ type: "join", token });
    client.welcome = await client.next("welcome");
    assertEquals(client.welcome.room.id, room);
    return client;
  }

  it("over REST removes somebody for good, and the others see it", async () => {
    const room = await calls.room();
    await using ada = await calls.join(room, "ada");
    const token = await calls.api.makeToken(room, "bob");
    await using bob = await enter(room, token);
    const path = `/v1/rooms/${room}/participants/${bob.id}`;
    assertEquals((await calls.api.call("DELETE", path)).status, 204);
    await isOut(bob, token);
    const left = await ada.next("left");
    assertEquals([left.id, left.reason], [bob.id, "removed"]);
  });

  it("by a participant who may removes somebody for good", async () => {
    const room = await calls.room();
    await using ada = await calls.join(room, "ada", { permissions: { moderate: true } });
    const token = await calls.api.makeToken(room, "bob");
    await using bob = await enter(room, token);
    ada.send({ type: "remove", participant: bob.id });
    await isOut(bob, token);
    assertEquals((await ada.next("left")).reason, "removed");
  });

  it("of somebody who is not there is refused: participant_not_found", async () => {
    const room = await calls.room();
    await using ada = await calls.join(room, "ada", { permissions: { moderate: true } });
    ada.send({ type: "remove", participant: "p_nobody" });
    assertEquals((await ada.next("error")).code, "participant_not_found");
  });

  it("reaches nobody in another room", async () => {
    await using ada = await calls.join(await calls.room(), "ada", {
      permissions: { moderate: true },
    });
    await using bob = await calls.join(await calls.room(), "bob");
    ada.send({ type: "remove", participant: bob.id });
    assertEquals((await ada.next("error")).code, "participant_not_found");
    bob.send({ type: "ping" });
    await bob.next("pong");
  });
});

describe("a token", () => {
  let calls: CallService;
  beforeAll(async () => {
    calls = await callService();
  });
  afterAll(() => calls[Symbol.asyncDispose]());

  it("with moderate=false removes nobody: not_permitted", async () => {
    const room = await calls.room();
    await using ada = await calls.join(room, "ada");
    await using bob = await calls.join(room, "bob");
    ada.send({ type: "remove", participant: bob.id });
    const error = await ada.next("error");
    assertEquals(error.code, "not_permitted");
    assertStringIncludes(error.message, "moderate=true");
    bob.send({ type: "ping" });
    await bob.next("pong");
  });

  it("with chat=false sends no message, but signals: not_permitted", async () => {
    const room = await calls.room();
    await using ada = await calls.join(room, "ada", { permissions: { chat: false } });
    await using bob = await calls.join(room, "bob");
    ada.send({ type: "message", to: bob.id, data: "hello" });
    assertEquals((await ada.next("error")).code, "not_permitted");
    ada.send({ type: "signal", to: bob.id, data: "ack" });
    await bob.next("signal");
    assertEquals(bob.frames.all.filter(({ type }) => type === "message"), []);
  });

  it("with publish=false says of nothing that it is on: not_permitted", async () => {
    const room = await calls.room();
    await using ada = await calls.join(room, "ada", { permissions: { publish: false } });
    await using bob = await calls.join(room, "bob");
    const off = { microphone: false, camera: false, screen: false };
    for (const kind of ["microphone", "camera", "screen"]) {
      ada.send({ type: "update", media: { ...off, [kind]: true } });
      assertEquals((await ada.next("error")).code, "not_permitted");
    }
    assertEquals((await calls.api.listParticipants(room))[0]?.media, off);
    assertEquals(bob.frames.all.length, 1);
  });

  it("with publish=false joins with nothing on: else not_permitted, 4401", async () => {
    const room = await calls.room();
    await using client = await calls.open();
    client.send({
      type: "join",
      token: await calls.api.makeToken(room, "ada", { permissions: { publish: false } }),
      media: { microphone: true, camera: false, screen: false },
    });
    const { code, close } = await client.refusal();
    assertEquals([code, close], ["not_permitted", 4401]);
    assertEquals(await calls.api.listParticipants(room), []);
  });
});
