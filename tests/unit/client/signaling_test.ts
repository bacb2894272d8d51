import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import type { CallError } from "../../../client/api.ts";
import { SIGNALING } from "../../../client/policy.ts";
import { Signaling } from "../../../client/signaling.ts";
import { FakeSocket, welcome } from "./fake_socket.ts";

interface Options {
  token?: () => string | Promise<string>;
  random?: () => number;
}

/** Signaling against the fake socket, with a note of all it tells. */
function begin({ token = () => "t", random = () => 0.5 }: Options = {}) {
  const told: string[] = [];
  const errors: CallError[] = [];
  const signaling = new Signaling({
    url: "https://calls.example.com",
    token,
    present: () => ({ attributes: { hand: true } }),
    random,
    now: () => Date.now(),
    events: {
      welcome: ({ resumed }) => told.push(resumed ? "resumed" : "joined"),
      frame: ({ type }) => told.push(type),
      away: () => told.push("away"),
      ready: () => told.push("ready"),
      closed: (error) => {
        told.push("closed");
        errors.push(error);
      },
    },
  });
  signaling.start();
  return { signaling, told, errors };
}

/** The last ping's pong comes after so long. */
async function answerPing(time: FakeTime, tripMs: number): Promise<void> {
  const { id } = FakeSocket.last.sent.findLast(({ type }) => type === "ping")!;
  await time.tickAsync(tripMs);
  FakeSocket.last.say({ type: "pong", id });
}

/** The node lets the last socket in. */
async function letIn(time: FakeTime, changes: Parameters<typeof welcome>[0] = {}) {
  FakeSocket.last.open();
  await time.tickAsync(0);
  FakeSocket.last.say(welcome(changes));
}

const firstRetryMs = SIGNALING.retry.baseMs / 2;

