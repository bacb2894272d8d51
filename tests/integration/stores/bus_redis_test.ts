import { assert, assertEquals, assertRejects } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { guardedBus, isOfMessage } from "../../../lib/bus/guarded.ts";
import { type Bus, BusAwayError } from "../../../lib/bus/mod.ts";
import { BUS_POLICY, type BusPolicy } from "../../../lib/bus/policy.ts";
import { redisBus } from "../../../lib/bus/redis.ts";
import { Guard } from "../../../lib/guard.ts";
import { POLICY } from "../../../lib/policy.ts";
import { busContract } from "../../contract/bus.ts";
import { busOutageContract } from "../../contract/bus_outages.ts";
import { type BusInbox, numbered, openInbox } from "../../helpers/bus_inbox.ts";
import { flows } from "../../helpers/bus_load.ts";
import { startRedis, type TestRedis } from "../../helpers/redis_gateway.ts";
import { upstashClient } from "../../helpers/upstash_client.ts";

/** So that silent deaths are soon noticed. */
const QUICK: BusPolicy = {
  ...BUS_POLICY,
  redis: { ...BUS_POLICY.redis, quietMs: 400, echoMs: 400, pauseMs: 50 },
};

/** Looks after nothing by itself. */
const PATIENT: BusPolicy = { ...QUICK, redis: { ...QUICK.redis, quietMs: 3_600_000 } };

