import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import { POLICY } from "../../../lib/policy.ts";
import { fakeNode, FakeWire, join, makeRoom, seen } from "../../helpers/fake_node.ts";

const { pingMs, silentMs } = POLICY.heartbeat;

/** Two in a room; time stands still until it is moved. */
async function pair() {
  const node = fakeNode();
  await makeRoom(node);
  const [ada, bob] = [await join(node, "ada"), await join(node, "bob")];
  const pings = () => bob.wire.frames.all.filter(({ type }) => type === "ping").length;
  return { node, ada, bob, pings };
}

describe("the node's heartbeat", () => {
  it("pings who has been silent for 6 s, once, and nobody earlier", async () => {
    using time = new FakeTime();
    const { node, pings } = await pair();
    time.tick(pingMs - 1);
    node.hub.lookAtSockets(time.now);
    assertEquals(pings(), 0);
    time.tick(1);
    node.hub.lookAtSockets(time.now);
    assertEquals(pings(), 1);
    time.tick(1_000);
    node.hub.lookAtSockets(time.now);
    assertEquals(pings(), 1);
  });

  it("pings nobody who talks", async () => {
    using time = new FakeTime();
    const { node, bob, pings } = await pair();
    for (let n = 0; n < 5; n++) {
      time.tick(pingMs - 1);
      bob.wire.says({ type: "ping", id: n });
      node.hub.lookAtSockets(time.now);
    }
    assertEquals(pings(), 0);
  });

  it("gives up who has answered pings and is silent for 12 s: too_silent, 1013, away", async () => {
    using time = new FakeTime();
    const { node, ada, bob } = await pair();
    time.tick(pingMs);
    node.hub.lookAtSockets(time.now);
    bob.wire.says({ type: "pong" });
    time.tick(silentMs - 1);
    node.hub.lookAtSockets(time.now);
    assert(bob.wire.connection.isOpen);
    time.tick(1);
    node.hub.lookAtSockets(time.now);
    assertEquals((await bob.wire.frames.next("error")).code, "too_silent");
    assertEquals(await bob.wire.closed, { code: 1013, reason: "too_silent" });
    await seen(ada, bob.id, "away");
  });

  it("keeps who answers each ping, for as long as it does", async () => {
    using time = new FakeTime();
    const { node, bob, pings } = await pair();
    for (let n = 1; n <= 10; n++) {
      time.tick(pingMs);
      node.hub.lookAtSockets(time.now);
      assertEquals(pings(), n);
      bob.wire.says({ type: "pong" });
    }
    assert(bob.wire.connection.isOpen);
  });

  it("does not measure who never answered one: it may not know them", async () => {
    using time = new FakeTime();
    const { node, bob, pings } = await pair();
    for (let n = 0; n < 20; n++) {
      time.tick(pingMs);
      node.hub.lookAtSockets(time.now);
    }
    assert(bob.wire.connection.isOpen);
    assertEquals(pings(), 1);
  });

  it("asks nobody who has not joined: the time to join is over before", async () => {
    using time = new FakeTime();
    const { node } = await pair();
    const wire = new FakeWire(node.hub);
    node.hub.lookAtSockets(time.now + pingMs);
    const [only, ...others] = wire.frames.all;
    assertEquals([only?.type === "error" && only.code, others], ["join_timeout", []]);
    wire.hangsUp();
  });

  it("asks a portion of all at a time, and each of them once", async () => {
    using time = new FakeTime();
    const node = fakeNode();
    await makeRoom(node);
    const all: Awaited<ReturnType<typeof join>>[] = [];
    for (let i = 0; i < 6; i++) all.push(await join(node, `user-${i}`));
    time.tick(pingMs);
    const asked = () =>
      all.map(({ wire }) => wire.frames.all.filter(({ type }) => type === "ping").length);
    node.hub.lookAtSockets(time.now, 1 / 3);
    assertEquals(asked(), [1, 1, 0, 0, 0, 0]);
    for (let i = 0; i < 2; i++) node.hub.lookAtSockets(time.now, 1 / 3);
    assertEquals(asked(), [1, 1, 1, 1, 1, 1]);
  });
});
