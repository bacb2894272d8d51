/**
 * The environment, read once at the start. Bad configuration stops the start with one line.
 *
 * @module
 */
import { z } from "zod";
import { BusUrlError, parseBusUrl } from "./bus/url.ts";
import { type Misspelt, misspelt } from "./misspelt.ts";
import { parseSfuUrls, type SfuUrl, SfuUrlError } from "./sfu/url.ts";

export interface Config {
  port: number;
  hostname: string;
  region: string;
  apiKeys: ApiKey[];
  tokenSecret: string;
  /** Origins whose pages may open a socket; `"*"` lets all. */
  allowedOrigins: "*" | ReadonlySet<string>;
  stunUrls: string[];
  /** `ttlSeconds`: how long its credentials last. */
  turn: { urls: string[]; secret: string; ttlSeconds: number } | undefined;
  /** Whether the demo page may make rooms. */
  demo: boolean;
  /** Frames a socket may send: per second, sustained, and at once. */
  frames: { rate: number; burst: number };
  /** What all nodes share; by default this process's memory, for one node alone. */
  store: { kind: "memory" } | { kind: "upstash"; url: string; token: string };
  /** What carries messages between nodes; absent: the store's own pub/sub. */
  busUrl: string | undefined;
  /** Requests, joins and TURN credentials per tenant, and per address: a second, and at once. */
  rates: Record<"rest" | "join" | "turn", { rate: number; burst: number }>;
  /** Where calls are lifted to, as SFU_URLS says (`none`: nowhere); `"default"`: to an SFU within this process, if the host has UDP. */
  sfus: SfuUrl[] | "default";
  /** Tenants that may empty SFUs, which all tenants share. */
  operators: ReadonlySet<string>;
  /** How many proxies stand in front that can be trusted to name the caller. */
  proxyHops: number;
}

export interface ApiKey {
  tenant: string;
  secret: string;
}

/** The environment cannot be used. The message is one line and holds no secret. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** What `deno task dev` adds where the environment says nothing. */
export function developmentDefaults(): Record<string, string> {
  return {
    HOST: "127.0.0.1",
    API_KEYS: "dev:dev-secret",
    TOKEN_SECRET: crypto.randomUUID() + crypto.randomUUID(),
    DEMO: "on",
  };
}

const TENANT = /^[A-Za-z0-9_-]{1,64}$/;
/** Tenant of the demo's rooms: an API key of that name would share them. */
export const DEMO_TENANT = "demo";

const SECRETS = new Set([
  "API_KEYS",
  "TOKEN_SECRET",
  "TURN_SECRET",
  "UPSTASH_REDIS_REST_TOKEN",
  "BUS_URL",
  "SFU_URLS",
]);

const list = z.string().transform((text) => text.split(",").map((s) => s.trim()).filter(Boolean));
const number = (min: number, max: number) => {
  const expected = `a whole number from ${min} to ${max}`;
  return z.string().regex(/^\d+$/, expected).transform(Number)
    .refine((value) => value >= min && value <= max, expected);
};

const apiKeys = list.transform((items, context) => {
  const refuse = (expected: string) => context.addIssue({ code: "custom", message: expected });
  const keys = items.map((item) => {
    const colon = item.indexOf(":");
    return { tenant: item.slice(0, Math.max(colon, 0)), secret: item.slice(colon + 1) };
  });
  const usable = ({ tenant, secret }: ApiKey) =>
    TENANT.test(tenant) && tenant !== DEMO_TENANT && secret.length >= 8;
  if (keys.length === 0 || !keys.every(usable)) {
    refuse(
      `tenant:secret pairs, comma separated, with a tenant of A-Z a-z 0-9 _ - (not "${DEMO_TENANT}") and a secret of at least 8 characters`,
    );
  }
  if (new Set(keys.map((key) => key.secret)).size < keys.length) {
    refuse("each key to have a secret of its own, because it tells whose a request is");
  }
  return keys;
});

/** RFC 7064 and RFC 7065: browsers refuse all of a call's connections for one that they cannot read. */
const ICE_URL = /^(stun|turn)s?:([\w.-]+|\[[\da-f:.]+\])(:(\d{1,5}))?(\?transport=(udp|tcp))?$/i;

