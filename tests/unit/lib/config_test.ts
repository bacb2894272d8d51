import { assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import { assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ConfigError, developmentDefaults, readConfig } from "../../../lib/config.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const GOOD = { API_KEYS: "acme:acme-secret", TOKEN_SECRET: SECRET };

/** Each bad variable: what it holds, and what the line says was expected. */
const BAD: [variable: string, value: string | undefined, expected: string][] = [
  ["PORT", "eighty", "a whole number from 0 to 65535"],
  ["PORT", "65536", "a whole number from 0 to 65535"],
  ["PORT", "-1", "a whole number from 0 to 65535"],
  ["PORT", "80.5", "a whole number from 0 to 65535"],
  ["REGION", "eu west", "1 to 32 of A-Z a-z 0-9 _ -"],
  ["API_KEYS", undefined, "tenant:secret pairs"],
  ["API_KEYS", ",", "tenant:secret pairs"],
  ["API_KEYS", "hunter2hunter2", "tenant:secret pairs"],
  ["API_KEYS", "acme:short", "at least 8 characters"],
  ["API_KEYS", "a/b:hunter2hunter2", "A-Z a-z 0-9 _ -"],
  ["API_KEYS", "demo:hunter2hunter2", `not "demo"`],
  ["API_KEYS", "acme:hunter2hunter2,globex:hunter2hunter2", "a secret of its own"],
  ["TOKEN_SECRET", undefined, "at least 32 characters"],
  ["TOKEN_SECRET", "hunter2hunter2", "at least 32 characters"],
  ["ALLOWED_ORIGINS", "app.example.com", "origins such as https://app.example.com"],
  ["ALLOWED_ORIGINS", "https://app.example.com/", "without a path"],
  ["STUN_URLS", "turn:example.com", "stun: or stuns:"],
  ["TURN_URLS", "https://example.com", "turn: or turns:"],
  ["TURN_URLS", "turn:example.com:notaport", "such as turn:turn.example.com:3478"],
  ["TURN_URLS", "turn:example.com:70000", "such as turn:turn.example.com:3478"],
  ["TURN_URLS", "turn:", "such as turn:turn.example.com:3478"],
  ["STUN_URLS", "stun:example.com?transport=udp", "such as stun:stun.example.com:3478"],
  ["TURN_TTL", "9", "a whole number from 10 to 86400"],
  ["DEMO", "yes", `"on" or "off"`],
  ["FRAME_RATE", "0", "a whole number from 1 to 1000000"],
  ["FRAME_BURST", "many", "a whole number from 1 to 1000000"],
  ["UPSTASH_REDIS_REST_URL", "redis://127.0.0.1", "begins with https:// or http://"],
  ["REST_RATE", "0", "a whole number from 1 to 1000000"],
  ["PROXY_HOPS", "many", "a whole number from 0 to 10"],
  ["OPERATORS", "nobody", "expected tenants of API_KEYS"],
  ["SFU_URLS", "livekit+https://key:hunter2hunter2@host", "expected embedded:, janus+ws://"],
];

describe("readConfig refuses in one line", () => {
  for (const [variable, value, expected] of BAD) {
    it(`${variable}=${value ?? "(unset)"}`, () => {
      const error = assertThrows(() => readConfig({ ...GOOD, [variable]: value }), ConfigError);
      assertMatch(error.message, new RegExp(`^Cannot start: ${variable} .*$`));
      assertStringIncludes(error.message, expected);
      assertFalse(error.message.includes("hunter2"), error.message);
    });
  }

  it("TURN_URLS without TURN_SECRET", () => {
    const env = { ...GOOD, TURN_URLS: "turn:turn.example.com" };
    assertThrows(() => readConfig(env), ConfigError, "Cannot start: TURN_SECRET is not set");
  });

  it("a BUS_URL that no adapter knows", () => {
    const env = {
      ...GOOD,
      UPSTASH_REDIS_REST_URL: "https://redis.example.com",
      UPSTASH_REDIS_REST_TOKEN: "t",
      BUS_URL: "kafka://hunter2hunter2@example.com",
    };
    const error = assertThrows(() => readConfig(env), ConfigError, "expected nats://");
    assertFalse(error.message.includes("hunter2"), error.message);
  });

  it("one of two variables that need each other", () => {
    const url = { UPSTASH_REDIS_REST_URL: "https://redis.example.com" };
    assertThrows(
      () => readConfig({ ...GOOD, ...url }),
      ConfigError,
      "Cannot start: UPSTASH_REDIS_REST_TOKEN is not set",
    );
    assertThrows(
      () => readConfig({ ...GOOD, BUS_URL: "nats://127.0.0.1" }),
      ConfigError,
      "Cannot start: UPSTASH_REDIS_REST_URL is not set",
    );
  });

  it("a value of several lines", () => {
    const error = assertThrows(() => readConfig({ ...GOOD, REGION: "a\nb" }), ConfigError);
    assertEquals(error.message.split("\n").length, 1);
    assertStringIncludes(error.message, String.raw`"a\nb"`);
  });
});

describe("readConfig", () => {
  it("has defaults for all but the two secrets", () => {
    assertEquals(readConfig(GOOD), {
      port: 8000,
      hostname: "0.0.0.0",
      region: "local",
      apiKeys: [{ tenant: "acme", secret: "acme-secret" }],
      tokenSecret: SECRET,
      allowedOrigins: "*",
      stunUrls: [],
      turn: undefined,
      demo: false,
      frames: { rate: 50, burst: 200 },
      store: { kind: "memory" },
      busUrl: undefined,
      rates: {
        rest: { rate: 1_000, burst: 10_000 },
        join: { rate: 1_000, burst: 10_000 },
        turn: { rate: 100, burst: 2_000 },
      },
      proxyHops: 0,
      sfus: "default",
      operators: new Set(["acme"]),
    });
  });

  it("reads lists with spaces and several keys of one tenant", () => {
    const config = readConfig({
      ...GOOD,
      API_KEYS: "acme:old-secret, acme:new:secret",
      ALLOWED_ORIGINS: "https://a.example, http://localhost:3000",
      TURN_URLS: "turn:t.example, turns:t.example",
      TURN_SECRET: "north",
    });
    assertEquals(config.apiKeys, [
      { tenant: "acme", secret: "old-secret" },
      { tenant: "acme", secret: "new:secret" },
    ]);
    assertEquals(config.allowedOrigins, new Set(["https://a.example", "http://localhost:3000"]));
    const urls = ["turn:t.example", "turns:t.example"];
    assertEquals(config.turn, { urls, secret: "north", ttlSeconds: 3_600 });
  });

  it("takes SFU_URLS=none for no SFU at all", () => {
    assertEquals(readConfig({ ...GOOD, SFU_URLS: "none" }).sfus, []);
  });

  it("makes nobody an operator where there are several tenants, unless it is said", () => {
    const env = { ...GOOD, API_KEYS: "acme:acme-secret,globex:globex-secret" };
    assertEquals(readConfig(env).operators, new Set());
    assertEquals(readConfig({ ...env, OPERATORS: "globex" }).operators, new Set(["globex"]));
  });

  it("takes an empty variable for an absent one", () => {
    assertEquals(readConfig({ ...GOOD, PORT: "", BUS_URL: "" }).port, 8000);
  });

  it("takes the defaults of development as they are", () => {
    const config = readConfig(developmentDefaults());
    assertEquals(config.demo, true);
    assertEquals(config.hostname, "127.0.0.1");
  });

  it("has another token secret at each start in development", () => {
    const secrets = [1, 2].map(() => developmentDefaults().TOKEN_SECRET);
    assertEquals(new Set(secrets).size, 2);
  });
});
