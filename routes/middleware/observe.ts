import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import type { Log } from "../../lib/log.ts";
import type { Metrics } from "../../lib/metrics.ts";
import type { TenantEnv } from "./tenant.ts";

/** Methods that are labels; any other is `_OTHER`, as OpenTelemetry's conventions for HTTP say. */
const METHODS = new Set(["GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS"]);

/** Logs and measures each REST request by its route, never by its path: ids are not labels. */
export function observe(log: Log, metrics: Metrics): MiddlewareHandler<TenantEnv> {
  return async (c, next) => {
    const start = performance.now();
    await next();
    const durationMs = performance.now() - start;
    const method = METHODS.has(c.req.method) ? c.req.method : "_OTHER";
    const { status } = c.res;
    const route = routePath(c, -1);
    metrics.requestDuration(durationMs / 1000, {
      "http.request.method": method,
      "http.route": route,
      "http.response.status_code": status,
    });
    log("info", "request", {
      method,
      route,
      status,
      durationMs: Math.round(durationMs * 10) / 10,
      tenant: c.get("tenant"),
      room: c.req.param("room"),
    });
  };
}
