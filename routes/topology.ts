import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Hub } from "../lib/hub.ts";
import { summaryOf } from "../lib/presence/mod.ts";
import type { TenantEnv } from "./middleware/tenant.ts";
import { ProblemError, refusalProblem } from "./problem.ts";
import * as s from "./schemas.ts";

const tags = ["topology"];

const force = createRoute({
  method: "post",
  path: "/v1/rooms/{room}/topology",
  summary: "Force a topology, or let the service decide (`auto`)",
  tags,
  security: s.security,
  request: {
    params: s.roomParam,
    headers: s.idempotencyHeader,
    body: { content: { "application/json": { schema: s.TopologyRequest } }, required: true },
  },
  responses: {
    200: s.json(s.Room, "The room as it is now"),
    ...s.problems(400, 404, 408, 409, 413, 415, 422),
  },
});

const sfus = createRoute({
  method: "get",
  path: "/v1/sfus",
  summary: "SFU nodes with region, health and load",
  tags,
  security: s.security,
  responses: {
    200: s.json(
      z.object({ sfus: z.array(s.Sfu) }).openapi("Sfus"),
      "The SFU nodes; none: calls stay in the mesh",
    ),
    ...s.problems(),
  },
});

export function topologyRoutes(app: OpenAPIHono<TenantEnv>, hub: Hub): void {
  app.openapi(force, async (c) => {
    const key = { tenant: c.get("tenant"), id: c.req.valid("param").room };
    const { mode } = c.req.valid("json");
    requireSfu(mode);
    const result = await hub.rooms.change(key, {
      kind: "configure",
      given: { topology: { mode } },
    });
    if (result.kind === "refused") throw refusalProblem(result);
    return c.json(s.roomAnswer(summaryOf(result.state!)), 200);
  });

  app.openapi(sfus, (c) => c.json({ sfus: [] }, 200));
}

/** No SFU is configured in this version: a room that insists on one could never have a call. */
export function requireSfu(mode: "auto" | "mesh" | "sfu" | undefined): void {
  if (mode !== "sfu") return;
  throw new ProblemError(
    "sfu_unavailable",
    `Cannot set topology "sfu": this service has no SFU; expected "auto" or "mesh"`,
  );
}
