import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import type { CallState } from "../../../../../client/api.ts";
import { Heal, type HealedCall } from "../../../../../client/care/heal/heal.ts";
import { HEAL, LISTEN } from "../../../../../client/care/heal/policy.ts";
import { Channel } from "./fake_channel.ts";

/** A call of two, the other of whom says that it is there for as long as the test lets it. */
function healed() {
  const time = new FakeTime();
  const channel = new Channel();
  const hurried: number[] = [];
  const call = {
    self: { id: "me", permissions: {} },
    roster: { participants: new Map() },
    signaling: { hurry: () => void hurried.push(Date.now()) },
    state: "connected" as CallState,
    way: { mode: "mesh", epoch: 1 },
    mesh: {
      pairs: new Map([["ada", {
        shown: { pc: { getReceivers: () => [] }, channel: channel.asChannel },
        silent() {},
        heard() {},
      }]]),
      iceServers: [],
      certificates: [],
    },
    courier: { restart() {} },
    messages: { full: false },
  };
  const heal = new Heal(call as unknown as HealedCall, {
    now: () => Date.now(),
    refusal: () => undefined,
    callError: () => {
      throw new Error("nothing is wrong");
    },
    unreachable() {},
    heard() {},
  });
  return {
    call,
    hurried,
    pass: (ms: number) => time.tickAsync(ms),
    hear: async () => {
      await time.tickAsync(HEAL.intervalMs);
      channel.say({ type: "beat" });
      await time.tickAsync(HEAL.intervalMs);
    },
    [Symbol.dispose]: () => {
      heal.close();
      time.restore();
    },
  };
}

describe("who hears nobody any more", () => {
  it("looks whether its socket is dead, and again and again while that goes on", async () => {
    using one = healed();
    await one.hear();
    assertEquals(one.hurried, []);
    await one.pass(LISTEN.beatlessMs + HEAL.intervalMs);
    assertEquals(one.hurried.length, 1);
    await one.pass(2 * HEAL.hurryAgainMs);
    assertEquals(one.hurried.length, 3);
    await one.hear();
    await one.pass(HEAL.hurryAgainMs);
    assertEquals(one.hurried.length, 3);
  });

  it("leaves it to the waits between tries while there is no socket", async () => {
    using one = healed();
    await one.hear();
    await one.pass(LISTEN.beatlessMs + HEAL.intervalMs);
    one.call.state = "reconnecting";
    await one.pass(3 * HEAL.hurryAgainMs);
    assertEquals(one.hurried.length, 1);
  });
});
