import { assert, assertEquals, assertGreaterOrEqual, assertLessOrEqual } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import { type Entrant, Gate, type GatePolicy, type Shed } from "../../../lib/gate.ts";
import { gatePolicy } from "../../../lib/entries.ts";

const POLICY: GatePolicy = {
  atOnce: 4,
  perTurn: 2,
  newEvery: 4,
  burstMs: 500,
  targetMs: 20,
  calmMs: 1_000,
  patienceMs: 3_000,
  firstGuessMs: 10,
  lateMs: 250,
  promptMs: 50,
  looks: 3,
  minRetryMs: 20,
  maxRetryMs: 400,
  backRetryMs: 100,
  lateRetryMs: 200,
};

const delay = (ms: number) => new Promise<void>((done) => void setTimeout(done, ms));

/** A gate with work that ends when the test says so. */
class Door {
  readonly gate: Gate;
  /** Those who are inside, in the order in which they began. */
  readonly inside: { name: string; end: () => void }[] = [];
  readonly shed: (Shed & { name: string })[] = [];

  constructor(random: () => number = () => 0) {
    this.gate = new Gate(POLICY, random);
  }

  /** One after the other, each from an address of its own unless said otherwise. */
  comes(names: string, as: Partial<Entrant> = {}): void {
    for (const name of names) {
      const entrant: Entrant = {
        is: "new",
        address: crypto.randomUUID(),
        wanted: () => true,
        ...as,
      };
      this.gate.pass(
        entrant,
        () => new Promise<void>((end) => void this.inside.push({ name, end })),
      ).then((passed) => passed.kind === "shed" && this.shed.push({ name, ...passed }));
    }
  }

  get names(): string {
    return this.inside.map(({ name }) => name).join("");
  }

  /** So many of those inside are done, the first ones first. */
  ends(count: number): void {
    for (const { end } of this.inside.splice(0, count)) end();
  }
}

/** As many as may be are inside, and so many newcomers wait. */
async function crowd(time: FakeTime, size: number, random?: () => number): Promise<Door> {
  const door = new Door(random);
  door.comes("i".repeat(POLICY.atOnce) + "x".repeat(size));
  await time.tickAsync(0);
  return door;
}

describe("a gate", () => {
  it("lets so many in at once, and of the others the newest first", async () => {
    using time = new FakeTime();
    const door = new Door();
    door.comes("abcdefg");
    await time.tickAsync(0);
    assertEquals([door.names, door.gate.waiting], ["abcd", 3]);
    door.ends(1);
    await time.tickAsync(10);
    assertEquals(door.names, "bcdg");
  });

  it("begins only so many in one turn of the event loop", async () => {
    using time = new FakeTime();
    const door = new Door();
    door.comes("abcdefgh");
    await time.tickAsync(0);
    door.ends(4);
    await time.tickAsync(1);
    assertEquals(door.names, "hg");
    await time.tickAsync(10);
    assertEquals(door.names, "hgfe");
  });

  it("lets those who come back in before those who are new, the first of them first", async () => {
    using time = new FakeTime();
    const door = await crowd(time, 3);
    door.comes("ab", { is: "back" });
    door.comes("y");
    door.ends(3);
    await time.tickAsync(10);
    assertEquals(door.names, "iaby");
  });

  it("lets in somebody of another address before the many of one", async () => {
    using time = new FakeTime();
    const door = await crowd(time, 0);
    door.comes("m", { address: "many" });
    door.comes("o");
    door.comes("mmmmmm", { address: "many" });
    door.ends(1);
    await time.tickAsync(10);
    assertEquals(door.names, "iiio");
  });

  it("spends no turn on those who are not wanted any more", async () => {
    using time = new FakeTime();
    const door = await crowd(time, 1);
    door.comes("uuuuuu", { wanted: () => false });
    door.ends(1);
    await time.tickAsync(1);
    assertEquals([door.names, door.gate.waiting], ["iiix", 0]);
  });

  it("goes on after work that failed", async () => {
    using time = new FakeTime();
    const gate = new Gate(POLICY);
    const entrant: Entrant = { is: "new", address: "a", wanted: () => true };
    const failing = Array.from(
      { length: 6 },
      () => gate.pass(entrant, () => Promise.reject(new Error("failed"))).catch(() => "caught"),
    );
    await time.tickAsync(10);
    assertEquals(await Promise.all(failing), Array(6).fill("caught"));
    const passed = await gate.pass(entrant, () => Promise.resolve("done"));
    assertEquals(passed, { kind: "done", result: "done" });
  });
});

