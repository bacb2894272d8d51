/**
 * The environment of `deno task redis`.
 *
 * @module
 */
export interface Config {
  /** Where Redis is; nothing asks for a private one. */
  readonly redisUrl: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly token: string;
}

const PORT = 8079;

/** @throws {Error} with one line that says which variable is wrong, and what was expected. */
export function readConfig(env: (name: string) => string | undefined): Config {
  return {
    redisUrl: redisUrlOf(env("REDIS_URL")),
    host: env("HOST") || "127.0.0.1",
    port: portOf(env("PORT")),
    token: tokenOf(env("UPSTASH_REDIS_REST_TOKEN")),
  };
}

function redisUrlOf(value: string | undefined): string | undefined {
  if (!value) return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url !== undefined && ["redis:", "rediss:"].includes(url.protocol) && url.hostname !== "") {
    return value;
  }
  throw new Error(
    `REDIS_URL is "${withoutPassword(value)}": expected redis://host:port or rediss://`,
  );
}

/** It may be there by intent, and is nobody's business in a log. */
function withoutPassword(value: string): string {
  return value.replace(/:[^:@/]*@/, ":...@");
}

function portOf(value: string | undefined): number {
  if (!value) return PORT;
  const port = Number(value);
  if (/^\d+$/.test(value) && port <= 65_535) return port;
  throw new Error(`PORT is "${value}": expected a number from 0 to 65535`);
}

function tokenOf(value: string | undefined): string {
  if (!value) return crypto.randomUUID();
  if (/^[\x21-\x7e]+$/.test(value)) return value;
  throw new Error("UPSTASH_REDIS_REST_TOKEN cannot be sent in a header: expected visible ASCII");
}
