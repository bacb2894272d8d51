import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { adapt, type Plan, planOf, startAdapting } from "../../../client/adapt.ts";
import type { Connection, Look } from "../../../client/adapt/evidence.ts";
import { TOP } from "../../../client/adapt/ladder.ts";
import { ADAPT } from "../../../client/adapt/policy.ts";
import { begin } from "../../../client/adapt/trial.ts";
import type { AdaptationSettings } from "../../../client/api.ts";
import { Uplink } from "./adapt/gcc.ts";

const AUTO = { mode: "auto" } as const;
const CAMERA = { width: 640, frameRate: 30 };
const LARGE = { width: 1_280, frameRate: 30 };
const SCREEN = { width: 1_920, frameRate: 30 };
const MIXED = [{ seen: 1_280 }, { seen: 160 }, { seen: 160 }];
const AMPLE = 20_000_000;

const others = fc.integer({ min: 1, max: 5 });
const kilobits = fc.integer({ min: 30, max: 8_000 }).map((k) => k * 1_000);
const tiles = fc.array(fc.record({ seen: fc.constantFrom(0, 160, 300, 640, 1_280, undefined) }), {
  minLength: 1,
  maxLength: 5,
});
const noisy = fc.infiniteStream(fc.double({ min: 0.93, max: 1.07, noNaN: true }));
const cuts = fc.constantFrom(500_000, 250_000, 100_000);

/** Looks again and again at the same; each time some connections measure. */
function keepLooking(
  state: ReturnType<typeof startAdapting>,
  look: (now: number) => Partial<Look>,
  { from = 0, seconds, settings = AUTO }: {
    from?: number;
    seconds: number;
    settings?: AdaptationSettings;
  },
) {
  const levels = new Set<number>();
  let now = from;
  const whole = (): Look => ({
    connections: [],
    camera: CAMERA,
    isProcessorShort: false,
    ...look(now),
  });
  for (; now < from + seconds * 1_000; now += ADAPT.intervalMs) {
    state = adapt(state, whole(), settings, now);
    levels.add(state.level);
  }
  return { state, levels: [...levels], plan: planOf(state, whole(), settings, now), now };
}

/** Connections that carry everything, of which some things are known at times of their own. */
function ample(count: number, more: (i: number) => Partial<Connection> = () => ({})): Connection[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `p${i}`,
    seen: 640,
    estimate: AMPLE,
    ...more(i),
  }));
}

