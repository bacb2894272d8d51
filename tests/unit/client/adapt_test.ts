import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { adapt, type AdaptState, planOf, startAdapting } from "../../../client/adapt.ts";
import type { AdaptationSettings } from "../../../client/api.ts";
import type { Connection, Look } from "../../../client/adapt/evidence.ts";
import { ADAPT } from "../../../client/adapt/policy.ts";

const AUTO = { mode: "auto" } as const;
const CAMERA = { width: 640, frameRate: 30 };
const { intervalMs } = ADAPT;

/** A call of some who send over one uplink, as the browser's estimates follow it: down at once, up when it is probed. */
class Uplink {
  state: AdaptState;
  now = 0;
  readonly #ids: string[];
  readonly #estimates: Map<string, number>;
  readonly #caps = new Map<string, number>();
  /** Every level that it was on, and since when. */
  readonly levels: { level: number; at: number }[] = [];

  constructor(
    readonly others: number,
    public bitrate: number,
    readonly noise: () => number = () => 1,
    readonly settings: AdaptationSettings = AUTO,
    readonly camera: Look["camera"] = CAMERA,
  ) {
    this.#ids = Array.from({ length: others }, (_, i) => `p${i}`);
    this.#estimates = new Map(this.#ids.map((id) => [id, 300_000]));
    this.state = startAdapting(0);
  }

  get look(): Look {
    const connections = this.#ids.map((id): Connection => ({
      id,
      seen: 640,
      estimate: this.#estimates.get(id)! * this.noise(),
    }));
    return { connections, camera: this.camera, isProcessorShort: false };
  }

  get plan() {
    return planOf(this.state, this.look, this.settings, this.now);
  }

  /** What all of it takes. */
  get sent(): number {
    return [...this.plan.connections.values()].reduce(
      (sum, { voice, picture }) => sum + ADAPT.voice[voice] + (picture?.maxBitrate ?? 0),
      0,
    );
  }

  run(seconds: number): this {
    for (let i = 0; i < seconds * 1_000 / intervalMs; i++) this.#tick();
    return this;
  }

  #tick(): void {
    this.now += intervalMs;
    const plans = [...this.plan.connections].map(([id, { voice, picture }]) => {
      const cap = ADAPT.voice[voice] + (picture?.maxBitrate ?? 0);
      const estimate = this.#estimates.get(id)!;
      return { id, cap, estimate, sends: Math.min(cap, Math.max(estimate, ADAPT.voice[voice])) };
    });
    const sum = plans.reduce((sum, { sends }) => sum + sends, 0);
    for (const { id, cap, estimate, sends } of plans) {
      const isProbed = cap > (this.#caps.get(id) ?? 0);
      this.#caps.set(id, cap);
      const share = sends * this.bitrate / sum;
      const room = Math.max(share, this.bitrate - sum + sends);
      const up = Math.max(estimate, Math.min(room, isProbed ? estimate * 2 : estimate + 3_000));
      this.#estimates.set(id, sum > this.bitrate ? Math.min(estimate, share) : up);
    }
    this.state = adapt(this.state, this.look, this.settings, this.now);
    const { level } = this.state;
    if (this.levels.at(-1)?.level !== level) this.levels.push({ level, at: this.now });
  }

  /** How often it turned round, from rising to falling or the reverse, since a time. */
  turns(since: number): number {
    const ups = this.levels.filter(({ at }) => at > since).map(({ level, at }) =>
      level > this.levels.findLast((other) => other.at < at)!.level
    );
    return ups.filter((up, i) => i > 0 && up !== ups[i - 1]).length;
  }
}

const kilobits = fc.integer({ min: 30, max: 8_000 }).map((k) => k * 1_000);
const others = fc.integer({ min: 1, max: 5 });