const iceUrls = (scheme: "stun" | "turn") =>
  list.refine(
    (urls) =>
      urls.every((url) => {
        const [, kind, , , port = 1, query] = url.match(ICE_URL) ?? [];
        const isPort = Number(port) >= 1 && Number(port) <= 65_535;
        return kind?.toLowerCase() === scheme && isPort && !(scheme === "stun" && query);
      }),
    `comma separated URLs that begin with ${scheme}: or ${scheme}s:, such as ${scheme}:${scheme}.example.com:3478`,
  );

const origins = z.string().transform((text, context): Config["allowedOrigins"] => {
  if (text.trim() === "*") return "*";
  const items = text.split(",").map((s) => s.trim()).filter(Boolean);
  const isOrigin = (item: string) => URL.parse(item)?.origin === item && !item.includes("*");
  if (!items.every(isOrigin)) {
    context.addIssue({
      code: "custom",
      message:
        `"*" or comma separated origins such as https://app.example.com, without a path or wildcard`,
    });
  }
  return new Set(items);
});

const Environment = z.object({
  PORT: number(0, 65_535).default(8000),
  HOST: z.string().min(1).default("0.0.0.0"),
  REGION: z.string().regex(/^[A-Za-z0-9_-]{1,32}$/, "1 to 32 of A-Z a-z 0-9 _ -").default("local"),
  API_KEYS: apiKeys,
  TOKEN_SECRET: z.string().min(32, "at least 32 characters"),
  ALLOWED_ORIGINS: origins.default("*"),
  STUN_URLS: iceUrls("stun").default([]),
  TURN_URLS: iceUrls("turn").default([]),
  TURN_SECRET: z.string().min(1).optional(),
  TURN_TTL: number(10, 86_400).default(3_600),
  DEMO: z.enum(["on", "off"], `"on" or "off"`).default("off"),
  FRAME_RATE: number(1, 1_000_000).default(50),
  FRAME_BURST: number(1, 1_000_000).default(200),
  UPSTASH_REDIS_REST_URL: z.string().refine(
    (text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ""),
    "a URL that begins with https:// or http://",
  ).optional(),
  UPSTASH_REDIS_REST_TOKEN: z.string().optional(),
  BUS_URL: z.string().optional(),
  REST_RATE: number(1, 1_000_000).default(1_000),
  REST_BURST: number(1, 1_000_000).default(10_000),
  JOIN_RATE: number(1, 1_000_000).default(1_000),
  JOIN_BURST: number(1, 1_000_000).default(10_000),
  TURN_RATE: number(1, 1_000_000).default(100),
  TURN_BURST: number(1, 1_000_000).default(2_000),
  PROXY_HOPS: number(0, 10).default(0),
  SFU_URLS: z.string().optional(),
  OPERATORS: list.optional(),
});

/**
 * Reads the configuration. An empty variable counts as absent.
 *
 * @throws {ConfigError} naming the variable, what it held (secrets hidden) and what was expected.
 */
