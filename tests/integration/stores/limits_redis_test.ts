import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, beforeEach, describe, it } from "@std/testing/bdd";
import { Guard } from "../../../lib/guard.ts";
import { DEFAULT_RULES, type Limits, type Rules, type Subject } from "../../../lib/limits/mod.ts";
import { redisLimits } from "../../../lib/limits/redis.ts";
import { upstashRedis } from "../../../lib/upstash.ts";
import { limitsContract } from "../../contract/limits.ts";
import { Clock } from "../../helpers/clock.ts";
import { startRedis, type TestRedis } from "../../helpers/redis_gateway.ts";
import { startGateway } from "../../../tools/redis/gateway.ts";

const acme: Subject = { tenant: "acme" };
const TERMS = { concurrency: 100, queue: 1000, timeoutMs: 2_000, failures: 3, pauseMs: 1_000 };
/** A burst so small that each token is a command. */
const SMALL: Rules = { ...DEFAULT_RULES, rest: { rate: 1, burst: 5 } };

/** One node's limits by way of `gateway`. */
function limitsOn(
  { url, token }: { url: string; token: string },
  rules: Rules,
  guard = new Guard("store", TERMS),
): Limits {
  const redis = upstashRedis({ url, token, timeoutMs: TERMS.timeoutMs });
  return redisLimits({ redis, rules, guard });
}

/** Takes `count` tokens of `rest`, one after the other; the answer is how many there were. */
async function takeMany(limits: Limits, count: number, subject = acme): Promise<number> {
  let allowed = 0;
  for (let i = 0; i < count; i++) {
    if ((await limits.take("rest", subject, Date.now())).kind === "allowed") allowed++;
  }
  return allowed;
}