describe("the bus over Redis", () => {
  let redis: TestRedis;

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(async () => await redis[Symbol.asyncDispose]());

  function connect(policy: BusPolicy, url = redis.url): Bus {
    const signal = () => AbortSignal.timeout(5_000);
    const address = { url, token: redis.token };
    return redisBus(upstashClient(address, { signal }), address, policy);
  }

  busContract("Redis", () => ({ near: connect(QUICK), far: connect(QUICK) }));

  busOutageContract("Redis", () => ({
    url: redis.url,
    connect: (url) => Promise.resolve(connect(QUICK, url)),
    kill: redis.server.kill,
    start: async () => {
      await redis.server.start();
      await redis.connected();
    },
    pause: redis.server.pause,
    resume: redis.server.resume,
  }));

  /** Runs a test with one bus and its inbox. */
  async function withInbox(
    policy: BusPolicy,
    test: (bus: Bus, inbox: BusInbox) => Promise<void>,
  ): Promise<void> {
    const bus = connect(policy);
    try {
      await test(bus, await openInbox(bus, "n_1"));
    } finally {
      redis.faults.set({ kind: "none" });
      await bus.close();
    }
    // Nothing of it stays: neither the stream that is used, nor one that was given up.
    await redis.faults.streamsOpen(0);
  }

  it("notices at once that its stream has ended, opens another, and tells of the gap", () =>
    withInbox(PATIENT, async (bus, inbox) => {
      redis.faults.endStreams();
      await inbox.until("to be told of the gap", ({ missed }) => missed === 1);
      await redis.faults.streamsOpen(1);
      await flows(bus, inbox, 1);
    }));

  it("notices that nothing comes on its stream any more, gives it up, opens another, tells of the gap", () =>
    withInbox(QUICK, async (bus, inbox) => {
      redis.faults.muteStreams();
      await inbox.until("to be told of the gap", ({ missed }) => missed === 1);
      await redis.faults.streamsOpen(1);
      await flows(bus, inbox, 1);
    }));

  it("looks at once whether it still hears, when it is told to", () =>
    withInbox(PATIENT, async (bus, inbox) => {
      redis.faults.muteStreams();
      bus.check();
      await inbox.until("to be told of the gap", ({ missed }) => missed === 1);
    }));

  it("looks whether it still hears, when sending works again", () =>
    withInbox(PATIENT, async (bus, inbox) => {
      redis.faults.set({ kind: "error", status: 503, error: "away" });
      await assertRejects(() => bus.publish(inbox.node, numbered(1)), BusAwayError);
      redis.faults.muteStreams();
      redis.faults.set({ kind: "none" });
      await flows(bus, inbox, 2);
      assert(inbox.missed > 0);
    }));

  it("costs one command for each message that finds none waiting", () =>
    withInbox(BUS_POLICY, async (bus, inbox) => {
      redis.forget();
      for (let n = 0; n < 10; n++) await bus.publish(inbox.node, numbered(n));
      await inbox.received(10);
      assertEquals([redis.count("PUBLISH"), redis.count()], [10, 10]);
    }));

  it("costs one command for all messages that wait for one node", () =>
    withInbox(BUS_POLICY, async (bus, inbox) => {
      const other = await openInbox(bus, "n_2");
      redis.forget();
      const numbers = Array.from({ length: 100 }, (_, n) => n);
      await Promise.all(
        numbers.flatMap((n) => [inbox, other].map(({ node }) => bus.publish(node, numbered(n)))),
      );
      await Promise.all([inbox.received(100), other.received(100)]);
      assertEquals([redis.count("PUBLISH"), redis.count()], [2, 2]);
      assertEquals([inbox.numbers, other.numbers], [numbers, numbers]);
    }));

  it("carries what stands between messages within one as well", () =>
    withInbox(BUS_POLICY, async (bus, inbox) => {
      const sent = [numbered(1, "a\x1eb\n"), numbered(2)];
      await Promise.all(sent.map((message) => bus.publish(inbox.node, message)));
      await inbox.received(2);
      assertEquals(inbox.messages, sent);
    }));

  it("is not taken for away when a room has too much to send", () =>
    withInbox(BUS_POLICY, async (bus, inbox) => {
      const guarded = guardedBus(bus, new Guard("bus", { ...POLICY.bus, passes: isOfMessage }));
      const much = Array.from(
        { length: 2 * POLICY.bus.failures },
        (_, n) => guarded.publish(inbox.node, numbered(n, 500_000)),
      );
      const refused = (await Promise.allSettled(much)).filter(({ status }) =>
        status === "rejected"
      );
      assert(refused.length > POLICY.bus.failures, `${refused.length} were refused`);
      assertEquals(guarded.state, "up");
    }));

  it("says why a message was refused, and not what was in it", () =>
    withInbox(QUICK, async (bus, inbox) => {
      redis.faults.set({ kind: "error", status: 500, error: "ERR out of order" });
      const { message } = await assertRejects(
        () => bus.publish(inbox.node, numbered(1, "private")),
        BusAwayError,
      );
      assertEquals(
        message,
        "Cannot send over Redis: ERR out of order; expected it to take the message",
      );
      assertEquals(bus.state, "down");
    }));

  it("asks nothing of a Redis that is away but by a try now and then", () =>
    withInbox({ ...QUICK, redis: { ...QUICK.redis, pauseMs: 3_600_000 } }, async (bus, inbox) => {
      redis.faults.set({ kind: "error", status: 503, error: "away" });
      await assertRejects(() => bus.publish(inbox.node, numbered(0)), BusAwayError);
      redis.faults.set({ kind: "none" });
      redis.forget();
      const sent = Array.from({ length: 100 }, (_, n) => bus.publish(inbox.node, numbered(n)));
      const refused = (await Promise.allSettled(sent)).filter((it) => it.status === "rejected");
      assertEquals([refused.length, redis.count()], [100, 0]);
    }));

  it("gives up a stream for good, however long ago it was opened", async () => {
    const bus = connect(QUICK);
    await openInbox(bus, "n_3");
    // A stream outlives what opened it, which the garbage collector then takes.
    for (let n = 0; n < 1_000; n++) await bus.publish("n_nobody", numbered(n, 10_000));
    await bus.close();
    await redis.faults.streamsOpen(0);
  });

  it("is content with a client that reads JSON by itself and bundles commands by itself", async () => {
    const { url, token } = redis;
    const client = upstashClient(
      { url, token },
      { automaticDeserialization: true, enableAutoPipelining: true },
    );
    const bus = redisBus(client, { url, token }, QUICK);
    const inbox = await openInbox(bus, "n_2");
    await bus.publish(inbox.node, numbered(1, `,"',{}[]`));
    await inbox.received(1);
    assertEquals(inbox.messages, [numbered(1, `,"',{}[]`)]);
    await bus.close();
  });

  it("leaves a message of the largest size whole, beside others", () =>
    withInbox(QUICK, async (bus, inbox) => {
      const sizes = [10, 520_000, 10, 300_000, 10];
      await Promise.all(sizes.map((size, n) => bus.publish(inbox.node, numbered(n, size))));
      await inbox.received(sizes.length);
      assertEquals(inbox.messages, sizes.map((size, n) => numbered(n, size)));
    }));
});
