import { Hono } from "hono";
import type { Hub } from "../lib/hub.ts";
import type { Metrics } from "../lib/metrics.ts";

/** What an operator's tools ask: alive, ready for more, and how it goes. */
export function operationRoutes(hub: Hub, metrics: Metrics): Hono {
  const { node, config } = hub.parts;
  return new Hono()
    .get("/healthz", (c) => c.json({ status: "ok", node, region: config.region }))
    .get("/readyz", (c) => {
      const { status, dependencies } = hub;
      if (status === "draining") return c.json({ status, ...dependencies }, 503);
      const degraded = Object.values(dependencies).includes("down");
      // Still 200: the rooms that live here go on, and all nodes would leave the balancer at once.
      return c.json({ status: degraded ? "degraded" : status, ...dependencies }, 200);
    })
    .get("/metrics", async (c) => {
      c.header("content-type", "text/plain; version=0.0.4; charset=utf-8");
      return c.body(await metrics.text());
    });
}
