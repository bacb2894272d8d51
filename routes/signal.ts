/**
 * `/v1/signal`: a WebSocket becomes a connection of the hub. Nothing else happens here.
 *
 * @module
 */
import { Hono } from "hono";
import { Connection } from "../lib/connection.ts";
import type { Hub } from "../lib/hub.ts";
import { POLICY } from "../lib/policy.ts";
import { ProblemError } from "./problem.ts";

export function signalRoutes(hub: Hub): Hono {
  const { allowedOrigins } = hub.parts.config;
  return new Hono().get("/v1/signal", (c) => {
    if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
      throw new ProblemError(
        "upgrade_required",
        "Cannot serve /v1/signal as HTTP; expected a WebSocket handshake",
        { upgrade: "websocket" },
      );
    }
    const origin = c.req.header("origin");
    // Programs send no Origin; what keeps a foreign page out is that browsers always do.
    if (origin !== undefined && allowedOrigins !== "*" && !allowedOrigins.has(origin)) {
      throw new ProblemError(
        "origin_not_allowed",
        `Cannot open a socket for origin "${origin}"; expected one that ALLOWED_ORIGINS names`,
      );
    }
    const { socket, response } = Deno.upgradeWebSocket(c.req.raw, {
      idleTimeout: POLICY.idleTimeoutSeconds,
    });
    attach(socket, hub);
    return response;
  });
}

/** Outside of the handler, so that a socket keeps no request alive. */
function attach(socket: WebSocket, hub: Hub): void {
  const connection = new Connection(socket, hub);
  socket.onmessage = (event) => connection.receive(event.data);
  socket.onclose = () => connection.closed();
  socket.onerror = () => connection.closed();
}
