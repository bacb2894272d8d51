import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { POLICY } from "../../lib/policy.ts";
import { ProblemError } from "../problem.ts";

/** Refuses a body above `POLICY.rest.bodyBytes` without reading it to its end. */
export function limitBody(): MiddlewareHandler {
  const maxSize = POLICY.rest.bodyBytes;
  const limit = bodyLimit({
    maxSize,
    onError: () => {
      throw new ProblemError(
        "body_too_large",
        `Cannot read the body: it is larger than ${maxSize} bytes; expected at most that`,
      );
    },
  });
  // Whatever the headers say: over HTTP/2 a body may come without any that tells of it.
  return (c, next) => ["GET", "HEAD"].includes(c.req.method) ? next() : limit(c, next);
}

/** By the headers (RFC 9112 §6.3): the runtime hands out a stream even where there is no body. */
function hasBody(c: Context): boolean {
  return Number(c.req.header("content-length") ?? 0) > 0 ||
    c.req.header("transfer-encoding") !== undefined;
}

/** What the routes' validation reads as JSON; anything else it takes for no body at all. */
const JSON_TYPE = /^application\/([a-z.-]+\+)?json(;\s*[a-z0-9-]+=[^;]+)*$/i;

/** Refuses a body that does not say that it is JSON: it would be read as if it were empty. */
export function expectJson(): MiddlewareHandler {
  return async (c, next) => {
    const type = c.req.header("content-type");
    if (hasBody(c) && !JSON_TYPE.test(type ?? "")) {
      throw new ProblemError(
        "json_expected",
        `Cannot read a body of type "${type ?? "none"}"; expected content-type: application/json`,
      );
    }
    await next();
  };
}

/** Gives a request `POLICY.rest.requestTimeoutMs` from its head to its answer: a slow body holds nothing up. */
export function limitTime(): MiddlewareHandler {
  const ms = POLICY.rest.requestTimeoutMs;
  return async (_, next) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(
          new ProblemError(
            "request_timeout",
            `Cannot wait for the request any longer: it took over ${ms} ms; expected it whole by then`,
            { headers: { connection: "close" } },
          ),
        );
      }, ms);
    });
    const work = next();
    work.catch(() => {}); // after a time-out nobody listens any more
    try {
      await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  };
}
