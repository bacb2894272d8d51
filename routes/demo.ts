import { Hono } from "hono";
import { z } from "zod";
import { DEMO_TENANT } from "../lib/config.ts";
import type { Hub } from "../lib/hub.ts";
import { randomId } from "../lib/ids.ts";
import { POLICY } from "../lib/policy.ts";
import { Permissions } from "../lib/protocol.ts";
import { defaultSettings, newRoom } from "../lib/room_state.ts";
import { expectJson, limitBody, limitTime } from "./middleware/body.ts";
import type { AddressOf } from "./caller.ts";
import { limitAddress } from "./middleware/rate_limit.ts";
import { ProblemError } from "./problem.ts";
import { RoomId } from "./schemas.ts";

const Body = z.object({ name: z.string().trim().min(1).max(64) });

/**
 * Tokens for the demo page, made for whoever asks: the one place where a browser may make a room. Only there with
 * `DEMO`, and only for the demo's own tenant.
 */
export function demoRoutes(hub: Hub, addressOf: AddressOf): Hono {
  const app = new Hono();
  const { demo } = hub.parts.config;
  app.get("/demo/settings.json", (c) => c.json({ rooms: demo }));
  if (!demo) return app;
  app.post(
    "/demo/rooms/:room/tokens",
    limitAddress(hub.limits, addressOf),
    limitTime(),
    expectJson(),
    limitBody(),
    async (c) => {
      const id = RoomId.safeParse(c.req.param("room"));
      const body = Body.safeParse(await c.req.json());
      if (!id.success || !body.success) {
        throw new ProblemError(
          "invalid_request",
          "Cannot make a token; expected a room of 1 to 64 of A-Z a-z 0-9 _ - and a name of 1 to 64 characters",
        );
      }
      const key = { tenant: DEMO_TENANT, id: id.data };
      const room = newRoom(
        key,
        { ...defaultSettings(), topology: POLICY.demoTopology },
        Date.now(),
      );
      if (await hub.parts.presence.create(room) === "limit") {
        throw new ProblemError(
          "room_limit",
          "Cannot make a room: the demo has too many; try later",
        );
      }
      const token = hub.parts.tokens.sign({
        room: key,
        identity: `guest-${randomId(8)}`,
        name: body.data.name,
        permissions: Permissions.parse({}),
        expiresAt: Date.now() + POLICY.token.ttlSeconds * 1000,
      });
      return c.json({ token }, 201);
    },
  );
  return app;
}
