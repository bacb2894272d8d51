import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import { LingeringWire, type ServerSocket } from "../../../lib/lingering_wire.ts";
import { POLICY } from "../../../lib/policy.ts";

const { quietMs, atMostMs } = POLICY.close;

/** A wire over a socket that notes how it was closed. */
function lingering() {
  const closes: [number | undefined, string | undefined][] = [];
  const socket: ServerSocket = {
    bufferedAmount: 7,
    readyState: WebSocket.OPEN,
    send: () => {},
    close: (code, reason) => closes.push([code, reason]),
  };
  return { wire: new LingeringWire(socket), closes };
}

describe("LingeringWire", () => {
  it("closes when its client has been silent for a moment", () => {
    using time = new FakeTime();
    const { wire, closes } = lingering();
    wire.close(4403, "removed");
    time.tick(quietMs - 1);
    assertEquals(closes, []);
    time.tick(1);
    assertEquals(closes, [[4403, "removed"]]);
  });

  it("waits on while its client talks", () => {
    using time = new FakeTime();
    const { wire, closes } = lingering();
    wire.close(4403, "removed");
    time.tick(quietMs / 2);
    wire.heard();
    time.tick(quietMs - 1);
    assertEquals(closes, []);
    time.tick(1);
    assertEquals(closes.length, 1);
  });

  it("does not wait for ever for a client that does not stop", () => {
    using time = new FakeTime();
    const { wire, closes } = lingering();
    wire.close(4429, "too_fast");
    for (let ms = 0; ms < atMostMs; ms += 10) {
      assertEquals(closes, []);
      time.tick(10);
      wire.heard();
    }
    assertEquals(closes, [[4429, "too_fast"]]);
  });

  it("leaves alone a socket that has closed meanwhile", () => {
    using time = new FakeTime();
    const { wire, closes } = lingering();
    wire.close(4403, "removed");
    wire.gone();
    time.tick(atMostMs);
    assertEquals(closes, []);
  });
});
