import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { type DataPayload, parsePayload, Receiver, Sender } from "../../../client/link.ts";
import { LINK } from "../../../client/policy.ts";

const half = () => 0.5;
const read = (text: string | undefined) => JSON.parse(text ?? "null") as DataPayload;

function sending(...items: unknown[]): Sender<number> {
  const sender = new Sender<number>(half);
  for (const [index, item] of items.entries()) sender.push(JSON.stringify(item), index + 1);
  return sender;
}

describe("Sender", () => {
  it("puts what waits into one frame", () => {
    const sender = sending("a", { b: 1 }, null);
    assertEquals(read(sender.next(0)), { seq: 1, base: 1, items: ["a", { b: 1 }, null] });
    assertEquals(sender.next(0), undefined);
  });

  it("gives the tags of what an acknowledgement covers, once", () => {
    const sender = sending("a", "b", "c");
    sender.next(0);
    assertEquals(sender.acknowledge(2, 10), [1, 2]);
    assertEquals(sender.acknowledge(2, 20), []);
    assertEquals(sender.pending, 1);
  });

  it("does not believe an acknowledgement of what it never sent", () => {
    const sender = sending("a");
    sender.next(0);
    assertEquals(sender.acknowledge(7, 10), []);
    assertEquals(sender.pending, 1);
  });

  it("sends again from the first missing after the time-out, later each time", () => {
    const sender = sending("a", "b");
    sender.next(0);
    const first = sender.deadline!;
    assertEquals(first, LINK.firstTimeoutMs * 1.25);
    sender.tick(first - 1);
    assertEquals(sender.next(first - 1), undefined);
    sender.tick(first);
    assertEquals(read(sender.next(first)).seq, 1);
    assertEquals(sender.deadline! - first, LINK.firstTimeoutMs * 2 * 1.25);
  });

  it("learns the time-out from the round trip", () => {
    const sender = sending("a");
    sender.next(0);
    sender.acknowledge(1, 40);
    sender.push('"b"', 2);
    sender.next(100);
    assertEquals(sender.deadline! - 100, LINK.minTimeoutMs * 1.25);
  });

  it("goes back at once when the receiver repeats itself, but once only", () => {
    const sender = sending("a");
    sender.next(0);
    sender.push('"b"', 2);
    sender.next(1);
    assertEquals(sender.acknowledge(0, 2), []);
    assertEquals(read(sender.next(2)).items, ["a", "b"]);
    sender.acknowledge(0, 3);
    assertEquals(sender.next(3), undefined);
  });

  it("goes back when told that nothing may have arrived, once for each time-out", () => {
    const sender = sending("a");
    sender.repeat();
    sender.next(0);
    sender.repeat();
    assertEquals(read(sender.next(1)).items, ["a"]);
    sender.repeat();
    assertEquals(sender.next(2), undefined);
    const at = sender.deadline!;
    sender.tick(at);
    sender.next(at);
    sender.repeat();
    assertEquals(read(sender.next(at + 1)).items, ["a"]);
  });

  it("keeps a frame under the batch length, but lets one long item go alone", () => {
    const long = "x".repeat(LINK.itemLength - 2);
    const sender = sending("y".repeat(LINK.batchLength - 10), "z".repeat(20), long);
    assertEquals(read(sender.next(0)).items.length, 1);
    assertEquals(read(sender.next(0)).items, ["z".repeat(20)]);
    assertEquals(sender.next(0), undefined, "the window has no room for the long one");
    sender.acknowledge(2, 1);
    assertEquals(read(sender.next(1)).items, [long]);
  });

  it("stops at the window until something is acknowledged", () => {
    const item = "x".repeat(10_000);
    const sender = sending(...Array.from({ length: 10 }, () => item));
    let sent = 0;
    for (let text = sender.next(0); text !== undefined; text = sender.next(0)) {
      sent += read(text).items.length;
    }
    assertEquals(sent, Math.floor(LINK.windowLength / (item.length + 2)));
    sender.acknowledge(1, 1);
    assertEquals(read(sender.next(1)).seq, sent + 1);
  });

  it("sends everything unacknowledged again over a new path", () => {
    const sender = sending("a", "b");
    sender.next(0);
    sender.restart();
    assertEquals(read(sender.next(1)), { seq: 1, base: 1, items: ["a", "b"] });
  });

  it("tells the receiver to skip what it has given up", () => {
    const sender = sending("a", "b");
    const receiver = new Receiver();
    sender.next(0);
    assertEquals(sender.drop(), [1, 2]);
    sender.push('"c"', 3);
    const frame = read(sender.next(1));
    assertEquals(frame, { seq: 3, base: 3, items: ["c"] });
    assertEquals(receiver.receive(frame, 1), ["c"]);
    assertEquals(receiver.takeAck(), 3);
  });
});

