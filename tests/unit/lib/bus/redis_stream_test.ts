import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import { BUS_POLICY } from "../../../../lib/bus/policy.ts";
import { ECHO, RedisStream } from "../../../../lib/bus/redis_stream.ts";

/** A stream that hears itself, or is deaf. */
function openStream() {
  const asked: number[] = [];
  const heard: string[] = [];
  let state: "hearing" | "deaf" = "hearing";
  const stream = new RedisStream({
    hear: (text) => void heard.push(text),
    ask: () => {
      asked.push(Date.now());
      if (state === "hearing") queueMicrotask(() => stream.hear(ECHO));
    },
    drop: () => Promise.resolve(),
    ...BUS_POLICY.redis,
  });
  let ended: Error | undefined;
  stream.ended.then((reason) => ended = reason);
  stream.watch();
  return { stream, asked, heard, deafen: () => state = "deaf", ended: () => ended };
}

describe("a subscription that can die without a word", () => {
  it("asks itself at most 8 times a minute while nothing comes, and hands none of that on", async () => {
    using time = new FakeTime();
    const { stream, asked, heard } = openStream();
    for (let second = 0; second < 60; second++) await time.tickAsync(1_000);
    assertEquals([asked.length <= 8, asked.length > 5], [true, true]);
    assertEquals(heard, []);
    await stream.close();
  });

  it("asks nothing while messages come", async () => {
    using time = new FakeTime();
    const { stream, asked, heard } = openStream();
    for (let second = 0; second < 60; second++) {
      await time.tickAsync(1_000);
      stream.hear("message");
    }
    assertEquals([asked.length, heard.length], [0, 60]);
    await stream.close();
  });

  it("is dead when it does not hear itself within 2 s", async () => {
    using time = new FakeTime();
    const { deafen, asked, ended } = openStream();
    deafen();
    await time.tickAsync(9_499);
    assertEquals([asked.length, ended()], [1, undefined]);
    await time.tickAsync(1);
    assertEquals(ended()?.message, "it heard nothing, not even itself for 2000 ms");
    await time.tickAsync(60_000);
    assertEquals(asked.length, 1);
  });

  it("can be asked earlier, once at a time", async () => {
    using time = new FakeTime();
    const { stream, deafen, asked, ended } = openStream();
    deafen();
    for (let i = 0; i < 10; i++) stream.check();
    assertEquals(asked.length, 1);
    await time.tickAsync(2_000);
    assert(ended());
  });
});