describe("a gate before which more wait than can be served", () => {
  for (
    const [count, store, joinMs] of [
      [200, "memory", 1],
      [100, "upstash", 5],
      [100, "upstash", 20],
      [100, "upstash", 50],
    ] as const
  ) {
    it(`refuses none of ${count} who come at once, by ${store} in ${joinMs} ms each`, async () => {
      using time = new FakeTime();
      const gate = new Gate(gatePolicy(store));
      const all = Array.from(
        { length: count },
        (_, i) =>
          gate.pass({ is: "new", address: `${i}`, wanted: () => true }, () => delay(joinMs)),
      );
      for (let ms = 0; ms < 1_000; ms++) await time.tickAsync(1);
      assert((await Promise.all(all)).every(({ kind }) => kind === "done"));
    });
  }

  it("lets 800 in within a second, where those who are refused come back as they are told", async () => {
    using time = new FakeTime();
    const gate = new Gate(gatePolicy("memory"));
    let [inside, refused] = [0, 0];
    const comes = async (address: string) => {
      const passed = await gate.pass({ is: "new", address, wanted: () => true }, () => delay(1));
      if (passed.kind === "done") return void inside++;
      assert(passed.kind === "shed");
      refused++;
      await delay(passed.retryAfterMs);
      await comes(address);
    };
    for (let i = 0; i < 800; i++) comes(`${i}`);
    for (let ms = 0; ms < 1_000; ms++) await time.tickAsync(1);
    assertEquals(inside, 800);
    assert(refused > 0);
  });

  it("lets in some who are new while more than can be served say that they come back", async () => {
    using time = new FakeTime();
    const door = await crowd(time, 2);
    door.comes("b".repeat(20), { is: "back" });
    for (let turn = 0; turn < 10; turn++) {
      door.ends(1);
      await time.tickAsync(2);
    }
    assertEquals(door.names, "bxbb");
  });

  it("refuses nobody for whom there is room", async () => {
    using time = new FakeTime();
    const door = await crowd(time, 2);
    await time.tickAsync(POLICY.burstMs + POLICY.targetMs);
    door.ends(2);
    await time.tickAsync(1);
    assertEquals([door.names, door.shed.length], ["iixx", 0]);
  });

  it("does not count the time in which nobody came", async () => {
    using time = new FakeTime();
    const door = await crowd(time, 1);
    door.ends(1);
    await time.tickAsync(POLICY.burstMs * 2);
    door.gate.look(0, time.now);
    await time.tickAsync(3_600_000);
    door.comes("x");
    door.ends(1);
    await time.tickAsync(2);
    door.comes("y");
    await time.tickAsync(POLICY.burstMs + 1);
    door.gate.look(0, time.now);
    await time.tickAsync(0);
    assertEquals(door.shed.map(({ retryAfterMs }) => retryAfterMs < 2 * POLICY.minRetryMs), [true]);
  });

  it("refuses whoever waited for more than a moment once the queue has stood for long", async () => {
    using time = new FakeTime();
    const door = await crowd(time, 1);
    await time.tickAsync(POLICY.burstMs - 10);
    door.comes("y");
    door.gate.look(0, time.now);
    assertEquals([door.gate.waiting, door.gate.shedding(time.now)], [2, undefined]);
    await time.tickAsync(11);
    door.gate.look(0, time.now);
    assertEquals([door.gate.waiting, door.gate.shedding(time.now)], [1, "queue"]);
    await time.tickAsync(POLICY.targetMs);
    door.gate.look(0, time.now);
    assertEquals(door.gate.waiting, 0);
    await time.tickAsync(0);
    assertEquals(door.shed.map(({ name, cause }) => [name, cause]), [["x", "queue"], [
      "y",
      "queue",
    ]]);
  });

  it("keeps the wait of those whom it lets in short", async () => {
    using time = new FakeTime();
    const gate = new Gate(gatePolicy("memory"));
    const waits: number[] = [];
    const became: Promise<{ kind: string }>[] = [];
    // Twice as many as it can serve.
    for (let turn = 0; turn < 2_000; turn++) {
      for (let i = 0; i < 4; i++) {
        const at = time.now;
        became.push(gate.pass(
          { is: "new", address: `${turn} ${i}`, wanted: () => true },
          () => {
            waits.push(time.now - at);
            return new Promise<void>((done) => void setTimeout(done, 8));
          },
        ));
      }
      await time.tickAsync(1);
    }
    for (let ms = 0; ms < 1_000; ms++) await time.tickAsync(1);
    const refused = (await Promise.all(became)).filter(({ kind }) => kind === "shed").length;
    assertGreaterOrEqual(refused, 2_000);
    waits.sort((a, b) => a - b);
    assertLessOrEqual(waits[Math.floor(waits.length * 0.99)]!, gatePolicy("memory").targetMs + 2);
  });

  it("is open again by itself, when nobody comes any more", async () => {
    using time = new FakeTime();
    const door = await crowd(time, 3);
    await time.tickAsync(POLICY.burstMs);
    assertEquals(door.gate.shedding(time.now), "queue");
    await time.tickAsync(POLICY.burstMs);
    door.gate.look(0, time.now);
    assertEquals([door.gate.waiting, door.gate.shedding(time.now)], [0, "queue"]);
    await time.tickAsync(POLICY.calmMs);
    assertEquals(door.gate.shedding(time.now), undefined);
  });

  it("lets bursts wait again after an overload, where it has time between them", async () => {
    using time = new FakeTime();
    const policy = gatePolicy("memory");
    const gate = new Gate(policy);
    const comes = (count: number) =>
      Array.from(
        { length: count },
        (_, i) => gate.pass({ is: "new", address: `${i}`, wanted: () => true }, () => delay(1)),
      );
    const refused = async (all: ReturnType<typeof comes>) =>
      (await Promise.all(all)).filter(({ kind }) => kind === "shed").length;
    const pass = async (ms: number) => {
      for (let i = 0; i < ms; i++) await time.tickAsync(1);
    };
    const overload = comes(1_000);
    await pass(policy.calmMs - 100);
    assertGreaterOrEqual(await refused(overload), 1);
    for (let i = 0; i < 5; i++) {
      const burst = comes(60);
      await pass(policy.calmMs - 100);
      assertEquals(await refused(burst), 0);
    }
  });

  it("is not strict for longer where the clock is set back", async () => {
    using time = new FakeTime(3_600_000);
    const door = await crowd(time, 3);
    await time.tickAsync(POLICY.burstMs + 1);
    door.gate.look(0, time.now);
    assertEquals(door.gate.shedding(time.now), "queue");
    assertEquals(door.gate.shedding(0), undefined);
  });

  it("lets no burst wait again as soon as those who waited were refused", async () => {
    using time = new FakeTime();
    const door = await crowd(time, 3);
    await time.tickAsync(POLICY.burstMs + 1);
    door.gate.look(0, time.now);
    assertEquals(door.gate.waiting, 0);
    await time.tickAsync(POLICY.targetMs);
    door.comes("y");
    await time.tickAsync(POLICY.targetMs + 1);
    door.gate.look(0, time.now);
    await time.tickAsync(0);
    assertEquals(door.shed.at(-1)!.name, "y");
  });

  it("refuses nobody who comes back, but after long, and for a short time", async () => {
    using time = new FakeTime();
    const door = await crowd(time, 50, () => 1);
    door.comes("b", { is: "back" });
    await time.tickAsync(POLICY.patienceMs);
    door.gate.look(0, time.now);
    await time.tickAsync(0);
    assertEquals([door.shed.length, door.gate.waiting], [50, 1]);
    await time.tickAsync(1);
    door.gate.look(0, time.now);
    await time.tickAsync(0);
    const { name, retryAfterMs } = door.shed.at(-1)!;
    assertEquals([name, retryAfterMs], ["b", POLICY.backRetryMs]);
  });

  it("tells those whom it refuses to come back one after the other, when they can be served", async () => {
    using time = new FakeTime();
    const door = await crowd(time, 5);
    await time.tickAsync(POLICY.burstMs + 1);
    door.gate.look(0, time.now);
    await time.tickAsync(0);
    assertEquals(door.shed.map(({ retryAfterMs }) => retryAfterMs), [30, 40, 50, 60, 70]);
  });

  for (const random of [0, 1]) {
    it(`tells nobody to come back later than it may say, where chance is ${random}`, async () => {
      using time = new FakeTime();
      const door = await crowd(time, 1_000, () => random);
      await time.tickAsync(POLICY.burstMs + 1);
      door.gate.look(0, time.now);
      await time.tickAsync(0);
      assertEquals(door.shed.length, 1_000);
      for (const { retryAfterMs } of door.shed) {
        assertGreaterOrEqual(retryAfterMs, POLICY.minRetryMs);
        assertLessOrEqual(retryAfterMs, POLICY.maxRetryMs);
      }
    });
  }

  it("forgets what it promised when that time has come", async () => {
    using time = new FakeTime();
    const door = await crowd(time, 1_000);
    await time.tickAsync(POLICY.burstMs + 1);
    door.gate.look(0, time.now);
    await time.tickAsync(POLICY.maxRetryMs);
    door.comes("y");
    await time.tickAsync(POLICY.burstMs + 1);
    door.gate.look(0, time.now);
    await time.tickAsync(0);
    const { name, retryAfterMs } = door.shed.at(-1)!;
    assertEquals([name, retryAfterMs], ["y", POLICY.minRetryMs + POLICY.firstGuessMs]);
  });
});

describe("a gate of a node that is held up", () => {
  const late = (gate: Gate, ...lateMs: number[]) => lateMs.forEach((ms) => gate.look(ms, 0));

  it("refuses who is new, and nobody who comes back", async () => {
    using time = new FakeTime();
    const door = new Door();
    late(door.gate, 300, 300, 300);
    door.comes("n");
    door.comes("b", { is: "back" });
    await time.tickAsync(0);
    const { lateRetryMs: retryAfterMs } = POLICY;
    assertEquals(door.shed, [{ kind: "shed", name: "n", cause: "lag", retryAfterMs }]);
    assertEquals([door.names, door.gate.shedding(0)], ["b", "lag"]);
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
      assertEquals(gate.shedding(0), undefined);
    });
  }

  it("lets all in again when it has kept up for as long", () => {
    const gate = new Gate(POLICY);
    late(gate, 300, 300, 300, 49, 49, 51, 49, 49);
    assertEquals(gate.shedding(0), "lag");
    late(gate, 49);
    assertEquals(gate.shedding(0), undefined);
  });
});
