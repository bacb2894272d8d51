import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { spy } from "@std/testing/mock";
import { FakeTime } from "@std/testing/time";
import { Closings, LingeringWire, type ServerSocket } from "../../../lib/lingering_wire.ts";
import { POLICY } from "../../../lib/policy.ts";

const { lookMs, quietMs, atMostMs, giveUpMs } = POLICY.close;

/** A wire over a socket that notes how it was closed. */
function lingering(closings = new Closings()) {
  const closes: [number | undefined, string | undefined][] = [];
  const socket: ServerSocket = {
    bufferedAmount: 7,
    readyState: WebSocket.OPEN,
    send: () => {},
    close: (code, reason) => closes.push([code, reason]),
  };
  const givenUp: number[] = [];
  const wire = new LingeringWire(socket, closings);
  const close = (code: number, reason: string) =>
    wire.close(code, reason, () => givenUp.push(Date.now()));
  return { wire, close, closes, givenUp };
}

describe("LingeringWire", () => {
  it("closes when its client has been silent for a moment", () => {
    using time = new FakeTime();
    const { close, closes } = lingering();
    close(4403, "removed");
    time.tick(quietMs - 1);
    assertEquals(closes, []);
    time.tick(1);
    assertEquals(closes, [[4403, "removed"]]);
  });

  it("waits on while its client talks", () => {
    using time = new FakeTime();
    const { wire, close, closes } = lingering();
    close(4403, "removed");
    time.tick(quietMs / 2);
    wire.heard();
    time.tick(quietMs - 1);
    assertEquals(closes, []);
    time.tick(1);
    assertEquals(closes.length, 1);
  });

  it("does not wait for ever for a client that does not stop", () => {
    using time = new FakeTime();
    const { wire, close, closes } = lingering();
    close(4429, "too_fast");
    for (let ms = 0; ms < atMostMs; ms += 10) {
      assertEquals(closes, []);
      time.tick(10);
      wire.heard();
    }
    assertEquals(closes, [[4429, "too_fast"]]);
  });

  it("closes no later where the clock is set back", () => {
    using _time = new FakeTime();
    const { wire, close, closes } = lingering();
    close(4403, "removed");
    wire.look(Date.now() - 3_600_000);
    assertEquals(closes.length, 1);
  });

  it("gives up a client that does not answer the close", () => {
    using time = new FakeTime(0);
    const { close, givenUp } = lingering();
    close(4408, "join_timeout");
    time.tick(quietMs + giveUpMs);
    assertEquals(givenUp, [quietMs + giveUpMs]);
  });

  it("gives up nobody whose socket has closed", () => {
    using time = new FakeTime(0);
    const { wire, close, givenUp } = lingering();
    close(4408, "join_timeout");
    time.tick(quietMs);
    wire.gone();
    time.tick(giveUpMs);
    assertEquals(givenUp, []);
  });

  it("leaves alone a socket that has closed meanwhile", () => {
    using time = new FakeTime();
    const { wire, close, closes } = lingering();
    close(4403, "removed");
    wire.gone();
    time.tick(atMostMs);
    assertEquals(closes, []);
  });
});

describe("sockets that are closing", () => {
  it("have one timer, which ends with the last of them", () => {
    using time = new FakeTime();
    using sets = spy(globalThis, "setInterval");
    using clears = spy(globalThis, "clearInterval");
    const closings = new Closings();
    const all = Array.from({ length: 100 }, () => lingering(closings));
    for (const { close } of all) close(1013, "unavailable");
    time.tick(quietMs);
    for (const { wire } of all.slice(1)) wire.gone();
    time.tick(lookMs);
    assertEquals([sets.calls.length, clears.calls.length], [1, 0]);
    all[0]!.wire.gone();
    time.tick(lookMs);
    assertEquals([sets.calls.length, clears.calls.length], [1, 1]);
    lingering(closings).close(1013, "unavailable");
    assertEquals(sets.calls.length, 2);
  });

  it("wait for a look that is due at most a little later", () => {
    using time = new FakeTime();
    const closings = new Closings();
    lingering(closings).close(4403, "removed");
    time.tick(1);
    const { close, closes } = lingering(closings);
    close(4403, "removed");
    time.tick(quietMs - 1);
    assertEquals(closes, []);
    time.tick(lookMs);
    assertEquals(closes, [[4403, "removed"]]);
  });
});