describe("what is sent over an uplink", () => {
  it("is everything where it carries everything", () => {
    const { plan } = new Uplink(3, 8_000_000).run(20);
    assertEquals([plan.sending, plan.reason, plan.isPaused], ["full", "none", false]);
  });

  it("is less within 4 s of a cut", () => {
    fc.assert(fc.property(others, cuts, (others, low) => {
      const uplink = new Uplink(others, 4_000_000).run(20);
      uplink.bitrate = Math.min(low, others * 300_000);
      assert(uplink.run(4).plan.sending !== "full");
    }));
  });

  it("is more within 15 s of a cut's end, and soon all, however long it lasted", () => {
    fc.assert(
      fc.property(others, cuts, fc.integer({ min: 5, max: 200 }), noisy, (count, low, s, noise) => {
        const uplink = new Uplink(count, 8_000_000, { noise: () => noise.next().value! }).run(20);
        uplink.bitrate = low;
        const { level } = uplink.run(s);
        uplink.bitrate = 8_000_000;
        assert(uplink.run(15).level > level, JSON.stringify(uplink.levels));
        assertEquals(uplink.run(30).plan.sending, "full", JSON.stringify(uplink.levels));
      }),
    );
  });

  it("is only the voice, in few packets, where there is room for no more", () => {
    const uplink = new Uplink(3, 8_000_000).run(20);
    uplink.bitrate = 100_000;
    const { plan } = uplink.run(4);
    assertEquals([plan.sending, plan.reason, plan.isPaused], ["audio_only", "uplink", true]);
    const voices = [...plan.connections.values()].map(({ voice }) => voice);
    assertEquals(voices, ["lean", "lean", "lean"]);
  });

  it("is tried again and again with one picture only while none is shown", () => {
    const uplink = new Uplink(3, 8_000_000).run(20);
    uplink.bitrate = 100_000;
    uplink.run(5);
    const tried = Array.from({ length: 300 }, () => {
      const { connections } = uplink.run(ADAPT.intervalMs / 1_000).plan;
      return [...connections.values()].filter(({ picture }) => picture !== undefined).length;
    });
    assertEquals([...new Set(tried)].toSorted(), [0, 1]);
  });

  it("keeps the smallest picture when a trial of more does harm, which ends the trial", () => {
    const look = {
      connections: ample(1, () => ({ loss: 0.3 })),
      camera: CAMERA,
      isProcessorShort: false,
    };
    const trial = begin(1, look, 10_000)!;
    const phase = { is: "trying", trial, waitMs: ADAPT.waitMs } as const;
    const after = adapt({ ...startAdapting(0), level: 1, phase }, look, AUTO, 10_200);
    assertEquals([after.level, after.phase.is, after.relapses.count], [1, "resting", 0]);
  });

  it("keeps its level when a trial of more has filled the uplink, which ends the trial", () => {
    const carried = (each: number): Look => ({
      connections: ample(3, () => ({ estimate: each })),
      camera: CAMERA,
      isProcessorShort: false,
    });
    const cut = keepLooking(startAdapting(0), () => carried(230_000), { seconds: 10 });
    let { state, now } = keepLooking(cut.state, () => carried(140_000), {
      from: 10_000,
      seconds: 5,
    });
    const { level } = state;
    assert(level > 1);
    for (; state.phase.is !== "trying"; now += ADAPT.intervalMs) {
      state = adapt(state, carried(140_000), AUTO, now);
    }
    const filled = keepLooking(state, () => carried(93_000), { from: now, seconds: 1 });
    assertEquals([filled.state.level, filled.state.phase.is], [level, "resting"]);
  });

  it("is no more because a burst of one found free what the others take", () => {
    const look = (ofOne: number): Look => ({
      connections: ample(3, (i) => ({ estimate: i === 1 ? ofOne : 140_000 })),
      camera: { width: 320, frameRate: 15 },
      isProcessorShort: false,
    });
    const thin = keepLooking(startAdapting(0), () => look(140_000), { seconds: 20 });
    let { state, now } = thin;
    for (; state.phase.is !== "trying"; now += ADAPT.intervalMs) {
      state = adapt(state, look(140_000), AUTO, now);
    }
    const all = 3 * 140_000;
    const after = keepLooking(state, () => look(all * 0.9), { from: now, seconds: 5 });
    assertEquals(after.state.level, thin.state.level);
  });

  it("settles: it takes no more than the uplink carries, save for a trial", () => {
    fc.assert(fc.property(others, kilobits, (others, bitrate) => {
      const uplink = new Uplink(others, bitrate).run(120);
      const { state, look, now } = uplink;
      const resting = { is: "resting", since: 0, until: 0, waitMs: 0 } as const;
      const { connections } = planOf({ ...state, phase: resting }, look, AUTO, now);
      const all = [...connections.values()].reduce(
        (sum, { voice, picture }) => sum + ADAPT.voice[voice] + (picture?.maxBitrate ?? 0),
        0,
      );
      // To one alone the smallest picture may go where there is no room for all that it may take.
      const sent = others === 1 && state.level === 1 ? uplink.sent : all;
      // The browser itself keeps within what it estimates: this is but what it may take.
      const most = Math.max(others * ADAPT.voice.lean, bitrate / ADAPT.shortBelow);
      assert(sent <= most, `${sent} of ${bitrate}`);
    }));
  });

  describe("to one alone, whose estimate stays low after losses", () => {
    const low = { id: "sfu", estimate: 50_000 };
    const is = (more: Partial<Connection> = {}) => () => ({ connections: [{ ...low, ...more }] });
    /** Since when only the voice is sent. */
    const cut = () => {
      const { state, now } = keepLooking(startAdapting(0), () => ({ connections: ample(1) }), {
        seconds: 5,
      });
      const thin = keepLooking(state, is(), { from: now, seconds: 2 });
      assertEquals(thin.state.level, 0);
      return thin;
    };

    it("is the smallest picture again after a trial that did no harm, and stays it", () => {
      const { state, now } = cut();
      const risen = keepLooking(state, is(), { from: now, seconds: 15 });
      assertEquals([risen.levels, risen.plan.sending], [[0, 1], "reduced"]);
      const later = keepLooking(risen.state, is(), { from: risen.now, seconds: 120 });
      assertEquals(later.levels, [1]);
    });

    it("is the voice alone at once where much of it is lost, and soon where some is", () => {
      for (const [loss, seconds] of [[0.3, 1], [0.05, 15]] as const) {
        const { state, now } = cut();
        const risen = keepLooking(state, is(), { from: now, seconds: 12 });
        assertEquals(risen.state.level, 1);
        const lossy = keepLooking(risen.state, is({ loss }), { from: risen.now, seconds });
        assertEquals(lossy.state.level, 0);
      }
    });

    it("is the voice alone as long as trials do harm", () => {
      const { state, now } = cut();
      let harmed = { state, now };
      const levels = new Set<number>();
      while (harmed.now < now + 60_000) {
        const loss = harmed.state.phase.is === "trying" ? 0.3 : 0;
        const seconds = ADAPT.intervalMs / 1_000;
        harmed = keepLooking(harmed.state, is({ loss }), { from: harmed.now, seconds });
        levels.add(harmed.state.level);
      }
      assertEquals([...levels], [0]);
    });

    it("is the voice alone where there is no room for any picture", () => {
      const { state, now } = cut();
      const look = is({ estimate: ADAPT.leastPicture.withVoice - 1 });
      assertEquals(keepLooking(state, look, { from: now, seconds: 60 }).levels, [0]);
    });

    it("is the voice alone where a screen is shared, which cannot be smaller", () => {
      const { state, now } = cut();
      const look = () => ({ ...is()(), screen: SCREEN });
      assertEquals(keepLooking(state, look, { from: now, seconds: 60 }).levels, [0]);
    });

    it("is tried once in five minutes where it does not hold, and proofs need be no better for it", () => {
      const uplink = new Uplink(1, 34_000).run(240);
      const falls = uplink.levels.filter(({ level }, i) => i > 0 && level === 0);
      assert(falls.length <= 2, JSON.stringify(uplink.levels));
      assertEquals(uplink.state.relapses.count, 0);
      uplink.bitrate = 2_000_000;
      assert(uplink.run(20).level > 2, `level ${uplink.level}`);
    });
  });

  it("does not swing where the estimates are noisy, however wide each one sees it", () => {
    fc.assert(fc.property(tiles, kilobits, noisy, (receivers, bitrate, noise) => {
      const options = { noise: () => noise.next().value!, camera: LARGE };
      const uplink = new Uplink(receivers, bitrate, options).run(180);
      const turns = uplink.turns(120_000);
      assert(turns <= 2, `${turns} turns: ${JSON.stringify(uplink.levels)}`);
    }));
  });

  it("is everything at all times where all is carried, however wide each one sees it", () => {
    const uplink = new Uplink(MIXED, AMPLE, { camera: LARGE }).run(5);
    const { levels } = keepLooking(startAdapting(0), () => uplink.run(1).look, { seconds: 60 });
    assertEquals(levels, [TOP]);
  });

  it("is no less for one of two whose downlink is thin", () => {
    for (const thin of [50_000, 400_000]) {
      const estimate = (i: number) => ({ estimate: i === 0 ? thin : AMPLE });
      const looked = keepLooking(startAdapting(0), () => ({ connections: ample(2, estimate) }), {
        seconds: 60,
      });
      assertEquals(looked.levels, [TOP]);
    }
  });

  it("keeps its size while the estimate of one connection goes up and down round what it needs", () => {
    const shakes = (now: number) => now % 4_000 < 2_000 ? 150_000 : 280_000;
    const estimates = (now: number) =>
      ample(3, (i) => i === 0 ? { estimate: now < 10_000 ? AMPLE : shakes(now) } : {});
    let state = startAdapting(0);
    const sizes = new Set<number>();
    for (let now = 0; now < 60_000; now += ADAPT.intervalMs) {
      const look = { connections: estimates(now), camera: CAMERA, isProcessorShort: false };
      state = adapt(state, look, AUTO, now);
      sizes.add(planOf(state, look, AUTO, now).connections.get("p0")!.picture!.maxFramerate);
    }
    assertEquals(sizes.size, 1);
  });

  it("is reckoned without those to whom nothing is sent", () => {
    const idle = (i: number) => i > 0 ? { isIdle: true, estimate: AMPLE } : { estimate: 150_000 };
    const { state } = keepLooking(startAdapting(0), () => ({ connections: ample(3, idle) }), {
      seconds: 12,
    });
    assert(state.level < TOP);
  });

  it("takes less than a megabit for a camera that many receive", () => {
    for (const receivers of [3, 4, 6]) {
      const { connections } = new Uplink(receivers, AMPLE).run(20).plan;
      const sum = [...connections.values()].reduce(
        (sum, { picture }) => sum + picture!.maxBitrate,
        0,
      );
      assert(sum <= 1_000_000, `${sum} to ${receivers}`);
    }
  });
});

