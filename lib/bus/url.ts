/**
 * BUS_URL: which carrier, and where.
 *
 * @module
 */

/** A BUS_URL that was understood. */
export interface BusUrl {
  readonly carrier: "nats" | "rabbitmq";
  /** `nats`: NATS's own protocol over TCP. `ws`, `wss`: NATS over WebSocket. */
  readonly scheme: "nats" | "ws" | "wss" | "amqp" | "amqps";
  /** A name or an address; IPv6 without brackets. */
  readonly hostname: string;
  readonly port: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** As given, without the first slash: RabbitMQ's virtual host, or where a WebSocket is served. */
  readonly path: string;
}

/** BUS_URL cannot be used. The message is one line and holds no credentials. */
export class BusUrlError extends Error {
  override readonly name = "BusUrlError";
  constructor(text: string, expected: string) {
    super(
      `Cannot start: BUS_URL held ${JSON.stringify(hideCredentials(text))}; expected ${expected}`,
    );
  }
}

const SCHEMES: Record<string, { carrier: BusUrl["carrier"]; port: number }> = {
  nats: { carrier: "nats", port: 4222 },
  ws: { carrier: "nats", port: 80 },
  wss: { carrier: "nats", port: 443 },
  amqp: { carrier: "rabbitmq", port: 5672 },
  amqps: { carrier: "rabbitmq", port: 5671 },
};

/** @throws {BusUrlError} */
export function parseBusUrl(text: string): BusUrl {
  const url = URL.parse(text);
  const scheme = url?.protocol.slice(0, -1) as BusUrl["scheme"];
  const known = SCHEMES[scheme];
  if (!url || !known || url.hostname === "") {
    throw new BusUrlError(
      text,
      "nats://host:port, ws://host:port or wss://host:port (NATS), or amqp://host:port or amqps://host:port (RabbitMQ)",
    );
  }
  if (url.search !== "" || url.hash !== "") {
    throw new BusUrlError(text, "a URL without a query and a fragment");
  }
  if (scheme === "nats" && url.pathname.length > 1) {
    throw new BusUrlError(text, "no path after host:port, because NATS has none");
  }
  const decode = (part: string) => {
    try {
      return part === "" ? undefined : decodeURIComponent(part);
    } catch {
      throw new BusUrlError(text, "user and password percent-encoded");
    }
  };
  return {
    carrier: known.carrier,
    scheme,
    hostname: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? known.port : Number(url.port),
    username: decode(url.username),
    password: decode(url.password),
    path: url.pathname.slice(1),
  };
}

/** For logs and errors: the carrier and where it is. */
export function describe({ carrier, hostname, port }: BusUrl): string {
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return `${carrier === "nats" ? "NATS" : "RabbitMQ"} at ${host}:${port}`;
}

/** What may be credentials as stars: all before the last `@`, and a query. */
function hideCredentials(text: string): string {
  return text
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, (_, scheme = "") => `${scheme}***@`)
    .replace(/\?.*$/s, "?***");
}
