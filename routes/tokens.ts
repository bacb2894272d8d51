import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { Hub } from "../lib/hub.ts";
import { Permissions } from "../lib/protocol.ts";
import type { TenantEnv } from "./middleware/tenant.ts";
import { readRoom } from "./rooms.ts";
import * as s from "./schemas.ts";

const create = createRoute({
  method: "post",
  path: "/v1/rooms/{room}/tokens",
  summary: "Make a token with which one person joins one room",
  tags: ["tokens"],
  security: s.security,
  request: {
    params: s.roomParam,
    headers: s.idempotencyHeader,
    body: { content: { "application/json": { schema: s.NewToken } }, required: true },
  },
  responses: {
    201: s.json(s.Token, "The token, for `joinCall` in the browser"),
    ...s.problems(400, 404, 408, 409, 413, 415, 422),
  },
});

export function tokenRoutes(app: OpenAPIHono<TenantEnv>, hub: Hub): void {
  app.openapi(create, async (c) => {
    const key = { tenant: c.get("tenant"), id: c.req.valid("param").room };
    const { createdAt, settings, topology } = await readRoom(hub, key);
    const { identity, name, permissions = {}, ttlSeconds, metadata } = c.req.valid("json");
    // Whole seconds, as the token holds them (RFC 7519 NumericDate).
    const expiresAt = Math.ceil(Date.now() / 1000 + ttlSeconds) * 1000;
    const token = hub.parts.tokens.sign({
      room: key,
      identity,
      name,
      permissions: Permissions.parse(permissions),
      metadata,
      expiresAt,
      made: { createdAt, settings, topology },
    });
    return c.json({ token, expiresAt: new Date(expiresAt).toISOString() }, 201);
  });
}
