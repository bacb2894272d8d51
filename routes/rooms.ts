import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { Hub } from "../lib/hub.ts";
import { randomId } from "../lib/ids.ts";
import { POLICY } from "../lib/policy.ts";
import { roomNotFound, summaryOf } from "../lib/presence/mod.ts";
import { configured } from "../lib/room.ts";
import { defaultSettings, newRoom, type RoomKey, type RoomState } from "../lib/room_state.ts";
import type { TenantEnv } from "./middleware/tenant.ts";
import { ProblemError, refusalProblem } from "./problem.ts";
import * as s from "./schemas.ts";
import { requireSfu } from "./topology.ts";

const tags = ["rooms"];

const create = createRoute({
  method: "post",
  path: "/v1/rooms",
  summary: "Make a room",
  tags,
  security: s.security,
  request: {
    headers: s.idempotencyHeader,
    body: { content: { "application/json": { schema: s.NewRoom } }, required: false },
  },
  responses: {
    201: s.json(s.Room, "The room"),
    ...s.problems(400, 408, 409, 413, 415, 422),
  },
});

const list = createRoute({
  method: "get",
  path: "/v1/rooms",
  summary: "List your rooms, by id",
  tags,
  security: s.security,
  request: { query: s.PageQuery },
  responses: { 200: s.json(s.RoomPage, "A page of rooms"), ...s.problems(400) },
});

const read = createRoute({
  method: "get",
  path: "/v1/rooms/{room}",
  summary: "Read a room",
  tags,
  security: s.security,
  request: { params: s.roomParam },
  responses: { 200: s.json(s.Room, "The room"), ...s.problems(400, 404) },
});

const patch = createRoute({
  method: "patch",
  path: "/v1/rooms/{room}",
  summary: "Change a room; what is not named stays",
  tags,
  security: s.security,
  request: {
    params: s.roomParam,
    body: { content: { "application/json": { schema: s.RoomChanges } }, required: true },
  },
  responses: {
    200: s.json(s.Room, "The room as it is now"),
    ...s.problems(400, 404, 408, 409, 413, 415),
  },
});

const end = createRoute({
  method: "delete",
  path: "/v1/rooms/{room}",
  summary: "End a room; everyone is told and disconnected",
  tags,
  security: s.security,
  request: { params: s.roomParam },
  responses: { 204: { description: "It has ended" }, ...s.problems(400, 404) },
});

export function roomRoutes(app: OpenAPIHono<TenantEnv>, hub: Hub): void {
  const { presence } = hub.parts;

  app.openapi(create, async (c) => {
    const { id = randomId(), ...given } = c.req.valid("json") ?? {};
    const key = { tenant: c.get("tenant"), id };
    requireSfu(hub, given.topology?.mode);
    const settings = configured(defaultSettings(), given);
    if ("kind" in settings) throw refusalProblem(settings);
    const room = newRoom(key, settings, Date.now());
    switch (await presence.create(room)) {
      case "created":
        return c.json(s.roomAnswer(summaryOf(room)), 201);
      case "exists":
        throw new ProblemError(
          "room_exists",
          `Cannot make room "${id}": it is there already; expected an id that is free`,
        );
      case "limit":
        throw new ProblemError(
          "room_limit",
          `Cannot make room "${id}": the tenant has ${POLICY.roomsPerTenant} rooms; expected fewer`,
          { retryAfterMs: POLICY.room.emptyTimeoutSeconds * 1000 },
        );
    }
  });

  app.openapi(list, async (c) => {
    const { rooms, cursor } = await presence.list(c.get("tenant"), c.req.valid("query"));
    return c.json({ rooms: rooms.map(s.roomAnswer), cursor }, 200);
  });

  app.openapi(read, async (c) => {
    const key = { tenant: c.get("tenant"), id: c.req.valid("param").room };
    return c.json(s.roomAnswer(summaryOf(await readRoom(hub, key))), 200);
  });

  app.openapi(patch, async (c) => {
    const key = { tenant: c.get("tenant"), id: c.req.valid("param").room };
    const given = c.req.valid("json");
    requireSfu(hub, given.topology?.mode);
    const result = await hub.rooms.change(key, { kind: "configure", given });
    if (result.kind === "refused") throw refusalProblem(result);
    return c.json(s.roomAnswer(summaryOf(result.state!)), 200);
  });

  app.openapi(end, async (c) => {
    const key = { tenant: c.get("tenant"), id: c.req.valid("param").room };
    const result = await hub.rooms.change(key, { kind: "end" });
    if (result.kind === "refused") throw refusalProblem(result);
    return c.body(null, 204);
  });
}

/** Reads one room. @throws {ProblemError} `room_not_found`. */
export async function readRoom(hub: Hub, key: RoomKey): Promise<RoomState> {
  const room = await hub.rooms.read(key);
  if (!room) throw refusalProblem(roomNotFound(key));
  return room;
}
