import { createHash } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import type { Idempotency } from "../../lib/idempotency/mod.ts";
import type { Log } from "../../lib/log.ts";
import { reasonOf } from "../../lib/unavailable.ts";
import { ProblemError } from "../problem.ts";
import type { TenantEnv } from "./tenant.ts";

/**
 * Answers a repeated POST with the same `Idempotency-Key` as it was answered before
 * (draft-ietf-httpapi-idempotency-key-header). Keys are apart per tenant.
 */
export function idempotent(store: Idempotency, log: Log): MiddlewareHandler<TenantEnv> {
  return async (c, next) => {
    const header = c.req.header("idempotency-key");
    if (c.req.method !== "POST" || header === undefined) return await next();
    if (header.length === 0 || header.length > 255) {
      throw new ProblemError(
        "invalid_request",
        `Cannot use an Idempotency-Key of ${header.length} characters; expected 1 to 255`,
      );
    }
    const key = `${c.get("tenant")}/${header}`;
    const fingerprint = digest(`${c.req.path}\n${await c.req.text()}`);
    const known = await store.take(key, fingerprint);
    if (known) {
      c.res = replay(header, fingerprint, known);
      return;
    }
    let ran = false;
    try {
      await next();
      ran = true;
    } finally {
      if (!ran) await store.release(key);
    }
    // "Not now" is no answer to keep: the same request may be tried again.
    if (c.res.status >= 500 || c.res.status === 429) return await store.release(key);
    const answer = {
      status: c.res.status,
      contentType: c.res.headers.get("content-type") ?? "application/json",
      body: await c.res.clone().text(),
    };
    // Not saved, it stays taken until its lease runs out: given back, the request could be done twice.
    await store.save(key, { fingerprint, answer }).catch((error) => {
      log("error", "answer_not_saved", { error: reasonOf(error) });
    });
  };
}

function replay(
  header: string,
  fingerprint: string,
  known: NonNullable<Awaited<ReturnType<Idempotency["take"]>>>,
): Response {
  if (known.fingerprint !== fingerprint) {
    throw new ProblemError(
      "idempotency_key_reused",
      `Cannot use Idempotency-Key "${header}" again: it came with another request; expected a new key`,
    );
  }
  if (!known.answer) {
    throw new ProblemError(
      "idempotency_key_in_use",
      `Cannot repeat the request of Idempotency-Key "${header}" yet: the first is being answered; expected a moment's wait`,
      { retryAfterMs: 1_000 },
    );
  }
  const { status, contentType, body } = known.answer;
  return new Response(body, {
    status,
    headers: { "content-type": contentType, "idempotency-replayed": "true" },
  });
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