describe("a voice that does not come through", () => {
  /** Looks at an ample uplink; so many of three miss the voice from a second on, for so long. */
  function missedBy(count: number, forMs: number, seconds: number, more: Partial<Look> = {}) {
    const isStarved = (now: number, i: number) => i < count && now >= 1_000 && now < 1_000 + forMs;
    return keepLooking(
      startAdapting(0),
      (now) => ({ connections: ample(3, (i) => ({ isStarved: isStarved(now, i) })), ...more }),
      { seconds },
    );
  }
  const pictures = ({ plan }: { plan: Plan }) =>
    [...plan.connections.values()].filter(({ picture }) => picture !== undefined).length;

  it("has the line to itself for a moment, of which nobody is told", () => {
    const held = missedBy(2, 300, 1.4);
    assertEquals(pictures(held), 0);
    assertEquals([held.plan.sending, held.plan.isPaused], ["full", false]);
    assertEquals(held.plan.connections.get("p0")!.voice, "lean");
  });

  it("has everything sent again, if the estimates know of nothing", () => {
    const after = missedBy(2, 300, 3);
    assertEquals([after.state.level, pictures(after)], [TOP, 3]);
  });

  it("is the matter of one who misses it alone", () => {
    assertEquals(pictures(missedBy(1, 300, 1.4)), 3);
  });

  it("is the matter of one who misses it in two tabs", () => {
    const connections = ample(3, (i) => ({ identity: i < 2 ? "ada" : "bob", isStarved: i < 2 }));
    const seen = keepLooking(startAdapting(0), () => ({ connections }), { seconds: 1.4 });
    assertEquals(pictures(seen), 3);
  });

  it("has less sent if it is soon missed again, whatever the estimates know", () => {
    const first = missedBy(3, 300, 3);
    const again = (now: number) => now < first.now + 300;
    const { state } = keepLooking(
      first.state,
      (now) => ({ connections: ample(3, () => ({ isStarved: again(now) })) }),
      { from: first.now, seconds: 1 },
    );
    assert(state.level < TOP);
  });

  it("has more tried only long after, if the estimates know of nothing", () => {
    const first = missedBy(3, 300, 3);
    const again = (now: number) => now < first.now + 300;
    const { level } = keepLooking(
      first.state,
      (now) => ({ connections: ample(3, () => ({ isStarved: again(now) })) }),
      { from: first.now, seconds: ADAPT.blind.afterMs / 1_000 },
    ).state;
    assert(level < TOP);
  });

  it("is all that is sent in the end, if it goes on being missed", () => {
    const { plan } = missedBy(3, 3_000, 4);
    assertEquals([plan.sending, plan.isPaused], ["audio_only", true]);
  });

  it("ends a trial at once", () => {
    const uplink = new Uplink(3, 8_000_000).run(20);
    uplink.bitrate = 100_000;
    uplink.run(8);
    while (uplink.state.phase.is !== "trying") uplink.run(ADAPT.intervalMs / 1_000);
    const connections = uplink.look.connections.map((one) => ({ ...one, isStarved: true }));
    const { phase } = adapt(uplink.state, { ...uplink.look, connections }, AUTO, uplink.now);
    assertEquals(phase.is, "holding");
  });

  it("changes nothing where there is no picture that could give way", () => {
    const { state } = missedBy(3, 3_000, 4, { camera: undefined });
    assertEquals(state.level, TOP);
  });
});

