import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import { Pacer } from "../../../client/pacer.ts";
import { SIGNALING } from "../../../client/policy.ts";
import { FakeSocket, welcome } from "./fake_socket.ts";

/** A pacer that may send 8 frames at once, and 8 a second, with a count of how often it said that it is ready. */
function begin() {
  const socket = new FakeSocket("wss://calls.example.com");
  socket.open();
  const limit = 8 / SIGNALING.rateShare;
  const limits = { ...welcome().limits, framesPerSecond: limit, frameBurst: limit };
  let told = 0;
  const pacer = new Pacer(socket as unknown as WebSocket, limits, {
    now: () => Date.now(),
    ready: () => told++,
  });
  return { socket, pacer, told: () => told };
}

/** Sends as long as it may; how many frames. */
function fill(pacer: Pacer, text = "{}"): number {
  let sent = 0;
  for (; pacer.ready(); sent++) pacer.send(text);
  return sent;
}

describe("Pacer", () => {
  it("says once when there is room again, however often it was asked", async () => {
    using time = new FakeTime();
    using _socket = FakeSocket.install();
    const { pacer, told } = begin();
    assertEquals(fill(pacer), 8);
    assert(!pacer.ready());
    await time.tickAsync(1_000 / 8 - 1);
    assertEquals(told(), 0);
    await time.tickAsync(1);
    assertEquals([told(), pacer.ready()], [1, true]);
  });

  it("counts a longer frame as several", () => {
    using _time = new FakeTime();
    using _socket = FakeSocket.install();
    const { pacer } = begin();
    assertEquals(fill(pacer, JSON.stringify("a".repeat(SIGNALING.frameUnit))), 4);
    pacer.stop();
  });

  it("sends at once what does not wait", () => {
    using _time = new FakeTime();
    using _socket = FakeSocket.install();
    const { pacer } = begin();
    fill(pacer);
    assert(pacer.send("{}"));
    pacer.stop();
  });

  it("waits for a socket that does not drain", async () => {
    using time = new FakeTime();
    using _socket = FakeSocket.install();
    const { socket, pacer, told } = begin();
    socket.bufferedAmount = SIGNALING.bufferedBytes + 1;
    assert(!pacer.ready());
    socket.bufferedAmount = 0;
    await time.tickAsync(SIGNALING.bufferedPollMs);
    assertEquals(told(), 1);
  });

  it("sends nothing by a socket that closes", () => {
    using _socket = FakeSocket.install();
    const { socket, pacer } = begin();
    socket.close();
    assertEquals([pacer.ready(), pacer.send("{}"), socket.sent], [false, false, []]);
  });

  it("is silent once it has stopped", async () => {
    using time = new FakeTime();
    using _socket = FakeSocket.install();
    const { pacer, told } = begin();
    fill(pacer);
    pacer.stop();
    await time.tickAsync(1_000);
    assertEquals(told(), 0);
  });
});
