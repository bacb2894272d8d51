/**
 * SFU_URLS: which SFUs there are, and where.
 *
 * @module
 */
import type { SfuInfo } from "./mod.ts";

/** An SFU in this process. */
export interface EmbeddedUrl {
  readonly kind: "embedded";
  readonly info: SfuInfo;
  /** By which the clients reach this host; absent: what its interfaces have. */
  readonly address?: string;
  /** UDP ports that it may use, both included; absent: any. */
  readonly ports?: { readonly from: number; readonly to: number };
}

/** A Janus with its VideoRoom, by its WebSocket. */
export interface JanusUrl {
  readonly kind: "janus";
  readonly info: SfuInfo;
  /** `ws://` or `wss://`. */
  readonly url: string;
  /** Its `api_secret`. */
  readonly secret?: string;
  /** A token that it knows. */
  readonly token?: string;
  /** Its `token_auth_secret`: tokens are signed with it. */
  readonly tokenSecret?: string;
  /** The VideoRoom's `admin_key`. */
  readonly adminKey?: string;
  /** Its admin API, also by WebSocket. */
  readonly admin?: { readonly url: string; readonly secret?: string };
}

/** One item of SFU_URLS that was understood. */
export type SfuUrl = EmbeddedUrl | JanusUrl;

/** SFU_URLS cannot be used. The message is one line and holds no secret. */
export class SfuUrlError extends Error {
  override readonly name = "SfuUrlError";
  constructor(text: string, expected: string) {
    super(`Cannot start: SFU_URLS held ${JSON.stringify(hideSecrets(text))}; expected ${expected}`);
  }
}

/** What an item is taken for that says nothing else. */
export interface SfuUrlDefaults {
  readonly region: string;
  /** Id of an `embedded:` without one: must be another on each node. */
  readonly embeddedId: string;
}

const CAPACITY = { embedded: 50, janus: 200, most: 100_000 };
const ID = /^[A-Za-z0-9._:-]{1,64}$/;
const REGION = /^[A-Za-z0-9_-]{1,32}$/;
const PARAMETERS = {
  embedded: ["id", "region", "capacity", "probe", "address", "ports"],
  janus: [
    ...["id", "region", "capacity", "probe"],
    ...["secret", "token", "tokenSecret", "adminKey", "admin", "adminSecret"],
  ],
};

/** Items by comma; one that holds a comma has it percent-encoded. @throws {SfuUrlError} */
export function parseSfuUrls(text: string, defaults: SfuUrlDefaults): SfuUrl[] {
  const items = text.split(",").map((item) => item.trim()).filter((item) => item !== "");
  const urls = items.map((item) => parseSfuUrl(item, defaults));
  const ids = new Set<string>();
  for (const [index, { info }] of urls.entries()) {
    if (ids.has(info.id)) {
      throw new SfuUrlError(
        items[index]!,
        `another id than "${info.id}", which an item before it has`,
      );
    }
    ids.add(info.id);
  }
  return urls;
}

function parseSfuUrl(text: string, defaults: SfuUrlDefaults): SfuUrl {
  const url = URL.parse(text);
  switch (url?.protocol) {
    case "embedded:":
      return embedded(url, text, defaults);
    case "janus+ws:":
    case "janus+wss:":
      return janus(url, text, defaults);
    default:
      throw new SfuUrlError(
        text,
        "embedded:, janus+ws://host:port/ or janus+wss://host:port/ (nothing else is supported in this version), or none alone",
      );
  }
}

function embedded(url: URL, text: string, defaults: SfuUrlDefaults): EmbeddedUrl {
  if (url.pathname !== "" || url.host !== "" || url.hash !== "") {
    throw new SfuUrlError(text, "nothing but parameters after embedded:");
  }
  const get = parameters(url, text, "embedded");
  const ports = get("ports");
  const address = get("address");
  return {
    kind: "embedded",
    info: infoOf(get, text, { ...defaults, id: defaults.embeddedId, capacity: CAPACITY.embedded }),
    ...address !== undefined && { address },
    ...ports !== undefined && { ports: portsOf(ports, text) },
  };
}