describe("Signaling", () => {
  it("joins with the token, then asks how far the node is", async () => {
    using time = new FakeTime();
    using _socket = FakeSocket.install();
    const { signaling, told } = begin();
    assertEquals(FakeSocket.last.url, "wss://calls.example.com/v1/signal");
    await letIn(time);
    const [join, ping] = FakeSocket.last.sent;
    assertEquals(join, { type: "join", token: "t", attributes: { hand: true } });
    await time.tickAsync(40);
    FakeSocket.last.say({ type: "pong", id: ping!.id, time: 0 });
    assertEquals(signaling.exchanges.map(({ sent, received }) => received - sent), [40]);
    assertEquals(told, ["joined"]);
    signaling.close();
  });

  it("resumes the session after a cut, with jitter from the first try", async () => {
    using time = new FakeTime();
    using _socket = FakeSocket.install();
    const { signaling, told } = begin();
    await letIn(time);
    FakeSocket.last.end();
    assertEquals(told, ["joined", "away"]);
    await time.tickAsync(firstRetryMs - 1);
    assertEquals(FakeSocket.all.length, 1);
    await time.tickAsync(1);
    await letIn(time, { resumed: true, session: "s2" });
    assertEquals(FakeSocket.last.sent[0], {
      type: "resume",
      session: "s1",
      attributes: { hand: true },
    });
    assertEquals(told, ["joined", "away", "resumed"]);
    signaling.close();
  });

  it("backs off while the node stays away, and starts anew after a good while", async () => {
    using time = new FakeTime();
    using _socket = FakeSocket.install();
    const { signaling } = begin();
    await letIn(time);
    for (const delay of [150, 300, 600, 1_200, 2_400, 2_500, 2_500]) {
      const count = FakeSocket.all.length;
      FakeSocket.last.end();
      await time.tickAsync(delay - 1);
      assertEquals(FakeSocket.all.length, count);
      await time.tickAsync(1);
      assertEquals(FakeSocket.all.length, count + 1);
    }
    await letIn(time, { resumed: true });
    await time.tickAsync(SIGNALING.stableMs);
    FakeSocket.last.end();
    const count = FakeSocket.all.length;
    await time.tickAsync(firstRetryMs);
    assertEquals(FakeSocket.all.length, count + 1);
    signaling.close();
  });

  it("comes back no sooner than a draining node asks", async () => {
    using time = new FakeTime();
    using _socket = FakeSocket.install();
    const { signaling } = begin();
    await letIn(time);
    FakeSocket.last.say({ type: "error", code: "draining", message: "m", retryAfterMs: 3_000 });
    FakeSocket.last.end(1012);
    await time.tickAsync(3_000 + firstRetryMs - 1);
    assertEquals(FakeSocket.all.length, 1);
    await time.tickAsync(1);
    assertEquals(FakeSocket.all.length, 2);
    signaling.close();
  });

  it("joins anew with a new token when the session is not known any more", async () => {
    using time = new FakeTime();
    using _socket = FakeSocket.install();
    let tokens = 0;
    const { signaling, told } = begin({ token: () => Promise.resolve(`t${++tokens}`) });
    await letIn(time);
    FakeSocket.last.end();
    await time.tickAsync(firstRetryMs);
    FakeSocket.last.open();
    await time.tickAsync(0);
    FakeSocket.last.say({ type: "error", code: "session_invalid", message: "m" });
    FakeSocket.last.end(4401);
    await time.tickAsync(SIGNALING.retry.capMs);
    await letIn(time);
    assertEquals(FakeSocket.last.sent[0]!.token, "t2");
    assertEquals(told, ["joined", "away", "error", "away", "joined"]);
    signaling.close();
  });

  it("ends with the reason when it may not come back", async () => {
    const cases = [
      [4401, "token_expired", "token_expired"],
      [4403, "removed", "removed"],
      [4404, "room_ended", "room_ended"],
      [4409, "taken_over", "taken_over"],
      [4403, undefined, "removed"],
    ] as const;
    for (const [code, said, expected] of cases) {
      using time = new FakeTime();
      using _socket = FakeSocket.install();
      const { told, errors } = begin();
      await letIn(time);
      if (said !== undefined) FakeSocket.last.say({ type: "error", code: said, message: "m" });
      FakeSocket.last.end(code);
      await time.tickAsync(60_000);
      assertEquals([errors[0]?.code, told.at(-1)], [expected, "closed"]);
      assertEquals(FakeSocket.all.length, 1);
    }
  });

  it("takes a full room for an answer before it has joined, and for a delay afterwards", async () => {
    using time = new FakeTime();
    using _socket = FakeSocket.install();
    const full = { type: "error", code: "room_full", message: "m", retryAfterMs: 9_000 };
    const first = begin();
    FakeSocket.last.open();
    FakeSocket.last.say(full);
    FakeSocket.last.end(1013);
    assertEquals([first.errors[0]?.code, first.errors[0]?.retryAfterMs], ["room_full", 9_000]);
    const second = begin();
    await letIn(time);
    FakeSocket.last.say(full);
    FakeSocket.last.end(1013);
    assertEquals(second.errors, []);
    second.signaling.close();
  });

  it("gives up on a node that nobody reaches, if it never joined", async () => {
    using time = new FakeTime();
    using _socket = FakeSocket.install();
    const { errors } = begin();
    while (errors.length === 0) {
      assert(FakeSocket.all.length < 50);
      FakeSocket.last.end();
      await time.tickAsync(SIGNALING.retry.capMs);
    }
    assertEquals(errors[0]!.code, "unreachable");
  });

  it("tells of a token function that fails", async () => {
    using time = new FakeTime();
    using _socket = FakeSocket.install();
    const { errors } = begin({ token: () => Promise.reject(new Error("no back end")) });
    FakeSocket.last.open();
    await time.tickAsync(0);
    assertEquals(errors[0]?.code, "token_invalid");
    assert(errors[0]?.message.includes("no back end"));
  });

  it("tells of a token function that gives no token, or throws no error", async () => {
    for (
      const token of [
        () => undefined as unknown as string,
        () => "",
        () => Promise.reject("no back end"),
        () => Promise.reject(),
      ]
    ) {
      using time = new FakeTime();
      using _socket = FakeSocket.install();
      const { errors } = begin({ token });
      FakeSocket.last.open();
      await time.tickAsync(0);
      assertEquals(errors[0]?.code, "token_invalid");
      assertEquals(FakeSocket.last.sent, []);
    }
  });

  it("lets the node close after a leave, but not for ever", async () => {
    using time = new FakeTime();
    using _socket = FakeSocket.install();
    const { signaling } = begin();
    FakeSocket.last.open();
    await time.tickAsync(0);
    signaling.close();
    assertEquals(FakeSocket.last.types(), ["join", "leave"]);
    assertEquals(FakeSocket.last.readyState, FakeSocket.OPEN);
    await time.tickAsync(SIGNALING.leaveTimeoutMs);
    assertEquals(FakeSocket.last.readyState, 3);
  });

  it("finds out a socket that is open but dead", async () => {
    using time = new FakeTime();
    using _socket = FakeSocket.install();
    const { signaling, told } = begin();
    await letIn(time);
    await time.tickAsync(SIGNALING.pongTimeoutMs - 1);
    assertEquals(told, ["joined"]);
    await time.tickAsync(1);
    assertEquals(told, ["joined", "away"]);
    signaling.close();
  });

  it("keeps a socket that answers", async () => {
    using time = new FakeTime();
    using _socket = FakeSocket.install();
    const { signaling, told } = begin();
    await letIn(time);
    for (let n = 0; n < 20; n++) {
      FakeSocket.last.say({ type: "pong", time: 0 });
      await time.tickAsync(SIGNALING.pingIntervalMs);
    }
    assertEquals(told, ["joined"]);
    signaling.close();
  });

  it("gives up a socket that does not open, or gets no welcome", async () => {
    using time = new FakeTime();
    using _socket = FakeSocket.install();
    const { signaling, told } = begin();
    await letIn(time);
    FakeSocket.last.end();
    await time.tickAsync(firstRetryMs + SIGNALING.openTimeoutMs);
    assertEquals(told, ["joined", "away", "away"]);
    await time.tickAsync(2 * firstRetryMs);
    FakeSocket.last.open();
    await time.tickAsync(SIGNALING.openTimeoutMs - 1);
    assertEquals(told, ["joined", "away", "away"]);
    await time.tickAsync(1);
    assertEquals(told, ["joined", "away", "away", "away"]);
    signaling.close();
  });

  it("hurries when the network is back", async () => {
    using time = new FakeTime();
    using _socket = FakeSocket.install();
    const { signaling, told } = begin();
    await letIn(time);
    signaling.hurry();
    await time.tickAsync(SIGNALING.probeTimeoutMs);
    assertEquals(told, ["joined", "away"]);
    for (let n = 0; n < 4; n++) {
      await time.tickAsync(SIGNALING.retry.capMs);
      FakeSocket.last.end();
    }
    const count = FakeSocket.all.length;
    signaling.hurry();
    await time.tickAsync(firstRetryMs);
    assertEquals(FakeSocket.all.length, count + 1);
    signaling.close();
  });

  it("finds out within a few round trips whether a socket is dead", async () => {
    using time = new FakeTime();
    using _socket = FakeSocket.install();
    const { signaling, told } = begin();
    await letIn(time);
    await answerPing(time, 150);
    signaling.hurry();
    await time.tickAsync(150 * SIGNALING.probeRoundTrips - 1);
    assertEquals(told, ["joined"]);
    await time.tickAsync(1);
    assertEquals(told, ["joined", "away"]);
    signaling.close();
  });

  it("finds a dead socket out, however often it is asked meanwhile", async () => {
    using time = new FakeTime();
    using _socket = FakeSocket.install();
    const { signaling, told } = begin();
    await letIn(time);
    await answerPing(time, SIGNALING.probeTimeoutMs);
    for (let asked = 0; asked < 4; asked++) {
      assertEquals(told, ["joined"]);
      signaling.hurry();
      await time.tickAsync(SIGNALING.probeTimeoutMs / 4);
    }
    assertEquals(told, ["joined", "away"]);
    signaling.close();
  });

  it("tries often while our network is taken for cut off, but not for ever", async () => {
    using time = new FakeTime();
    using _socket = FakeSocket.install();
    const { signaling } = begin();
    await letIn(time);
    signaling.hurry();
    const attemptsIn = async (ms: number) => {
      const before = FakeSocket.all.length;
      await time.tickAsync(ms);
      return FakeSocket.all.length - before;
    };
    const { openTimeoutMs, forMs } = SIGNALING.urgent;
    const urgent = await attemptsIn(forMs / 2);
    assert(urgent > forMs / 2 / (openTimeoutMs + 300) - 2, `${urgent} attempts`);
    await time.tickAsync(forMs / 2);
    const calm = await attemptsIn(forMs / 2);
    assert(calm < 0.6 * urgent, `${calm} attempts, ${urgent} before`);
    signaling.close();
  });

  it("tries often only a few times where nothing but silence speaks for our own network", async () => {
    using time = new FakeTime();
    using _socket = FakeSocket.install();
    const { signaling } = begin();
    await letIn(time);
    FakeSocket.last.end();
    signaling.hurry("silence");
    for (let ms = 0; ms < 60_000; ms += 10) {
      if (FakeSocket.last.readyState === 0) FakeSocket.last.end();
      await time.tickAsync(10);
    }
    const { urgent, retry } = SIGNALING;
    const calm = 60_000 / (retry.capMs / 2) + 5;
    assert(FakeSocket.all.length <= urgent.tries + calm, `${FakeSocket.all.length} attempts`);
    signaling.close();
  });

  it("tries calmly as soon as a node has said anything", async () => {
    const words = [() => FakeSocket.last.end(1013), () => {
      FakeSocket.last.open();
      FakeSocket.last.say({ type: "error", code: "unavailable", message: "m" });
      FakeSocket.last.end();
    }];
    for (const say of words) {
      using time = new FakeTime();
      using _socket = FakeSocket.install();
      const { signaling } = begin();
      await letIn(time);
      FakeSocket.last.end();
      signaling.hurry();
      for (let ms = 0; ms < 60_000; ms += 10) {
        if (FakeSocket.last.readyState === 0) say();
        await time.tickAsync(10);
      }
      assert(FakeSocket.all.length < 35, `${FakeSocket.all.length} attempts`);
      signaling.close();
    }
  });

  it("keeps a socket that is only slow while somebody else is not heard", async () => {
    using time = new FakeTime();
    using _socket = FakeSocket.install();
    const { signaling, told } = begin();
    await letIn(time);
    FakeSocket.last.say({ type: "pong", id: FakeSocket.last.sent.at(-1)!.id });
    signaling.hurry("silence");
    await time.tickAsync(SIGNALING.probeAtLeastMs.silence - 1);
    FakeSocket.last.say({ type: "pong", id: FakeSocket.last.sent.at(-1)!.id });
    await time.tickAsync(SIGNALING.probeTimeoutMs);
    assertEquals(told, ["joined"]);
    signaling.close();
  });

  it("gives a socket that was slow a while ago the time for it where nothing but silence speaks against it", async () => {
    using time = new FakeTime();
    using _socket = FakeSocket.install();
    const { signaling, told } = begin();
    await letIn(time);
    for (const tripMs of [400, 20]) {
      await answerPing(time, tripMs);
      await time.tickAsync(SIGNALING.pingIntervalMs - tripMs);
    }
    FakeSocket.last.say({ type: "pong", id: FakeSocket.last.sent.at(-1)!.id });
    signaling.hurry("silence");
    await time.tickAsync(400 * SIGNALING.probeRoundTrips - 1);
    assertEquals(told, ["joined"]);
    await time.tickAsync(1);
    assertEquals(told, ["joined", "away"]);
    signaling.close();
  });

  it("finds out soon, too, where nothing but silence says that it is our own network", async () => {
    using time = new FakeTime();
    using _socket = FakeSocket.install();
    const { signaling, told } = begin();
    await letIn(time);
    FakeSocket.last.say({ type: "pong", id: FakeSocket.last.sent.at(-1)!.id });
    signaling.hurry("silence");
    await time.tickAsync(SIGNALING.probeAtLeastMs.silence);
    assertEquals(told, ["joined", "away"]);
    signaling.close();
  });

  it("paces frames under the node's limit, and says when there is room again", async () => {
    using time = new FakeTime();
    using _socket = FakeSocket.install();
    const { signaling, told } = begin();
    await letIn(time, { limits: { ...welcome().limits, framesPerSecond: 10, frameBurst: 10 } });
    let sent = 0;
    while (signaling.ready()) {
      signaling.sendText("{}");
      sent++;
    }
    assertEquals(sent, 10 * SIGNALING.rateShare - 1, "the first ping took one");
    assertEquals(told, ["joined"]);
    await time.tickAsync(1_000 / (10 * SIGNALING.rateShare));
    assertEquals(told, ["joined", "ready"]);
    assert(signaling.ready());
    signaling.close();
  });

  it("asks for new credentials before the old ones expire", async () => {
    using time = new FakeTime();
    using _socket = FakeSocket.install();
    const { signaling } = begin();
    await letIn(time, { ttlSeconds: 5 });
    await time.tickAsync(5_000 * SIGNALING.renewIceAt);
    assertEquals(FakeSocket.last.types(), ["join", "ping", "iceServers"]);
    signaling.close();
  });

  it("leaves, and is silent afterwards", async () => {
    using time = new FakeTime();
    using _socket = FakeSocket.install();
    const { signaling, told } = begin();
    await letIn(time);
    const socket = FakeSocket.last;
    signaling.close();
    socket.say(welcome());
    socket.end();
    await time.tickAsync(60_000);
    assertEquals(socket.types().at(-1), "leave");
    assertEquals(told, ["joined"]);
    assertEquals(FakeSocket.all.length, 1);
    signaling.close();
  });
});
