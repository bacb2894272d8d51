import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import { Closings, LingeringWire, type ServerSocket } from "../../../lib/lingering_wire.ts";
import { POLICY } from "../../../lib/policy.ts";

const { quietMs, atMostMs, giveUpMs } = POLICY.close;

/** A wire over a socket that notes how it was closed. */
function lingering() {
  const closes: [number | undefined, string | undefined][] = [];
  const socket: ServerSocket = {
    bufferedAmount: 7,
    readyState: WebSocket.OPEN,
    send: () => {},
    close: (code, reason) => closes.push([code, reason]),
  };
  const givenUp: number[] = [];
  const wire = new LingeringWire(socket, new Closings());
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
