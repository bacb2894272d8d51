import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import { Lines } from "../../../../../client/care/heal/lines.ts";
import { LINES } from "../../../../../client/care/heal/policy.ts";
import { Channel } from "./fake_channel.ts";

const BEAT = '{"type":"beat"}';

function begin() {
  const told: string[] = [];
  const lines = new Lines({
    opened: (id) => void told.push(`opened ${id}`),
    frame: (from, { type }) => void told.push(`${type} of ${from}`),
  }, () => Date.now());
  const channel = new Channel();
  lines.add("a", channel.asChannel);
  return { lines, channel, told };
}

describe("Lines", () => {
  it("send only where the other end is heard", async () => {
    using time = new FakeTime();
    const { lines, channel, told } = begin();
    assertEquals(lines.send("a", { type: "key", key: "k" }), false);
    channel.say({ type: "beat" });
    assertEquals(told, ["opened a", "beat of a"]);
    assertEquals(lines.send("a", { type: "key", key: "k" }), true);
    assertEquals(channel.sent, [BEAT, BEAT, '{"type":"key","key":"k"}']);
    await time.tickAsync(LINES.freshMs);
    assertEquals(lines.isFresh("a"), false);
    channel.say({ type: "beat" });
    assertEquals(told.slice(2), ["opened a", "beat of a"], "there again");
  });

  it("answer the first that comes: what was said when the channel opened, nobody may have heard", () => {
    using _time = new FakeTime();
    const { channel } = begin();
    channel.sent.length = 0;
    channel.say({ type: "beat" });
    channel.say({ type: "beat" });
    assertEquals(channel.sent, [BEAT]);
  });

  it("know what may be old: what comes after a pause", async () => {
    using time = new FakeTime();
    const { lines, channel } = begin();
    const says = async (forMs: number) => {
      for (let passed = 0; passed < forMs; passed += 100) {
        channel.say({ type: "beat" });
        await time.tickAsync(100);
      }
    };
    await says(LINES.steadyMs - 100);
    assertEquals(lines.isSteady("a"), false);
    await says(200);
    assertEquals(lines.isSteady("a"), true);
    await time.tickAsync(LINES.pauseMs);
    channel.say({ type: "beat" });
    assertEquals(lines.isSteady("a"), false);
  });

  it("take no more of one than is meant, by however many channels", () => {
    using _time = new FakeTime();
    const { lines, channel, told } = begin();
    const another = new Channel();
    lines.add("a", another.asChannel);
    for (let i = 0; i < LINES.takenBurst; i++) {
      for (const one of [channel, another]) one.say({ type: "beat" });
    }
    assertEquals(told.filter((what) => what === "beat of a").length, LINES.takenBurst);
  });

  it("take the channel by which something came last, and each only once", () => {
    using time = new FakeTime();
    const { lines, channel } = begin();
    const newer = new Channel();
    lines.add("a", newer.asChannel);
    lines.add("a", newer.asChannel);
    channel.say({ type: "beat" });
    time.tick(1);
    newer.say({ type: "beat" });
    for (const { sent } of [channel, newer]) sent.length = 0;
    lines.send("a", { type: "key", key: "k" });
    assertEquals([channel.sent.length, newer.sent.length], [0, 1]);
    assertEquals(lines.framesBy(newer.asChannel), 1);
    newer.readyState = "closed";
    lines.send("a", { type: "key", key: "k" });
    assertEquals([channel.sent.length, newer.sent.length], [1, 1]);
  });

  it("beat now and then, but not where nothing gets through", () => {
    using time = new FakeTime();
    const { lines, channel } = begin();
    lines.beat();
    lines.beat();
    assertEquals(channel.sent.length, 2, "one at first, one in time");
    time.tick(LINES.beatMs);
    channel.bufferedAmount = 1;
    lines.beat();
    assertEquals(channel.sent.length, 2);
  });

  it("forget who has left", () => {
    using _time = new FakeTime();
    const { lines, channel, told } = begin();
    lines.remove("a");
    channel.say({ type: "beat" });
    assertEquals(told, []);
  });
});
