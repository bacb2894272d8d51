import { TokenBucket } from "../token_bucket.ts";
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
import { Subjects } from "./subjects.ts";

/** Subjects that a node remembers per rule, about 200 bytes each. A forgotten one has a full bucket again. */
export const SUBJECTS = 20_000;

/** Limits in this process's memory: for one node, for tests, and for a node that has lost the others. */
export function memoryLimits(rules: Rules): Limits {
  const buckets = new LocalBuckets(rules);
  return {
    take: (rule, subject, now) => takeEach((bucket) => buckets.take(bucket, now), rule, subject),
  };
}

/** The buckets of one node's own. */
export class LocalBuckets {
  readonly #subjects: Record<RuleName, Subjects<TokenBucket>>;

  constructor(private readonly rules: Rules) {
    this.#subjects = {
      rest: bucketsOf(rules.rest),
      join: bucketsOf(rules.join),
      turn: bucketsOf(rules.turn),
    };
  }

  /** Takes a token, if there is one. */
  take(of: Bucket, now: number): Verdict {
    const bucket = this.#subjects[of.rule].see(`${of.scope}:${of.of}`, now);
    const allowed = bucket.take(now);
    const standing = { remaining: bucket.left, decidedBy: "local" } as const;
    const quota = quotaOf(of, this.rules[of.rule], standing);
    return allowed
      ? { kind: "allowed", ...quota }
      : { kind: "denied", ...quota, retryAfterMs: bucket.waitMs() };
  }
}

function bucketsOf(rule: Rule): Subjects<TokenBucket> {
  return new Subjects({
    max: SUBJECTS,
    // By then it is full again, as a new one is.
    idleMs: rule.burst * 1000 / rule.rate,
    make: (now) => new TokenBucket(now, rule),
  });
}
