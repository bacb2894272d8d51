/**
 * `/v1/signal`: a WebSocket becomes a connection of the hub. Nothing else happens here.
 *
 * @module
 */
import { Hono, type HonoRequest } from "hono";
import { Connection } from "../lib/connection.ts";
import type { Hub } from "../lib/hub.ts";
import { Closings, LingeringWire, type ServerSocket } from "../lib/lingering_wire.ts";
import type { AddressOf } from "./caller.ts";
import { ProblemError } from "./problem.ts";

export function signalRoutes(hub: Hub, addressOf: AddressOf): Hono {
  const { allowedOrigins } = hub.parts.config;
  const closings = new Closings();
  return new Hono().get("/v1/signal", (c) => {
    if (!isHandshake(c.req)) {
      throw new ProblemError(
        "upgrade_required",
        "Cannot serve /v1/signal as HTTP; expected a WebSocket handshake",
        { headers: { upgrade: "websocket" } },
      );
    }
    const origin = c.req.header("origin");
    // Programs send no Origin; what keeps a foreign page out is that browsers always do. The service's own page is
    // none: behind a proxy that ends TLS only the host can be compared.
    const own = origin !== undefined && isOf(origin, c.req.header("host"));
    if (origin !== undefined && !own && allowedOrigins !== "*" && !allowedOrigins.has(origin)) {
      throw new ProblemError(
        "origin_not_allowed",
        `Cannot open a socket for origin "${origin}"; expected one that ALLOWED_ORIGINS names`,
      );
    }
    // Now, because the runtime does not tell it any more after the upgrade.
    const address = addressOf(c);
    // The runtime's own pings re-arm a timer at each frame, and cost 2 KB a socket: the hub's heartbeat is cheaper.
    const { socket, response } = Deno.upgradeWebSocket(c.req.raw, { idleTimeout: 0 });
    attach(socket, hub, address, closings);
    return response;
  });
}

/** Whether a page's origin is of this host; the origin "null" is of none. */
function isOf(origin: string, host: string | undefined): boolean {
  return host !== undefined && URL.parse(origin)?.host === host;
}

/** By RFC 6455 §4.2.1. The runtime throws at half a handshake. */
function isHandshake(request: HonoRequest): boolean {
  return request.header("upgrade")?.toLowerCase() === "websocket" &&
    /\bupgrade\b/i.test(request.header("connection") ?? "") &&
    request.header("sec-websocket-version") === "13" &&
    request.header("sec-websocket-key") !== undefined;
}

/** Has a connection of the hub listen to a socket. Outside of the handler, so that a socket keeps no request alive. */
export function attach(
  socket: ServerSocket & Pick<EventTarget, "addEventListener">,
  hub: Hub,
  address: string,
  closings: Closings,
): void {
  const wire = new LingeringWire(socket, closings);
  const listener = new Listener(wire, new Connection(wire, hub, address));
  socket.addEventListener("message", listener);
  // An error is followed by a close.
  socket.addEventListener("close", listener);
}

/** One object for all that a socket tells: a function in `onmessage` and `onclose` each takes the runtime 1 KB more. */
class Listener implements EventListenerObject {
  readonly #wire: LingeringWire;
  readonly #connection: Connection;

  constructor(wire: LingeringWire, connection: Connection) {
    this.#wire = wire;
    this.#connection = connection;
  }

  handleEvent(event: Event): void {
    if (event instanceof MessageEvent) {
      this.#wire.heard();
      this.#connection.receive(event.data);
    } else {
      this.#wire.gone();
      this.#connection.closed();
    }
  }
}
