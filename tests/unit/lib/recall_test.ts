/** Rooms that neither the store nor any node remembers: their own people bring them back. */
import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import { originOf } from "../../../lib/room_state.ts";
import { POLICY } from "../../../lib/policy.ts";
import { MemoryPresence } from "../../../lib/presence/memory.ts";
import {
  fakeNode,
  FakeWire,
  join,
  makeRoom,
  makeToken,
  resume,
  ROOM,
} from "../../helpers/fake_node.ts";

/** A room with two people on a node that then dies, and with it all that was known of the room. */
async function lostRoom(settings: Parameters<typeof makeRoom>[2] = {}) {
  const before = fakeNode();
  await makeRoom(before, ROOM, settings);
  const [ada, bob] = [await join(before, "ada"), await join(before, "bob")];
  const after = fakeNode({ node: "n2", presence: new MemoryPresence() });
  return { before, after, ada, bob };
}

/** How a node answers a session that it does not let in. */
async function refused(node: Parameters<typeof resume>[0], session: string): Promise<string> {
  const wire = new FakeWire(node.hub);
  wire.says({ type: "resume", session });
  return (await wire.frames.next("error")).code;
}

describe("a room that nobody remembers", () => {
  it("is back as it was made with the first who resumes, and the next find it", async () => {
    const { after, ada, bob } = await lostRoom({ name: "Standup", maxParticipants: 2 });
    const first = await resume(after, ada.welcome.session);
    assertEquals([first.id, first.welcome.resumed], [ada.id, false]);
    assertEquals([first.welcome.room.name, first.welcome.room.maxParticipants], ["Standup", 2]);
    const second = await resume(after, bob.welcome.session);
    assertEquals(second.welcome.participants.map(({ id }) => id), [ada.id]);
  });

  it("has the settings of the last welcome", async () => {
    const { before, after, ada } = await lostRoom();
    await before.hub.rooms.change(ROOM, { kind: "configure", given: { name: "Later" } });
    const { welcome } = await resume(before, ada.welcome.session);
    assertEquals((await resume(after, welcome.session)).welcome.room.name, "Later");
  });

  it("is back with the first who joins by a token that says what it was like", async () => {
    const { before, after, ada } = await lostRoom({ name: "Standup" });
    const made = originOf(before.hub.rooms.get(ROOM)!.view);
    const token = await makeToken(before, "eve", { made });
    const eve = await join(after, "eve", { token });
    assertEquals(eve.welcome.room.name, "Standup");
    const back = await resume(after, ada.welcome.session);
    assertEquals(back.welcome.participants.map(({ id }) => id), [eve.id]);
  });

  it("is not made by a token that does not", async () => {
    const { after } = await lostRoom();
    const wire = new FakeWire(after.hub);
    wire.says({ type: "join", token: await makeToken(after, "eve") });
    assertEquals((await wire.frames.next("error")).code, "room_not_found");
  });

  it("stays away when the store knows its end", async () => {
    const { before, ada } = await lostRoom();
    await before.hub.rooms.change(ROOM, { kind: "end" });
    assertEquals(await refused(before, ada.welcome.session), "room_not_found");
  });

  it("stays away when the store has lost nothing for a while", async () => {
    using time = new FakeTime();
    const { after, ada } = await lostRoom();
    time.tick(POLICY.lease.recallMs);
    assertEquals(await refused(after, ada.welcome.session), "room_not_found");
  });

  it("stays away for whoever's token has expired", async () => {
    using time = new FakeTime();
    const { before } = await lostRoom();
    const eve = await join(before, "eve", { ttlMs: 10_000 });
    const later = fakeNode({ node: "n3" });
    time.tick(11_000);
    assertEquals(await refused(later, eve.welcome.session), "room_not_found");
  });
});
