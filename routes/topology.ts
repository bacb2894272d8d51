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

const drain = createRoute({
  method: "patch",
  path: "/v1/sfus/{sfu}",
  summary: "Empty an SFU, or use it again (operators only)",
  tags,
  security: s.security,
  request: {
    params: s.sfuParam,
    body: { content: { "application/json": { schema: s.SfuChanges } }, required: true },
  },
  responses: {
    200: s.json(s.Sfu, "The SFU as it is, or is about to be; all nodes know within 3 s"),
    ...s.problems(400, 403, 404, 408, 413, 415),
  },
});

export function topologyRoutes(app: OpenAPIHono<TenantEnv>, hub: Hub): void {
  const { sfus: directory, presence, config } = hub.parts;

  app.openapi(force, async (c) => {
    const key = { tenant: c.get("tenant"), id: c.req.valid("param").room };
    const { mode } = c.req.valid("json");
    requireSfu(hub, mode);
    const result = await hub.rooms.change(key, {
      kind: "configure",
      given: { topology: { mode } },
    });
    if (result.kind === "refused") throw refusalProblem(result);
    return c.json(s.roomAnswer(summaryOf(result.state!)), 200);
  });

  app.openapi(sfus, (c) => c.json({ sfus: directory.views.map(s.sfuAnswer) }, 200));

  app.openapi(drain, async (c) => {
    const tenant = c.get("tenant");
    if (!config.operators.has(tenant)) {
      throw new ProblemError(
        "not_operator",
        `Cannot change an SFU as tenant "${tenant}": all tenants share it; expected one of OPERATORS`,
      );
    }
    const id = c.req.valid("param").sfu;
    const sfu = directory.get(id);
    if (!sfu) {
      throw new ProblemError(
        "sfu_not_found",
        `Cannot find SFU "${id}"; expected one of ${
          directory.views.map((one) => `"${one.id}"`).join(", ") || "SFU_URLS, which names none"
        }`,
      );
    }
    const { draining } = c.req.valid("json");
    await presence.drainSfu(id, draining);
    hub.lease.hurry();
    const state = sfu.state === "down" ? "down" : draining ? "draining" : "ok";
    return c.json(s.sfuAnswer({ ...sfu, state }), 200);
  });
}

/** A room that insists on an SFU where there is none could never have a call. @throws {ProblemError} `sfu_unavailable`. */
export function requireSfu(hub: Hub, mode: "auto" | "mesh" | "sfu" | undefined): void {
  if (mode !== "sfu" || hub.parts.sfus.views.length > 0) return;
  throw new ProblemError(
    "sfu_unavailable",
    `Cannot set topology "sfu": this service has no SFU; expected "auto" or "mesh", or SFU_URLS to name one`,
  );
}
