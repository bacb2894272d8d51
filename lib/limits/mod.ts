/**
 * The port to rate limits that all nodes share: REST requests, joins and TURN credentials, per tenant and per address.
 * What runs per frame has token buckets of its own (lib/token_bucket.ts).
 *
 * @module
 */

/** What is limited. */
export type RuleName = "rest" | "join" | "turn";

/** A token bucket: `rate` a second, sustained, and `burst` at once. Whole numbers from 1. */
export interface Rule {
  rate: number;
  burst: number;
}

export type Rules = Readonly<Record<RuleName, Rule>>;

/**
 * Applied to each tenant and to each address. Generous, because one address may be a company behind a NAT, and every
 * participant of a call that comes back at once after a fault joins anew.
 */
export const DEFAULT_RULES: Rules = {
  rest: { rate: 1_000, burst: 10_000 },
  join: { rate: 1_000, burst: 10_000 },
  turn: { rate: 100, burst: 2_000 },
};

/** Whose tokens: all that come from one address (see lib/client_address.ts), or all that one tenant does. */
export type Scope = "address" | "tenant";

/** Who asks; each that is named has to have a token. */
export type Subject =
  | { address: string; tenant?: string }
  | { address?: string; tenant: string };

/** `shared`: by the tokens of all nodes. `local`: by this node's own, because there are no others to be had. */
export type DecidedBy = "shared" | "local";

/** How one subject's bucket stands. */
export interface Quota {
  rule: RuleName;
  scope: Scope;
  decidedBy: DecidedBy;
  /** The burst: how many a full bucket holds. */
  limit: number;
  /** Tokens a second. */
  rate: number;
  /** Tokens that are left; where nodes share them, by what this node last heard. */
  remaining: number;
  /** Until the bucket is full, if nobody takes, in ms. */
  resetMs: number;
}

export type Allowed = Quota & { kind: "allowed" };
/** `retryAfterMs`: when another try is worth it. */
export type Denied = Quota & { kind: "denied"; retryAfterMs: number };
export type Verdict = Allowed | Denied;

export interface Limits {
  /**
   * Takes a token of each that `subject` names: of the address first, so that an address that is denied costs its
   * tenant nothing. The answer is of the one that denies, or else of the tightest. Never rejects.
   */
  take(rule: RuleName, subject: Subject, now: number): Promise<Verdict>;
}

/** One token of one bucket. */
export interface Bucket {
  rule: RuleName;
  scope: Scope;
  /** Whose: an address or a tenant. */
  of: string;
}

/** The verdict on an address and a tenant, from those on each alone. */
export async function takeEach(
  take: (bucket: Bucket) => Verdict | Promise<Verdict>,
  rule: RuleName,
  { address, tenant }: Subject,
): Promise<Verdict> {
  if (address === undefined) return await take({ rule, scope: "tenant", of: tenant! });
  const first = await take({ rule, scope: "address", of: address });
  if (tenant === undefined || first.kind === "denied") return first;
  const second = await take({ rule, scope: "tenant", of: tenant });
  return second.kind === "denied" || second.remaining < first.remaining ? second : first;
}

/** How a bucket of `rule` stands that has `remaining` tokens. */
export function quotaOf(
  { rule, scope }: Bucket,
  { rate, burst }: Rule,
  { remaining, decidedBy }: Pick<Quota, "remaining" | "decidedBy">,
): Quota {
  const resetMs = Math.ceil((burst - remaining) * 1000 / rate);
  return { rule, scope, decidedBy, limit: burst, rate, remaining, resetMs };
}

const WHAT: Record<RuleName, string> = {
  rest: "more requests",
  join: "more joins",
  turn: "more requests for TURN credentials",
};

/** What to tell whoever was denied. */
export function denialText({ rule, scope, rate, limit }: Denied): string {
  return `Cannot take ${
    WHAT[rule]
  } of this ${scope} now; expected at most ${rate} a second and ${limit} at once`;
}