describe("what is sent over an uplink", () => {
  it("is everything where it carries everything", () => {
    const { plan } = new Uplink(3, 8_000_000).run(20);
    assertEquals([plan.sending, plan.reason, plan.isPaused], ["full", "none", false]);
  });

  it("is less within 4 s of a cut, and all again within 15 s of its end", () => {
    const uplink = new Uplink(3, 8_000_000).run(20);
    uplink.bitrate = 500_000;
    assertEquals(uplink.run(4).plan.sending === "full", false);
    uplink.run(60).bitrate = 8_000_000;
    assertEquals(uplink.run(15).plan.sending, "full");
  });

  it("is only the voice, in few packets, where there is room for no more", () => {
    const uplink = new Uplink(3, 8_000_000).run(20);
    uplink.bitrate = 100_000;
    const { plan } = uplink.run(4);
    assertEquals([plan.sending, plan.reason, plan.isPaused], ["audio_only", "uplink", true]);
    assertEquals([...plan.connections.values()].map(({ voice }) => voice), [
      "lean",
      "lean",
      "lean",
    ]);
  });

  it("has a picture again within 15 s, however long it had none", () => {
    fc.assert(fc.property(fc.integer({ min: 5, max: 300 }), (seconds) => {
      const uplink = new Uplink(3, 8_000_000).run(20);
      uplink.bitrate = 100_000;
      uplink.run(seconds).bitrate = 4_000_000;
      assertEquals(uplink.run(15).plan.isPaused, false);
    }));
  });

  it("is tried with one picture only while none is shown", () => {
    const uplink = new Uplink(3, 8_000_000).run(20);
    uplink.bitrate = 100_000;
    uplink.run(5);
    for (let i = 0; i < 300; i++) {
      const pictures = [...uplink.run(intervalMs / 1_000).plan.connections.values()]
        .filter(({ picture }) => picture !== undefined);
      assert(pictures.length <= 1, `${pictures.length} pictures`);
    }
  });

  it("settles: it takes no more than the uplink carries, save for a trial", () => {
    fc.assert(fc.property(others, kilobits, (others, bitrate) => {
      const uplink = new Uplink(others, bitrate).run(120);
      const leanest = others * ADAPT.voice.lean;
      const { trial: _, ...state } = uplink.state;
      const { connections } = planOf(state, uplink.look, AUTO, uplink.now);
      const sent = [...connections.values()].reduce(
        (sum, { voice, picture }) => sum + ADAPT.voice[voice] + (picture?.maxBitrate ?? 0),
        0,
      );
      // The browser itself keeps within what it estimates: this is but what it may take.
      assert(sent <= Math.max(leanest, bitrate / ADAPT.shortBelow), `${sent} of ${bitrate}`);
    }));
  });

  it("does not swing where the uplink is steady", () => {
    fc.assert(fc.property(others, kilobits, (others, bitrate) => {
      const uplink = new Uplink(others, bitrate).run(60);
      const turns = uplink.run(120).turns(60_000);
      assert(turns <= 1, `${turns} turns: ${JSON.stringify(uplink.levels)}`);
    }));
  });

  it("does not swing where the estimates are noisy", () => {
    fc.assert(
      fc.property(
        others,
        kilobits,
        fc.infiniteStream(fc.double({ min: 0.93, max: 1.07, noNaN: true })),
        (others, bitrate, stream) => {
          const uplink = new Uplink(others, bitrate, () => stream.next().value!).run(60);
          const turns = uplink.run(120).turns(60_000);
          assert(turns <= 2, `${turns} turns: ${JSON.stringify(uplink.levels)}`);
        },
      ),
    );
  });

  it("gives the voice its share first", () => {
    fc.assert(fc.property(others, kilobits, kilobits, (others, first, second) => {
      const uplink = new Uplink(others, first).run(30);
      uplink.bitrate = second;
      for (const { voice } of uplink.run(10).plan.connections.values()) {
        assert(ADAPT.voice[voice] >= ADAPT.voice.lean);
      }
      assertEquals(uplink.plan.connections.size, others);
    }));
  });
});
