/**
 * What every request to a Janus has to carry.
 *
 * @module
 */
import { createHmac } from "node:crypto";
import type { JanusUrl } from "../url.ts";
import { VIDEO_ROOM } from "./messages.ts";

/** How long a token is good for, in s: it is made for one request. */
const TOKEN_SECONDS = 600;

export function credentialsOf(
  { secret, token, tokenSecret }: Pick<Partial<JanusUrl>, "secret" | "token" | "tokenSecret">,
  now: number,
): Record<string, string> {
  const signed = tokenSecret === undefined ? token : signedToken(tokenSecret, now);
  return {
    ...secret !== undefined && { apisecret: secret },
    ...signed !== undefined && { token: signed },
  };
}

/** A "signed token" of Janus (auth.c), for the VideoRoom. */
function signedToken(secret: string, now: number): string {
  const claim = `${Math.floor(now / 1_000) + TOKEN_SECONDS},janus,${VIDEO_ROOM}`;
  return `${claim}:${createHmac("sha1", secret).update(claim).digest("base64")}`;
}