export function readConfig(env: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const parsed = Environment.safeParse(given);
  if (!parsed.success) throw new ConfigError(explain(given, parsed.error.issues[0]!));
  const e = parsed.data;
  requirePair(
    { ...e, TURN_URLS: e.TURN_URLS.length > 0 ? e.TURN_URLS : undefined },
    "TURN_URLS",
    "TURN_SECRET",
  );
  requirePair(e, "UPSTASH_REDIS_REST_URL", "UPSTASH_REDIS_REST_TOKEN");
  if (e.BUS_URL && !e.UPSTASH_REDIS_REST_URL) {
    throw new ConfigError(
      "Cannot start: UPSTASH_REDIS_REST_URL is not set; expected the shared store's URL, because BUS_URL is set, and nodes that talk to each other need one store",
    );
  }
  if (e.BUS_URL) checkBusUrl(e.BUS_URL);
  return {
    port: e.PORT,
    hostname: e.HOST,
    region: e.REGION,
    apiKeys: e.API_KEYS,
    tokenSecret: e.TOKEN_SECRET,
    allowedOrigins: e.ALLOWED_ORIGINS,
    stunUrls: e.STUN_URLS,
    turn: e.TURN_URLS.length > 0
      ? { urls: e.TURN_URLS, secret: e.TURN_SECRET!, ttlSeconds: e.TURN_TTL }
      : undefined,
    demo: e.DEMO === "on",
    frames: { rate: e.FRAME_RATE, burst: e.FRAME_BURST },
    store: e.UPSTASH_REDIS_REST_URL
      ? { kind: "upstash", url: e.UPSTASH_REDIS_REST_URL, token: e.UPSTASH_REDIS_REST_TOKEN! }
      : { kind: "memory" },
    busUrl: e.BUS_URL,
    rates: {
      rest: { rate: e.REST_RATE, burst: e.REST_BURST },
      join: { rate: e.JOIN_RATE, burst: e.JOIN_BURST },
      turn: { rate: e.TURN_RATE, burst: e.TURN_BURST },
    },
    proxyHops: e.PROXY_HOPS,
    sfus: sfusOf(e.SFU_URLS, e.REGION),
    operators: operatorsOf(e.OPERATORS, e.API_KEYS),
  };
}

/** Variables that look as if they were meant for this service, and that it does not read. */
export function misspeltVariables(env: Record<string, unknown>): Misspelt[] {
  return misspelt(Object.keys(env).toSorted(), Object.keys(Environment.shape));
}

/** @throws {ConfigError} */
function checkBusUrl(text: string): void {
  try {
    parseBusUrl(text);
  } catch (error) {
    throw error instanceof BusUrlError ? new ConfigError(error.message) : error;
  }
}

/** @throws {ConfigError} */
function sfusOf(text: string | undefined, region: string): Config["sfus"] {
  if (text === undefined) return "default";
  if (text.trim() === "none") return [];
  try {
    return parseSfuUrls(text, { region, embeddedId: "embedded" });
  } catch (error) {
    throw error instanceof SfuUrlError ? new ConfigError(error.message) : error;
  }
}

/** Where there is but one tenant, it is its own operator. @throws {ConfigError} */
function operatorsOf(given: string[] | undefined, keys: ApiKey[]): Set<string> {
  const tenants = new Set(keys.map(({ tenant }) => tenant));
  const unknown = given?.find((tenant) => !tenants.has(tenant));
  if (unknown !== undefined) {
    throw new ConfigError(
      `Cannot start: OPERATORS held ${JSON.stringify(unknown)}; expected tenants of API_KEYS`,
    );
  }
  return new Set(given ?? (tenants.size === 1 ? tenants : []));
}

/** @throws {ConfigError} when one of two variables is set that need each other. */
function requirePair(env: Record<string, unknown>, one: string, other: string): void {
  for (const [absent, present] of [[one, other], [other, one]] as const) {
    if (env[absent] !== undefined || env[present] === undefined) continue;
    throw new ConfigError(
      `Cannot start: ${absent} is not set; expected ${EXPECTED[absent]}, because ${present} is set`,
    );
  }
}

function explain(env: Record<string, string | undefined>, issue: z.core.$ZodIssue): string {
  const name = String(issue.path[0]);
  const value = env[name];
  if (value === undefined) {
    return `Cannot start: ${name} is not set; expected ${EXPECTED[name] ?? "a value"}`;
  }
  const held = SECRETS.has(name) ? "a value that is hidden here" : JSON.stringify(value);
  return `Cannot start: ${name} held ${held}; expected ${issue.message}`;
}

const EXPECTED: Record<string, string> = {
  API_KEYS: "tenant:secret pairs, comma separated",
  TURN_URLS: "the TURN server's URLs",
  TURN_SECRET: "the TURN server's shared secret",
  UPSTASH_REDIS_REST_URL: "the URL of the shared Redis",
  UPSTASH_REDIS_REST_TOKEN: "the token of the shared Redis",
  TOKEN_SECRET: "a random text of at least 32 characters, the same on every node",
};