describe("round trips and losses", () => {
  const everySecond = (now: number, more: Partial<Connection>) => now % 1_000 === 0 ? more : {};

  it("that are longer on another path say nothing of the uplink", () => {
    const { levels } = keepLooking(
      startAdapting(0),
      (now) => ({
        connections: ample(1, () => ({
          path: now < 20_000 ? "wifi" : "mobile",
          ...everySecond(now, { roundTripMs: now < 20_000 ? 20 : 350 }),
        })),
      }),
      { seconds: 120 },
    );
    assertEquals(levels, [TOP]);
  });

  it("that stay longer are usual after a while, and all is sent again", () => {
    const { state } = keepLooking(
      startAdapting(0),
      (now) => ({
        connections: ample(1, () => everySecond(now, { roundTripMs: now < 20_000 ? 20 : 350 })),
      }),
      { seconds: 180 },
    );
    assertEquals(state.level, TOP);
  });

  it("that are much longer than usual have less sent", () => {
    const { state } = keepLooking(
      startAdapting(0),
      (now) => ({
        connections: ample(1, () => everySecond(now, { roundTripMs: now < 20_000 ? 20 : 350 })),
      }),
      { seconds: 30 },
    );
    assert(state.level < TOP);
  });

  it("count also where each connection reports at a time of its own", () => {
    const { state } = keepLooking(
      startAdapting(0),
      (now) => ({
        connections: ample(7, (i) => now % 5_000 === i * 600 ? { loss: 0.4 } : {}),
      }),
      { seconds: 30 },
    );
    assert(state.level < TOP, `still at ${state.level}`);
  });

  it("have each packet of a voice carry the one before it, until they are long over", () => {
    const lossy = keepLooking(
      startAdapting(0),
      (now) => ({ connections: ample(2, () => everySecond(now, { loss: 0.06 })) }),
      { seconds: 10 },
    );
    assertEquals(lossy.plan.connections.get("p0")!.voice, "doubled");
    const clean = keepLooking(
      lossy.state,
      (now) => ({ connections: ample(2, () => everySecond(now, { loss: 0 })) }),
      { from: lossy.now, seconds: 25 },
    );
    assertEquals(clean.plan.connections.get("p0")!.voice, "plain");
  });
});