describe("Receiver", () => {
  it("delivers what follows, and leaves out what it had", () => {
    const receiver = new Receiver();
    assertEquals(receiver.receive({ seq: 1, base: 1, items: ["a", "b"] }, 0), ["a", "b"]);
    assertEquals(receiver.receive({ seq: 2, base: 1, items: ["b", "c"] }, 0), ["c"]);
    assertEquals(receiver.takeAck(), 3);
  });

  it("delivers nothing after a gap, and says at once what it has", () => {
    const receiver = new Receiver();
    assertEquals(receiver.receive({ seq: 2, base: 1, items: ["b"] }, 5), []);
    assertEquals(receiver.ackAt, 5);
    assertEquals(receiver.takeAck(), 0);
  });

  it("acknowledges what is repeated only so often", () => {
    const receiver = new Receiver();
    receiver.receive({ seq: 1, base: 1, items: ["a"] }, 0);
    receiver.takeAck();
    let acks = 0;
    for (let now = 0; now < 10 * LINK.ackAgainMs; now++) {
      receiver.receive({ seq: 1, base: 1, items: ["a"] }, now);
      if (receiver.ackAt! > now) continue;
      receiver.takeAck();
      acks++;
    }
    assertEquals(acks, 10);
  });

  it("acknowledges late when alone, at once after many", () => {
    const receiver = new Receiver();
    receiver.receive({ seq: 1, base: 1, items: ["a"] }, 0);
    assertEquals(receiver.ackAt, LINK.ackDelayMs);
    receiver.receive({ seq: 2, base: 1, items: Array(LINK.ackEvery).fill("b") }, 7);
    assertEquals(receiver.ackAt, 7);
    receiver.takeAck();
    assertEquals(receiver.ackAt, undefined);
  });
});

describe("parsePayload", () => {
  it("takes only what a link sends", () => {
    const data = { seq: 2, base: 1, items: [1] };
    assertEquals(parsePayload(data), data);
    assertEquals(parsePayload({ ack: 0, of: "signal" }), { ack: 0, of: "signal" });
    const wrong = [
      null,
      1,
      "x",
      [],
      {},
      { seq: 1, base: 2, items: [] },
      { seq: 1, base: 0, items: [] },
      { seq: 1.5, base: 1, items: [] },
      { seq: 1, base: 1, items: {} },
      { ack: -1, of: "signal" },
      { ack: 1, of: "other" },
    ];
    for (const value of wrong) assertEquals(parsePayload(value), undefined, JSON.stringify(value));
  });
});

/** What the network does to the next frame. */
type Fate = "deliver" | "lose" | "double" | "delay";
const fates = fc.array(
  fc.constantFrom<Fate>("deliver", "lose", "double", "delay"),
  { maxLength: 120 },
);
const lengths = fc.array(fc.integer({ min: 1, max: 12_000 }), { minLength: 1, maxLength: 40 });

describe("a link over a bad network", () => {
  it("delivers all, once, in order, and tells the sender so", () => {
    fc.assert(
      fc.property(lengths, fates, fc.nat(), (lengths, fates, seed) => {
        const sender = new Sender<number>(half);
        const receiver = new Receiver();
        const network: { at: number; run: () => void }[] = [];
        const got: unknown[] = [];
        const confirmed: number[] = [];
        let fate = 0;
        let now = 0;
        const travel = (run: () => void) => {
          const what = fates[fate++] ?? "deliver";
          if (what === "lose") return;
          const delay = what === "delay" ? 200 + (seed + fate) % 900 : 10;
          network.push({ at: now + delay, run });
          if (what === "double") network.push({ at: now + delay + 30, run });
        };
        for (const [index, length] of lengths.entries()) {
          sender.push(JSON.stringify([index, "x".repeat(length)]), index);
        }
        for (; sender.pending > 0; now += 10) {
          assert(now < 3_600_000, "never done");
          sender.tick(now);
          for (let text = sender.next(now); text !== undefined; text = sender.next(now)) {
            const payload = read(text);
            travel(() => got.push(...receiver.receive(payload, now)));
          }
          if (receiver.ackAt !== undefined && receiver.ackAt <= now) {
            const ack = receiver.takeAck();
            travel(() => confirmed.push(...sender.acknowledge(ack, now)));
          }
          for (const entry of network.filter(({ at }) => at <= now)) {
            network.splice(network.indexOf(entry), 1);
            entry.run();
          }
        }
        const all = lengths.map((_, index) => index);
        assertEquals(got.map((item) => (item as [number])[0]), all);
        assertEquals(confirmed, all);
      }),
      { numRuns: 200 },
    );
  });

  it("never delivers out of order or twice, whatever is given up in between", () => {
    const steps = fc.array(fc.constantFrom("push", "frame", "lose", "drop", "restart", "ack"), {
      maxLength: 200,
    });
    fc.assert(fc.property(steps, (steps) => {
      const sender = new Sender<number>(half);
      const receiver = new Receiver();
      const got: number[] = [];
      let count = 0;
      for (const step of steps) {
        if (step === "push") sender.push(String(++count), count);
        if (step === "drop") sender.drop();
        if (step === "restart") sender.restart();
        if (step === "lose") sender.next(0);
        if (step === "ack") sender.acknowledge(receiver.takeAck(), 0);
        if (step !== "frame") continue;
        const text = sender.next(0);
        if (text !== undefined) got.push(...receiver.receive(read(text), 0) as number[]);
      }
      assertEquals(got, [...new Set(got)].sort((a, b) => a - b));
    }));
  });
});
