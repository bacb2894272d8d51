import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { NodeClock } from "../../../lib/clock.ts";
import type { LogFields } from "../../../lib/log.ts";
import { nodeMetrics } from "../../../lib/metrics.ts";
import { POLICY } from "../../../lib/policy.ts";
import { join } from "../../helpers/fake_node.ts";
import { Nodes, type OddNode } from "../../helpers/fake_nodes.ts";

const START = 1_800_000_000_000;
const { exchanges, offMs, goodMs } = POLICY.clock;

/** A node's clock, and a store that is some ms ahead of it. */
class Setting {
  ahead = 0;
  readonly logs: { event: string; fields: LogFields }[] = [];
  #now = START;
  readonly clock = new NodeClock(
    (_, event, fields = {}) => this.logs.push({ event, fields }),
    () => this.#now,
  );

  /** One exchange; the store answers after the first of these times. */
  async asks(thereMs = 0, backMs = thereMs): Promise<void> {
    await this.clock.compare(() => {
      this.#now += thereMs;
      const time = this.#now + this.ahead;
      this.#now += backMs;
      return Promise.resolve({ time });
    });
    this.#now += POLICY.lease.beatMs;
  }

  /** Somebody sets the node's clock. */
  sets(by: number): void {
    this.#now += by;
    this.ahead -= by;
  }

  get events(): string[] {
    return this.logs.map(({ event }) => event);
  }
}

describe("a node's clock", () => {
  it("is taken for the store's before anything is known", () => {
    const { clock } = new Setting();
    assertEquals(clock.estimate, undefined);
    assertEquals(clock.now(), START);
  });

  it("is as far from the store's as the quickest of the last exchanges says", async () => {
    const setting = new Setting();
    setting.ahead = 120;
    await setting.asks(40, 0);
    await setting.asks(2, 4);
    await setting.asks(0, 300);
    assertEquals(setting.clock.estimate, { offset: 119, error: 3 });
  });

  it("is off by no more than the error that is told with it", async () => {
    for (const [there, back] of [[0, 50], [50, 0], [25, 25]] as const) {
      const setting = new Setting();
      setting.ahead = -70;
      await setting.asks(there, back);
      const { offset, error } = setting.clock.estimate!;
      assertEquals(Math.abs(offset - setting.ahead) <= error, true);
      assertEquals(error, 25);
    }
  });

  it("forgets what was long ago", async () => {
    const setting = new Setting();
    await setting.asks(0);
    for (let i = 0; i < exchanges; i++) await setting.asks(5);
    assertEquals(setting.clock.estimate!.error, 5);
  });

  it("forgets at once what was before it was set", async () => {
    const setting = new Setting();
    setting.ahead = 300;
    await setting.asks(1);
    setting.sets(300);
    await setting.asks(20);
    assertEquals(setting.clock.estimate, { offset: 0, error: 20 });
  });

  it("learns nothing from an exchange in which it was set back", async () => {
    const setting = new Setting();
    await setting.asks(10, -4_000);
    assertEquals(setting.clock.estimate, undefined);
  });
});

describe("the log of a node whose clock is off", () => {
  it("is told once, with how far and what was expected, and once when it is good again", async () => {
    const setting = new Setting();
    for (const ahead of [0, 700, 800, 700, 0, 10]) {
      setting.ahead = ahead;
      await setting.asks(2);
    }
    assertEquals(setting.events, ["clock_off", "clock_good"]);
    const { offsetMs, error } = setting.logs[0]!.fields;
    assertEquals(offsetMs, 700);
    assertMatch(error!, /700 ms behind the store's; expected at most 500 ms/);
  });

  it("is told when the clock is before the store's", async () => {
    const setting = new Setting();
    setting.ahead = -2_000;
    await setting.asks(2);
    assertMatch(setting.logs[0]!.fields.error!, /2000 ms before the store's/);
  });

  it("is told of nothing that only a slow answer makes look so", async () => {
    const setting = new Setting();
    await setting.asks(0, 1_400);
    assertEquals(setting.events, []);
  });

  it("is not told over and over of a clock that is just there", async () => {
    const setting = new Setting();
    for (let i = 0; i < 20; i++) {
      setting.ahead = offMs + (i % 2 === 0 ? 50 : -50);
      await setting.asks(1);
    }
    assertEquals(setting.events, ["clock_off"]);
    setting.ahead = goodMs - 20;
    await setting.asks(1);
    assertEquals(setting.events, ["clock_off", "clock_good"]);
  });
});

describe("nodes whose store's clock is another", () => {
  it("learn that by their beats, tell their clients its time, and say so", async () => {
    using all = await Nodes.make(2);
    for (const { store } of all.nodes) {
      store.beat = async (...args) => ({
        ...await all.memory.beat(...args),
        time: Date.now() + 2_500,
      });
    }
    await all.pass(POLICY.lease.beatMs);
    for (const node of all.nodes) {
      const { wire } = await join(node, "ada");
      wire.says({ type: "ping", id: 1 });
      assertEquals((await wire.frames.next("pong")).time, Date.now() + 2_500);
      assertEquals(node.logs.filter(({ event }) => event === "clock_off").length, 1);
      const text = await nodeMetrics(node.hub, { otlp: false }).text();
      assertMatch(text, /^meshlift_clock_offset\{.*\} 2\.5$/m);
      assertMatch(text, /^meshlift_clock_error\{.*\} 0$/m);
    }
  });

  it("are right by themselves where there is no other: memory is no clock of its own", async () => {
    using all = await Nodes.make(1);
    const [node] = all.nodes as [OddNode];
    await all.pass(POLICY.lease.beatMs);
    assertEquals(node.hub.clock.estimate, { offset: 0, error: 0 });
    assertEquals(node.hub.clock.now(), Date.now());
  });
});
