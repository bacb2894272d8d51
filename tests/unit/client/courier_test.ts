import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import { Courier } from "../../../client/courier.ts";
import type { LinkKind } from "../../../client/link.ts";
import { EARLY, LINK } from "../../../client/policy.ts";

interface Frame {
  type: LinkKind;
  from: string;
  to: string;
  data: unknown;
}

/** Couriers that know each other, and a network between them that can be told what to do. */
function network(...names: string[]) {
  const couriers = new Map<string, Courier>();
  const sent: Frame[] = [];
  const got: Record<string, [string, LinkKind, unknown][]> = {};
  const net = {
    up: true,
    ready: true,
    unreachable: new Set<string>(),
    sent,
    got,
    frames: (type: LinkKind) => sent.filter((frame) => frame.type === type),
    courier: (name: string) => couriers.get(name)!,
    close: () => couriers.forEach((courier) => courier.close()),
  };
  for (const name of names) {
    got[name] = [];
    const courier = new Courier({
      ready: (to) => net.ready && !net.unreachable.has(to),
      send: (type, to, payload) => {
        const frame = { type, from: name, to, data: JSON.parse(payload) };
        sent.push(frame);
        if (net.up) queueMicrotask(() => couriers.get(to)?.handle(name, type, frame.data));
      },
      deliver: (from, kind, item) => got[name]!.push([from, kind, item]),
    }, { now: () => Date.now(), random: () => 0.5 });
    for (const other of names) if (other !== name) courier.add(other);
    couriers.set(name, courier);
  }
  return net;
}