describe("limits in Redis", () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(async () => await redis[Symbol.asyncDispose]());

  beforeEach(async () => {
    await redis.server.call("FLUSHALL");
    // The script is there from the first time on, and is not counted.
    await limitsOn(redis, DEFAULT_RULES).take("rest", { tenant: "somebody" }, Date.now());
    redis.forget();
  });

  limitsContract("redis", async (rules) => {
    await redis.server.call("FLUSHALL");
    return limitsOn(redis, rules);
  });

  describe("shared by nodes", () => {
    it("let a burst through on all together, and not one more", async () => {
      using _ = new Clock();
      const nodes = [limitsOn(redis, SMALL), limitsOn(redis, SMALL), limitsOn(redis, SMALL)];
      const taken = [];
      for (const node of [...nodes, ...nodes]) taken.push(await takeMany(node, 1));
      assertEquals(taken, [1, 1, 1, 1, 1, 0]);
    });

    it("say that nodes decided together, and what all have left", async () => {
      using clock = new Clock();
      await takeMany(limitsOn(redis, SMALL), 2);
      const { decidedBy, remaining } = await limitsOn(redis, SMALL).take("rest", acme, clock.now);
      assertEquals([decidedBy, remaining], ["shared", 2]);
    });

    it("let through all of a large burst, whatever part each node paid for", async () => {
      using _ = new Clock();
      const rules = { ...DEFAULT_RULES, rest: { rate: 100, burst: 2_000 } };
      const [a, b] = [limitsOn(redis, rules), limitsOn(redis, rules)];
      const all = Array.from({ length: 1_100 }, () => [takeMany(a, 1), takeMany(b, 1)]).flat();
      const taken = (await Promise.all(all)).filter((allowed) => allowed === 1).length;
      const rest = await takeMany(a, 2_000) + await takeMany(b, 2_000);
      // And a batch each at most, which a node hands out before it asks.
      assert(taken + rest >= 2_000 && taken + rest <= 2_040, `${taken + rest}`);
    });

    it("keep a rate that is far above the burst", async () => {
      using clock = new Clock();
      const rules = { ...DEFAULT_RULES, rest: { rate: 1_000, burst: 10 } };
      const limits = limitsOn(redis, rules);
      let allowed = 0;
      for (let i = 0; i < 50; i++) {
        allowed += await takeMany(limits, 5);
        clock.now += 5;
      }
      assertEquals(allowed, 250);
    });

    it("hold nobody back for a node whose clock is an hour ahead", async () => {
      using clock = new Clock();
      const [ahead, right] = [limitsOn(redis, SMALL), limitsOn(redis, SMALL)];
      clock.now += 3_600_000;
      await takeMany(ahead, 5);
      clock.now -= 3_600_000;
      const denied = await right.take("rest", acme, clock.now);
      assert(denied.kind === "denied" && denied.retryAfterMs <= 1_000, JSON.stringify(denied));
    });

    it("leave keys of this project that end by themselves", async () => {
      await takeMany(limitsOn(redis, SMALL), 2);
      const key = "meshlift:limit:rest:tenant:acme";
      const ms = Number(await redis.server.call("PTTL", key));
      assert(ms > 0 && ms <= 5_000, `${ms} ms`);
      const keys = await redis.server.call("KEYS", "*") as string[];
      assert(keys.includes(key) && keys.every((name) => name.startsWith("meshlift:")), `${keys}`);
    });
  });

  describe("cost", () => {
    const home: Subject = { address: "192.0.2.1", tenant: "acme" };

    it("nothing for few in a while, though they be told of when more come", async () => {
      using clock = new Clock();
      const limits = limitsOn(redis, DEFAULT_RULES);
      for (let i = 0; i < 10; i++) {
        assertEquals(await takeMany(limits, 100, home), 100);
        clock.now += 10_000;
      }
      assertEquals(redis.count(), 0);
      await takeMany(limits, 101);
      // Of the hundred that are paid for, 99 are in hand; the hundred before are told of.
      assertEquals((await limits.take("rest", acme, clock.now)).remaining, 10_000 - 102);
    });

    it("a command for 100 of a tenant and one for 100 of an address", async () => {
      using _ = new Clock();
      assertEquals(await takeMany(limitsOn(redis, DEFAULT_RULES), 1_000, home), 1_000);
      assertEquals(redis.count(), 18);
    });

    it("a command each for all who come at once", async () => {
      using _ = new Clock();
      const limits = limitsOn(redis, DEFAULT_RULES);
      await Promise.all(Array.from({ length: 1_000 }, () => takeMany(limits, 1, home)));
      assert(redis.count() <= 4, `${redis.count()} commands`);
    });

    it("nothing for a new address, and hardly a command for its tenant", async () => {
      using _ = new Clock();
      const limits = limitsOn(redis, DEFAULT_RULES);
      for (let i = 0; i < 1_000; i++) {
        const address = `192.0.${i >> 8}.${i & 255}`;
        assertEquals(await takeMany(limits, 1, { address, tenant: "acme" }), 1);
      }
      assertEquals(redis.count(), 9);
    });

    it("one command for all who are denied until there is one again", async () => {
      using clock = new Clock();
      const limits = limitsOn(redis, SMALL);
      await takeMany(limits, 5);
      redis.forget();
      assertEquals(await takeMany(limits, 1_000), 0);
      assertEquals(redis.count(), 1);
      clock.now += 1_000;
      assertEquals(await takeMany(limits, 1_000), 1);
      assertEquals(redis.count(), 3);
    });

    it("few commands for the last of a bucket that another node has nearly emptied", async () => {
      using _ = new Clock();
      const rules = { ...DEFAULT_RULES, rest: { rate: 1, burst: 1_000 } };
      const [a, b] = [limitsOn(redis, rules), limitsOn(redis, rules)];
      await takeMany(a, 20);
      await Promise.all(Array.from({ length: 977 }, () => takeMany(b, 1)));
      redis.forget();
      assertEquals(await takeMany(a, 20), 3);
      // A batch that is refused, one token, the two that are left, and one that is refused.
      assertEquals(redis.count(), 4);
    });

    it("nothing for what was paid for, while it is good", async () => {
      using clock = new Clock();
      const limits = limitsOn(redis, DEFAULT_RULES);
      await takeMany(limits, 101);
      redis.forget();
      clock.now += 9_999;
      await takeMany(limits, 99);
      assertEquals(redis.count(), 0);
      await takeMany(limits, 1);
      assertEquals(redis.count(), 1);
    });
  });

  describe("with Redis away", () => {
    const decided = async (limits: Limits) =>
      (await limits.take("rest", acme, Date.now())).decidedBy;

    it("go on by this node's own count, say so, and come back by themselves", async () => {
      using clock = new Clock();
      const open = (port?: number) =>
        startGateway({ redisUrl: redis.server.url, token: "a token", port });
      const first = await open();
      const guard = new Guard("store", TERMS);
      const limits = limitsOn(first, SMALL, guard);
      assertEquals([await decided(limits), await decided(limits)], ["shared", "shared"]);
      await first.close();
      const verdicts = [];
      for (let i = 0; i < 5; i++) verdicts.push(await limits.take("rest", acme, clock.now));
      assertEquals(
        verdicts.map(({ kind, decidedBy, remaining }) => [kind, decidedBy, remaining]),
        [
          ["allowed", "local", 2],
          ["allowed", "local", 1],
          ["allowed", "local", 0],
          ["denied", "local", 0],
          ["denied", "local", 0],
        ],
      );
      assertEquals([guard.state, guard.counts.failed], ["down", TERMS.failures]);

      await using _ = await open(Number(new URL(first.url).port));
      assertEquals(await decided(limits), "local");
      clock.now += TERMS.pauseMs;
      assertEquals([await decided(limits), guard.state], ["shared", "up"]);
      assertEquals(guard.counts.failed, TERMS.failures);
    });

    const faults = [
      { kind: "error", status: 500, error: "ERR broken" },
      { kind: "error", status: 401, error: "WRONGPASS" },
      { kind: "lost answer" },
    ] as const;
    for (const fault of faults) {
      it(`go on while it answers ${JSON.stringify(fault)}, and are shared again after`, async () => {
        using clock = new Clock();
        await using gateway = await redis.addGateway();
        const limits = limitsOn(gateway, SMALL);
        assertEquals(await decided(limits), "shared");
        gateway.faults.set(fault);
        assertEquals(await decided(limits), "local");
        gateway.faults.set({ kind: "none" });
        clock.now += 1_000;
        assertEquals(await decided(limits), "shared");
      });
    }

    it("go on while it does not answer, after one time-out for all who wait", async () => {
      await using gateway = await redis.addGateway();
      const guard = new Guard("store", { ...TERMS, timeoutMs: 50, failures: 1 });
      const limits = limitsOn(gateway, DEFAULT_RULES, guard);
      await takeMany(limits, DEFAULT_RULES.rest.burst / 100);
      gateway.faults.set({ kind: "hang" });
      const answers = await Promise.all(Array.from({ length: 100 }, () => decided(limits)));
      assertEquals(answers, Array(100).fill("local"));
      assertEquals(guard.counts, { failed: 1, refused: 0 });
      assertEquals(await decided(limits), "local");
      assertEquals(guard.counts, { failed: 1, refused: 1 });
    });

    it("send nothing while the circuit is broken", async () => {
      using _ = new Clock();
      await using gateway = await redis.addGateway();
      const limits = limitsOn(gateway, SMALL);
      gateway.faults.set({ kind: "lost answer" });
      const all = Array.from({ length: 500 }, (_, i) => {
        return limits.take("rest", { address: `192.0.2.${i}` }, Date.now());
      });
      await Promise.all(all);
      const { length } = gateway.commands;
      await takeMany(limits, 1_000);
      assertEquals(gateway.commands.length, length);
      assert(length <= TERMS.concurrency, `${length} commands`);
    });

    it("are shared at once when it was restarted, and knows no script", async () => {
      using _ = new Clock();
      const limits = limitsOn(redis, SMALL);
      assertEquals(await decided(limits), "shared");
      await redis.server.restart();
      await redis.connected();
      assertEquals(await decided(limits), "shared");
      assertEquals(await takeMany(limits, 10), 4);
    });
  });
});
