import { assertEquals, assertGreaterOrEqual, assertLessOrEqual } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import { Gate, type GatePolicy } from "../../../lib/gate.ts";

const POLICY: GatePolicy = {
  atOnce: 4,
  perTurn: 2,
  longestWaitMs: 100,
  againWaitMs: 50,
  firstGuessMs: 10,
  lateMs: 250,
  promptMs: 50,
  looks: 3,
  minRetryMs: 20,
  maxRetryMs: 400,
  lateRetryMs: 200,
};

/** A gate with work that ends when the test says so. */
class Door {
  readonly gate = new Gate(POLICY, () => 0);
  /** Those who are inside, in the order in which they began. */
  readonly inside: { name: string; end: () => void }[] = [];

  comes(...names: string[]): void {
    for (const name of names) {
      this.gate.pass(() => new Promise<void>((end) => void this.inside.push({ name, end })));
    }
  }

  get names(): string {
    return this.inside.map(({ name }) => name).join("");
  }

  /** The first of those inside is done. */
  ends(): void {
    this.inside.shift()!.end();
  }
}

/** So many come, and as many as may be are inside. */
function crowd(size: number): Door {
  const door = new Door();
  for (let i = 0; i < size; i++) door.comes("x");
  return door;
}

describe("a gate", () => {
  it("lets so many in at once, and the others in their order", async () => {
    using time = new FakeTime();
    const door = new Door();
    door.comes(..."abcdefg");
    assertEquals(door.names, "abcd");
    assertEquals(door.gate.waiting, 3);
    door.ends();
    await time.tickAsync(10);
    assertEquals(door.names, "bcde");
  });

  it("begins only so many in one turn of the event loop", async () => {
    using time = new FakeTime();
    const door = new Door();
    door.comes(..."abcdefgh");
    for (let i = 0; i < 4; i++) door.ends();
    await time.tickAsync(1);
    assertEquals(door.names, "ef");
    await time.tickAsync(10);
    assertEquals(door.names, "efgh");
  });

  it("lets nobody past those who wait", async () => {
    using time = new FakeTime();
    const door = new Door();
    door.comes(..."abcdef");
    for (let i = 0; i < 4; i++) door.ends();
    door.comes("g");
    await time.tickAsync(10);
    assertEquals(door.names, "efg");
  });

  it("goes on after work that failed", async () => {
    using time = new FakeTime();
    const gate = new Gate(POLICY);
    const failing = Array.from(
      { length: 6 },
      () => gate.pass(() => Promise.reject(new Error("failed"))).catch(() => "caught"),
    );
    await time.tickAsync(10);
    assertEquals(await Promise.all(failing), Array(6).fill("caught"));
    assertEquals(await gate.pass(() => Promise.resolve("done")), "done");
  });

  it("refuses whoever would wait too long, and all after it until the wait is short again", async () => {
    using time = new FakeTime();
    const door = crowd(4 + 10);
    const shed = () => door.gate.shed(false, time.now)?.cause;
    assertEquals(shed(), undefined);
    door.comes("y");
    assertEquals(shed(), "queue");
    assertEquals(door.gate.shedding, "queue");
    for (let waiting = 11; waiting > 5; waiting--) {
      assertEquals(shed(), "queue", `${waiting} wait`);
      await time.tickAsync(10);
      door.ends();
    }
    await time.tickAsync(10);
    assertEquals([door.gate.waiting, shed(), door.gate.shedding], [5, undefined, undefined]);
  });

  it("tells those whom it refuses to come back one after the other, when they can be served", () => {
    using time = new FakeTime();
    const door = crowd(4 + 11);
    const retries = Array.from({ length: 5 }, () => door.gate.shed(false, time.now)!.retryAfterMs);
    assertEquals(retries, [110, 120, 130, 140, 150]);
  });

  it("tells nobody to come back later than it may say", () => {
    using time = new FakeTime();
    const door = crowd(4 + 11);
    for (let i = 0; i < 100; i++) {
      const { retryAfterMs } = door.gate.shed(false, time.now)!;
      assertGreaterOrEqual(retryAfterMs, POLICY.minRetryMs);
      assertLessOrEqual(retryAfterMs, POLICY.maxRetryMs);
    }
  });

  it("learns how long one takes while others wait, not while nobody comes", async () => {
    using time = new FakeTime();
    const door = crowd(4 + 9);
    assertEquals(door.gate.shed(false, time.now), undefined);
    door.ends();
    await time.tickAsync(1_000);
    door.ends();
    await time.tickAsync(1);
    assertEquals(door.gate.shed(false, time.now)?.cause, "queue");
    const idle = crowd(1);
    idle.ends();
    await time.tickAsync(60_000);
    idle.comes(..."abcdefghijklmn");
    assertEquals(idle.gate.shed(false, time.now), undefined);
  });
});

describe("a gate of a node that is held up", () => {
  const late = (gate: Gate, ...lateMs: number[]) => lateMs.forEach((ms) => gate.look(ms));

  it("refuses who is new, and nobody who comes back", () => {
    const gate = new Gate(POLICY, () => 0);
    late(gate, 300, 300, 300);
    assertEquals(gate.shed(true, 0), { cause: "lag", retryAfterMs: POLICY.lateRetryMs });
    assertEquals(gate.shed(false, 0), undefined);
    assertEquals(gate.shedding, "lag");
  });

  const NOT: Record<string, number[]> = {
    "once, however long": [60_000],
    "now and then": [300, 300, 0, 300, 300, 0, 300, 300],
    "a little, for long": Array(50).fill(249),
  };
  for (const [title, looks] of Object.entries(NOT)) {
    it(`is not meant where it is late ${title}`, () => {
      const gate = new Gate(POLICY);
      late(gate, ...looks);
      assertEquals(gate.shed(true, 0), undefined);
    });
  }

  it("lets all in again when it has kept up for as long", () => {
    const gate = new Gate(POLICY);
    late(gate, 300, 300, 300, 49, 49, 51, 49, 49);
    assertEquals(gate.shedding, "lag");
    late(gate, 49);
    assertEquals(gate.shed(true, 0), undefined);
  });
});
