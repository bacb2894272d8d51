/**
 * Every REST error: problem details (RFC 9457) with a stable `code`.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { errorText, type Log } from "../lib/log.ts";
import type { Refusal } from "../lib/room_event.ts";
import { Unavailable } from "../lib/unavailable.ts";

export const Problem = z.object({
  type: z.literal("about:blank"),
  title: z.string(),
  status: z.number().int(),
  code: z.string().openapi({ description: "Stable; branch on this.", example: "room_not_found" }),
  detail: z.string().openapi({ description: "For people; may change." }),
  retryAfterMs: z.number().int().optional().openapi({
    description: "When another try may be worth it, in ms; as Retry-After, but finer.",
  }),
}).openapi("Problem");

const STATUS = {
  invalid_request: 400,
  invalid_settings: 400,
  malformed_json: 400,
  unauthorized: 401,
  origin_not_allowed: 403,
  not_operator: 403,
  not_found: 404,
  room_not_found: 404,
  participant_not_found: 404,
  sfu_not_found: 404,
  request_timeout: 408,
  room_exists: 409,
  epoch_stale: 409,
  sfu_unavailable: 409,
  idempotency_key_in_use: 409,
  body_too_large: 413,
  json_expected: 415,
  idempotency_key_reused: 422,
  upgrade_required: 426,
  room_limit: 429,
  rate_limited: 429,
  internal: 500,
  unavailable: 503,
} as const satisfies Record<string, ContentfulStatusCode>;

export type ProblemCode = keyof typeof STATUS;

const TITLES: Record<number, string> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  408: "Request Timeout",
  409: "Conflict",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  426: "Upgrade Required",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** Thrown by a handler, answered by `answerError`. The message says what was done, with what value, what was expected. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  constructor(readonly code: ProblemCode, detail: string, readonly options: ProblemOptions = {}) {
    super(detail);
  }
}

interface ProblemOptions {
  headers?: Record<string, string>;
  /** When another try may be worth it, in ms. */
  retryAfterMs?: number;
}

/** A room's refusal -> the problem to throw. */
export function refusalProblem({ code, message, retryAfterMs }: Refusal): ProblemError {
  return new ProblemError(
    isProblemCode(code) ? code : "invalid_request",
    message,
    { retryAfterMs },
  );
}

/** hono's `onError`: whatever was thrown -> a problem. What nobody expected is logged, and not shown. */
export function answerError(log: Log): (error: Error, c: Context) => Response {
  return (error, c) => {
    const known = asProblem(error);
    if (known) return problemResponse(known);
    log("error", "request_failed", { method: c.req.method, error: errorText(error) });
    return problemResponse(
      new ProblemError("internal", "Cannot answer: an internal error; the log has more"),
    );
  };
}

function asProblem(error: Error): ProblemError | undefined {
  if (error instanceof ProblemError) return error;
  if (error instanceof Unavailable) {
    return new ProblemError("unavailable", error.message, { retryAfterMs: error.retryAfterMs });
  }
  // What hono throws for a body that is not JSON: its validator the one, `c.req.json()` the other.
  if ((error instanceof HTTPException && error.status === 400) || error instanceof SyntaxError) {
    return new ProblemError("malformed_json", "Cannot read the body; expected JSON");
  }
  // And for one that its headers do not even announce, as over HTTP/2.
  if (error instanceof HTTPException && error.status === 415) {
    return new ProblemError(
      "json_expected",
      "Cannot read a body of this type; expected content-type: application/json",
    );
  }
  return undefined;
}

function problemResponse({ code, message, options }: ProblemError): Response {
  const { headers, retryAfterMs } = options;
  const status = STATUS[code];
  const retry = retryAfterMs === undefined
    ? undefined
    // Whole seconds (RFC 9110 §10.2.3).
    : { "retry-after": String(Math.ceil(retryAfterMs / 1000)) };
  return Response.json(
    { type: "about:blank", title: TITLES[status], status, code, detail: message, retryAfterMs },
    { status, headers: { ...headers, ...retry, "content-type": "application/problem+json" } },
  );
}

function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(STATUS, code);
}