describe("Courier", () => {
  it("carries what is pushed in one turn in one frame, and says when it arrived", async () => {
    using time = new FakeTime();
    const net = network("a", "b");
    const outcomes = [1, 2, 3].map((n) => net.courier("a").push("b", "message", String(n)));
    await time.tickAsync(LINK.ackDelayMs);
    assertEquals(await Promise.all(outcomes), ["arrived", "arrived", "arrived"]);
    assertEquals(net.frames("message").length, 1);
    assertEquals(net.got.b!.map(([, , item]) => item), [1, 2, 3]);
    net.close();
  });

  it("keeps the two kinds apart, and acknowledges both by signal frames", async () => {
    using time = new FakeTime();
    const net = network("a", "b");
    net.courier("a").push("b", "message", '"m"');
    net.courier("a").push("b", "signal", '"s"');
    await time.tickAsync(LINK.ackDelayMs);
    assertEquals(net.sent.map(({ type, from }) => [from, type]), [
      ["a", "signal"],
      ["a", "message"],
      ["b", "signal"],
      ["b", "signal"],
    ]);
    assertEquals(net.got.b, [["a", "signal", "s"], ["a", "message", "m"]]);
    net.close();
  });

  it("does not have the others wait for one who cannot be reached", async () => {
    using time = new FakeTime();
    const net = network("a", "b", "c");
    net.unreachable.add("b");
    net.courier("a").push("b", "message", "1");
    net.courier("a").push("c", "message", "2");
    await time.tickAsync(LINK.ackDelayMs);
    assertEquals(net.frames("message").map(({ to }) => to), ["c"]);
    net.unreachable.clear();
    net.courier("a").restart("b");
    await time.tickAsync(LINK.ackDelayMs);
    assertEquals(net.got.b, [["a", "message", 1]]);
    net.close();
  });

  it("sends again until it arrives", async () => {
    using time = new FakeTime();
    const net = network("a", "b");
    net.up = false;
    const outcome = net.courier("a").push("b", "message", "1");
    await time.tickAsync(LINK.firstTimeoutMs);
    net.up = true;
    await time.tickAsync(5 * LINK.firstTimeoutMs);
    assertEquals(await outcome, "arrived");
    assertEquals(net.got.b!.length, 1);
    net.close();
  });

  it("sends nothing while the socket takes nothing, and all at once afterwards", async () => {
    using time = new FakeTime();
    const net = network("a", "b");
    net.ready = false;
    const outcomes = [1, 2].map((n) => net.courier("a").push("b", "message", String(n)));
    await time.tickAsync(60_000);
    assertEquals(net.sent, []);
    net.ready = true;
    net.courier("a").pump();
    await time.tickAsync(LINK.ackDelayMs);
    assertEquals(await Promise.all(outcomes), ["arrived", "arrived"]);
    assertEquals(net.frames("message").length, 1);
    net.close();
  });

  it("repeats at once when told that the path is new", async () => {
    using time = new FakeTime();
    const net = network("a", "b");
    net.up = false;
    net.courier("a").push("b", "message", "1");
    await time.tickAsync(0);
    net.up = true;
    net.courier("a").restart();
    await time.tickAsync(0);
    assertEquals(net.got.b!.length, 1);
    net.close();
  });

  it("repeats at once, but only once, what is for somebody who may be back by another way", async () => {
    using time = new FakeTime();
    const net = network("a", "b");
    net.up = false;
    net.courier("a").push("b", "signal", "1");
    await time.tickAsync(0);
    for (let n = 0; n < 3; n++) {
      net.courier("a").repeat("b");
      await time.tickAsync(0);
    }
    assertEquals(net.frames("signal").length, 2);
    net.courier("a").repeat("nobody");
    net.close();
  });

  it("gives up what is for someone who left, and goes on when the same one returns", async () => {
    using time = new FakeTime();
    const net = network("a", "b");
    net.courier("a").push("b", "message", "1");
    await time.tickAsync(LINK.ackDelayMs);
    net.up = false;
    const lost = net.courier("a").push("b", "message", "2");
    await time.tickAsync(0);
    net.courier("a").park("b");
    assertEquals(await lost, "left");
    assertEquals(await net.courier("a").push("b", "message", "3"), "left");
    net.up = true;
    net.courier("a").add("b");
    const outcome = net.courier("a").push("b", "message", "4");
    await time.tickAsync(LINK.ackDelayMs);
    assertEquals(await outcome, "arrived");
    assertEquals(net.got.b!.map(([, , item]) => item), [1, 4]);
    net.close();
  });

  it("does not deliver twice to who parked the sender meanwhile", async () => {
    using time = new FakeTime();
    const net = network("a", "b");
    net.courier("a").push("b", "message", "1");
    await time.tickAsync(0);
    net.courier("b").park("a");
    net.courier("b").add("a");
    net.courier("a").restart();
    await time.tickAsync(LINK.ackDelayMs);
    assertEquals(net.got.b!.length, 1);
    net.close();
  });

  it("keeps what comes from someone not yet known, up to a bound", async () => {
    using time = new FakeTime();
    const net = network("a");
    const frame = (seq: number) => ({ seq, base: 1, items: [seq] });
    for (let seq = 1; seq <= EARLY.framesEach + 5; seq++) {
      net.courier("a").handle("x", "message", frame(seq));
    }
    net.courier("a").add("x");
    assertEquals(net.got.a, []);
    net.courier("a").catchUp("x");
    assertEquals(net.got.a!.length, EARLY.framesEach);
    await time.tickAsync(0);
    net.close();
  });

  it("is not upset by what is no payload", async () => {
    using time = new FakeTime();
    const net = network("a", "b");
    for (const data of [null, 1, {}, { ack: 99, of: "message" }, { seq: 1 }]) {
      net.courier("a").handle("b", "signal", data);
    }
    await time.tickAsync(10_000);
    assertEquals(net.sent, []);
    net.close();
  });

  it("gives everything up when closed, and takes nothing more", async () => {
    using _time = new FakeTime();
    const net = network("a", "b");
    const outcome = net.courier("a").push("b", "message", "1");
    net.close();
    assertEquals(await outcome, "closed");
    assertEquals(await net.courier("a").push("b", "message", "2"), "closed");
  });
});
