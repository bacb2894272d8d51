/**
 * Rate limits of REST, told as draft-ietf-httpapi-ratelimit-headers-11 says:
 *
 *     RateLimit-Policy: "tenant";q=10000;w=10, "address";q=10000;w=10
 *     RateLimit: "tenant";r=9999;t=1, "address";r=9990;t=1
 *
 * `q` is what may be used at once, `w` the time in which that comes back. `r` is what is left; `t` the time until all
 * of it is back, or with a 429 until another try is worth it, as in `Retry-After`. Where this node decided by itself,
 * without the tokens of the others, the item in `RateLimit` has the parameter `meshlift-decided="local"`.
 *
 * @module
 */
import type { Context, Env, MiddlewareHandler } from "hono";
import {
  denialText,
  type Denied,
  type Limits,
  type Subject,
  type Verdict,
} from "../../lib/limits/mod.ts";
import type { AddressOf } from "../caller.ts";
import { ProblemError } from "../problem.ts";
import type { TenantEnv } from "./tenant.ts";

/** Limits requests per address. Goes before whatever finds out whose a request is: guessing costs tokens too. */
export function limitAddress(limits: Limits, addressOf: AddressOf): MiddlewareHandler {
  return limited(limits, (c) => ({ address: addressOf(c) }));
}

/** Limits requests per tenant. Goes after `requireTenant`. */
export function limitTenant(limits: Limits): MiddlewareHandler<TenantEnv> {
  return limited<TenantEnv>(limits, (c) => ({ tenant: c.get("tenant") }));
}

function limited<E extends Env>(
  limits: Limits,
  subjectOf: (c: Context<E>) => Subject,
): MiddlewareHandler<E> {
  return async (c, next) => {
    const verdict = await limits.take("rest", subjectOf(c), Date.now());
    if (verdict.kind === "denied") throw rateLimited(verdict);
    await next();
    // Of what was answered, whatever it is; the other scope adds its own.
    for (const [name, value] of Object.entries(headersOf(verdict))) {
      c.header(name, value, { append: true });
    }
  };
}

function rateLimited(verdict: Denied): ProblemError {
  return new ProblemError("rate_limited", denialText(verdict), {
    headers: headersOf(verdict),
    retryAfterMs: verdict.retryAfterMs,
  });
}

function headersOf(verdict: Verdict): Record<string, string> {
  const { scope, limit, rate, remaining, resetMs, decidedBy } = verdict;
  const window = verdict.kind === "denied" ? verdict.retryAfterMs : resetMs;
  const decided = decidedBy === "local" ? `;meshlift-decided="local"` : "";
  return {
    "ratelimit-policy": `"${scope}";q=${limit};w=${seconds(limit * 1000 / rate)}`,
    "ratelimit": `"${scope}";r=${remaining};t=${seconds(window)}${decided}`,
  };
}

/** Whole seconds, as both fields and `Retry-After` want them (RFC 9110 §10.2.3). */
function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}