function janus(url: URL, text: string, defaults: SfuUrlDefaults): JanusUrl {
  const scheme = url.protocol === "janus+wss:" ? "wss" : "ws";
  if (url.hostname === "" || url.hash !== "" || url.username !== "" || url.password !== "") {
    throw new SfuUrlError(text, `janus+${scheme}://host:port/?parameters`);
  }
  const get = parameters(url, text, "janus");
  const [secret, adminKey] = [get("secret"), get("adminKey")];
  const [token, tokenSecret] = [get("token"), get("tokenSecret")];
  const [admin, adminSecret] = [get("admin"), get("adminSecret")];
  if (admin !== undefined && !/^wss?:$/.test(URL.parse(admin)?.protocol ?? "")) {
    throw new SfuUrlError(text, "admin=<ws://host:port or wss://host:port, percent-encoded>");
  }
  if (token !== undefined && tokenSecret !== undefined) {
    throw new SfuUrlError(text, "either token or tokenSecret");
  }
  if (adminSecret !== undefined && admin === undefined) {
    throw new SfuUrlError(text, "admin=<where its admin API is> beside adminSecret");
  }
  const id = url.host.replace(/[[\]]/g, "").slice(0, 64);
  return {
    kind: "janus",
    info: infoOf(get, text, { ...defaults, id, capacity: CAPACITY.janus }),
    url: `${scheme}://${url.host}${url.pathname === "" ? "/" : url.pathname}`,
    ...secret !== undefined && { secret },
    ...token !== undefined && { token },
    ...tokenSecret !== undefined && { tokenSecret },
    ...adminKey !== undefined && { adminKey },
    ...admin !== undefined && {
      admin: { url: admin, ...adminSecret !== undefined && { secret: adminSecret } },
    },
  };
}

type Get = (name: string) => string | undefined;

function parameters(url: URL, text: string, kind: keyof typeof PARAMETERS): Get {
  for (const name of url.searchParams.keys()) {
    if (!PARAMETERS[kind].includes(name)) {
      throw new SfuUrlError(text, `no parameters but ${PARAMETERS[kind].join(", ")}`);
    }
  }
  return (name) => url.searchParams.get(name) || undefined;
}

function infoOf(
  get: Get,
  text: string,
  defaults: { id: string; region: string; capacity: number },
): SfuInfo {
  const id = get("id") ?? defaults.id;
  if (!ID.test(id)) {
    throw new SfuUrlError(text, "id=<1 to 64 letters, digits or characters of ._:->");
  }
  const region = get("region") ?? defaults.region;
  if (!REGION.test(region)) {
    throw new SfuUrlError(text, "region=<1 to 32 letters, digits, _ or ->");
  }
  const capacity = Number(get("capacity") ?? defaults.capacity);
  if (!Number.isInteger(capacity) || capacity < 1 || capacity > CAPACITY.most) {
    throw new SfuUrlError(text, `capacity=<participants, 1 to ${CAPACITY.most}>`);
  }
  const probe = get("probe");
  if (probe !== undefined && !/^https?:$/.test(URL.parse(probe)?.protocol ?? "")) {
    throw new SfuUrlError(text, "probe=<an http or https URL, percent-encoded>");
  }
  return { id, region, capacity, ...probe !== undefined && { probe } };
}

function portsOf(ports: string, text: string): { from: number; to: number } {
  const [, from, to] = /^(\d{1,5})-(\d{1,5})$/.exec(ports)?.map(Number) ?? [];
  if (from === undefined || to === undefined || from < 1 || to > 65_535 || from > to) {
    throw new SfuUrlError(text, "ports=<first>-<last>, of 1 to 65535");
  }
  return { from, to };
}

/** What may be credentials as stars: all before the last `@`, and a query. */
function hideSecrets(text: string): string {
  return text
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, (_, scheme = "") => `${scheme}***@`)
    .replace(/[?#].*$/s, "?***");
}
