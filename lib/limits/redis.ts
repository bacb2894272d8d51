/**
 * Limits that all nodes share, in Redis by `@upstash/ratelimit`.
 *
 * A command per token would cost more than everything else that a participant does: a node pays for a batch with one
 * command, and hands it out by itself; and for few in a while it does not ask at all. So nodes together may let through
 * one batch each above the burst, and what a node does not hand out in time is lost to its subject: at most 1 % of the
 * burst either way.
 *
 * @module
 */
import { type Duration, Ratelimit } from "@upstash/ratelimit";
import type { Redis } from "@upstash/redis";
import type { Guard } from "../guard.ts";
import { LocalBuckets, SUBJECTS } from "./memory.ts";
import {
  type Bucket,
  type Limits,
  quotaOf,
  type Rule,
  type RuleName,
  type Rules,
  takeEach,
  type Verdict,
} from "./mod.ts";
import { Purse, type PurseTerms } from "./purse.ts";
import { Subjects } from "./subjects.ts";

const POLICY = {
  /** What is paid for at once, of the burst. */
  batchShare: 0.01,
  /** How long what was paid for may be handed out, in ms. */
  validMs: 10_000,
  /** The longest step in which a bucket in Redis is refilled, in ms; one that fills fast has a tenth of that time. */
  intervalMs: 1_000,
} as const;

export interface RedisLimitsOptions {
  redis: Redis;
  rules: Rules;
  /** Of the store: throws at once when it is known to be away, and when it takes too long. */
  guard: Pick<Guard, "run" | "state">;
}

/** Limits in Redis. Where Redis cannot be asked they go on by this node's own buckets. */
export function redisLimits({ redis, rules, guard }: RedisLimitsOptions): Limits {
  const local = new LocalBuckets(rules);
  const shared: Record<RuleName, SharedBuckets> = {
    rest: new SharedBuckets(redis, rules.rest, guard),
    join: new SharedBuckets(redis, rules.join, guard),
    turn: new SharedBuckets(redis, rules.turn, guard),
  };
  async function take(bucket: Bucket, now: number): Promise<Verdict> {
    const verdict = await shared[bucket.rule].take(bucket, now);
    if (verdict?.kind === "denied") return verdict;
    // Also where the other nodes agree, so that without them it goes on from what was let through here.
    const own = local.take(bucket, now);
    return verdict ?? own;
  }
  return {
    take: (rule, subject, now) => takeEach((bucket) => take(bucket, now), rule, subject),
  };
}

/** A purse, and who waits for it. */
interface Account {
  purse: Purse;
  waiting: number;
  filling: Promise<"asked" | "away"> | undefined;
}

/** The shared buckets of one rule. */
class SharedBuckets {
  readonly #accounts: Subjects<Account>;
  readonly #ratelimit: Ratelimit;

  constructor(
    redis: Redis,
    private readonly rule: Rule,
    private readonly guard: Pick<Guard, "run" | "state">,
  ) {
    const terms = termsOf(rule);
    this.#accounts = new Subjects<Account>({
      max: SUBJECTS,
      idleMs: Math.max(terms.validMs, terms.intervalMs, terms.credit * 1000 / rule.rate),
      make: () => ({ purse: new Purse(terms), waiting: 0, filling: undefined }),
    });
    this.#ratelimit = new Ratelimit({
      redis,
      limiter: Ratelimit.tokenBucket(
        rule.rate * terms.intervalMs / 1000,
        `${terms.intervalMs} ms` satisfies Duration,
        rule.burst,
      ),
      prefix: "meshlift:limit",
      // Its own would let everything through.
      timeout: 0,
      // The purse remembers denials; what the library remembers only grows.
      ephemeralCache: false,
      analytics: false,
      enableTelemetry: false,
    });
  }

  /** Takes a token, if there is one; `undefined` when nobody can tell. */
  async take(bucket: Bucket, now: number): Promise<Verdict | undefined> {
    const name = `${bucket.rule}:${bucket.scope}:${bucket.of}`;
    const account = this.#accounts.see(name, now);
    for (;;) {
      const taken = account.purse.take(now);
      if (taken.kind !== "unknown") {
        const remaining = taken.kind === "denied" ? 0 : account.purse.remaining(now);
        // While nobody can be asked it is on credit that will not be paid.
        const decidedBy = account.purse.owed > 0 && this.guard.state === "down"
          ? "local"
          : "shared";
        return { ...quotaOf(bucket, this.rule, { remaining, decidedBy }), ...taken };
      }
      if (await this.#filled(account, name, now) === "away") return undefined;
    }
  }

  /** Waits for the answer that is under way; one for all who wait. */
  async #filled(account: Account, name: string, now: number): Promise<"asked" | "away"> {
    account.waiting++;
    try {
      return await (account.filling ??= this.#fill(account, name, now).finally(() => {
        account.filling = undefined;
      }));
    } finally {
      account.waiting--;
    }
  }

  async #fill(account: Account, name: string, now: number): Promise<"asked" | "away"> {
    const { purse } = account;
    const ask = (tokens: number) =>
      this.guard.run(() => this.#ratelimit.limit(name, { rate: tokens }));
    // Whoever comes in the same breath is to be counted.
    await Promise.resolve();
    try {
      let tokens = purse.wanted(account.waiting, now);
      const all = tokens + purse.owed;
      let answer = await ask(all);
      if (!answer.success && all > 1) {
        // All or none: other nodes have left fewer than that.
        tokens = 1;
        answer = await ask(tokens);
      }
      if (answer.success) purse.filled(tokens, answer.remaining, now);
      else purse.emptied(answer.reset - Date.now(), now);
      return "asked";
    } catch {
      // Whatever it was, limits have to go on; the guard knows, and tells, what is wrong with the store.
      return "away";
    }
  }
}

function termsOf({ rate, burst }: Rule): PurseTerms {
  const fillMs = burst * 1000 / rate;
  return {
    rate,
    burst,
    batch: Math.max(1, Math.floor(burst * POLICY.batchShare)),
    credit: Math.floor(burst * POLICY.batchShare),
    validMs: POLICY.validMs,
    // At least one token each time, so that after it nobody is denied in vain.
    intervalMs: Math.ceil(Math.max(1000 / rate, Math.min(POLICY.intervalMs, fillMs / 10))),
  };
}
