import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Hub } from "../lib/hub.ts";
import type { TenantEnv } from "./middleware/tenant.ts";
import { qualityOf } from "../lib/quality.ts";
import { refusalProblem } from "./problem.ts";
import { readRoom } from "./rooms.ts";
import * as s from "./schemas.ts";

const tags = ["participants"];

const list = createRoute({
  method: "get",
  path: "/v1/rooms/{room}/participants",
  summary: "Who is in the room",
  tags,
  security: s.security,
  request: { params: s.roomParam },
  responses: {
    200: s.json(
      z.object({ participants: z.array(s.Participant) }).openapi("Participants"),
      "Who is there",
    ),
    ...s.problems(400, 404),
  },
});

const remove = createRoute({
  method: "delete",
  path: "/v1/rooms/{room}/participants/{participant}",
  summary: "Remove a participant; its token is of no more use",
  tags,
  security: s.security,
  request: { params: s.roomParam.extend({ participant: z.string().min(1).max(64) }) },
  responses: { 204: { description: "It is out" }, ...s.problems(400, 404) },
});

export function participantRoutes(app: OpenAPIHono<TenantEnv>, hub: Hub): void {
  app.openapi(list, async (c) => {
    const key = { tenant: c.get("tenant"), id: c.req.valid("param").room };
    const room = await readRoom(hub, key);
    const qualities = await hub.exchange.of(room);
    const participants = Object.values(room.members).map((member) =>
      s.participantAnswer(member, qualityOf(qualities, member.id))
    );
    return c.json({ participants }, 200);
  });

  app.openapi(remove, async (c) => {
    const { room, participant } = c.req.valid("param");
    const key = { tenant: c.get("tenant"), id: room };
    const result = await hub.rooms.change(key, { kind: "remove", id: participant });
    if (result.kind === "refused") throw refusalProblem(result);
    return c.body(null, 204);
  });
}