describe("a browser that estimates nothing", () => {
  it("is not made to swing: each rise that does not hold makes the next one wait longer", () => {
    const uplink = new Uplink(2, 500_000, { isBlind: true }).run(900);
    const rises = uplink.levels.filter(({ level, at }, i) =>
      at > 300_000 && level > uplink.levels[i - 1]!.level
    );
    assert(rises.length <= 4, JSON.stringify(rises));
    assert(uplink.levels.length > 1);
  });

  it("sends everything again in the end, after a cut", () => {
    const uplink = new Uplink(2, 8_000_000, { isBlind: true }).run(20);
    uplink.bitrate = 200_000;
    assert(uplink.run(40).level < TOP);
    uplink.bitrate = 8_000_000;
    assertEquals(uplink.run(300).plan.sending, "full");
  });
});

describe("a shared screen", () => {
  it("is sent as large as it is, and capped, where the uplink is thin; the camera gives way", () => {
    const uplink = new Uplink(3, 250_000, { screen: SCREEN }).run(60);
    const { plan } = uplink;
    assertEquals([plan.isPaused, plan.sending, plan.reason], [true, "reduced", "uplink"]);
    for (const { screen } of plan.connections.values()) {
      assertEquals(screen!.scaleResolutionDownBy, 1);
      assert(screen!.maxBitrate < 100_000 && screen!.maxFramerate <= 5);
    }
  });

  it("is adapted without a camera too", () => {
    const uplink = new Uplink(3, 4_000_000, { screen: SCREEN, camera: undefined }).run(20);
    assertEquals(uplink.plan.sending, "full");
    uplink.bitrate = 100_000;
    const { sending, isPaused } = uplink.run(10).plan;
    assertEquals([sending, isPaused], ["audio_only", false]);
    uplink.bitrate = 8_000_000;
    assertEquals(uplink.run(20).plan.sending, "full");
  });

  it("goes on while the application wants no camera", () => {
    const settings = { mode: "audio_only" } as const;
    const { plan } = new Uplink(2, AMPLE, { screen: SCREEN, settings }).run(10);
    const [sending] = plan.connections.values();
    assertEquals([plan.isPaused, plan.sending, plan.reason], [true, "reduced", "forced"]);
    assertEquals([sending!.picture, sending!.screen !== undefined], [undefined, true]);
  });
});

