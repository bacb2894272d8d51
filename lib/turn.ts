import { createHmac } from "node:crypto";
import type { Config } from "./config.ts";
import type { IceServer, IceServers } from "./protocol.ts";

/**
 * What a browser needs to find a path: STUN, and TURN with credentials that expire by themselves
 * (draft-uberti-behave-turn-rest: user `<expiry>:<id>`, password base64 of its HMAC-SHA1).
 */
export function iceServers(
  config: Pick<Config, "stunUrls" | "turn">,
  participant: string,
  now: number,
): IceServers {
  const servers: IceServer[] = [];
  if (config.stunUrls.length > 0) servers.push({ urls: config.stunUrls });
  if (!config.turn) return { iceServers: servers };
  const { urls, secret, ttlSeconds } = config.turn;
  const username = `${Math.floor(now / 1000) + ttlSeconds}:${participant}`;
  const credential = createHmac("sha1", secret).update(username).digest("base64");
  servers.push({ urls, username, credential });
  return { iceServers: servers, ttlSeconds };
}