describe("the processor", () => {
  it("has less sent while it is short, and all again when it has done well for long", () => {
    const looks = (isProcessorShort: boolean) => () => ({
      connections: ample(1),
      camera: LARGE,
      isProcessorShort,
    });
    const short = keepLooking(startAdapting(0), looks(true), { seconds: 10 });
    assertEquals([short.plan.sending, short.plan.reason], ["reduced", "cpu"]);
    const { now: from } = short;
    const well = keepLooking(short.state, looks(false), { from, seconds: 240 });
    assertEquals([well.plan.sending, well.plan.reason], ["full", "none"]);
  });
});

describe("what the application wants", () => {
  const sent = (settings: AdaptationSettings) => new Uplink(3, AMPLE, { settings }).run(20).plan;

  it("pauses the camera, and leaves the voice as it is where there is room", () => {
    const plan = sent({ mode: "audio_only" });
    assertEquals([plan.sending, plan.reason, plan.isPaused], ["audio_only", "forced", true]);
    assertEquals(plan.connections.get("p0")!.voice, "plain");
  });

  it("is a limit for all connections together", () => {
    fc.assert(fc.property(fc.integer({ min: 70_000, max: 800_000 }), (maxBitrate) => {
      const plan = sent({ mode: "auto", maxBitrate });
      const sum = [...plan.connections.values()].reduce(
        (sum, { voice, picture }) => sum + ADAPT.voice[voice] + (picture?.maxBitrate ?? 0),
        0,
      );
      assert(sum <= maxBitrate, `${sum} of ${maxBitrate}`);
      assertEquals(plan.reason, "forced");
    }));
  });

  it("is a limit of voices that go doubled, too", () => {
    for (const [isDoubled, width] of [[false, 640], [true, 480]] as const) {
      const connections = ample(1, () => ({ seen: 1_280 }));
      const { plan } = keepLooking(startAdapting(0), () => ({ connections, isDoubled }), {
        seconds: 1,
        settings: { mode: "auto", maxBitrate: 740_000 },
      });
      const { picture } = plan.connections.get("p0")!;
      assertEquals(CAMERA.width / picture!.scaleResolutionDownBy, width);
    }
  });

  it("may be that nothing is adapted, and then nothing is said to be", () => {
    const settings = { mode: "off", maxBitrate: 50_000 } as const;
    const { plan } = new Uplink(3, 100_000, { settings }).run(20);
    assertEquals([plan.sending, plan.reason, plan.isPaused], ["full", "none", false]);
  });

  it("is a voice alone while the camera is off: that is everything there is", () => {
    const { plan } = new Uplink(3, AMPLE, { camera: undefined }).run(20);
    assertEquals([plan.sending, plan.reason, plan.isPaused], ["full", "none", false]);
  });
});
