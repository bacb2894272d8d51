/**
 * Who may do what: API secrets for back ends, tokens and sessions for browsers.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { errors, jwtVerify } from "jose";
import { z } from "zod";
import type { ApiKey } from "./config.ts";
import { randomId } from "./ids.ts";
import { Permissions } from "./protocol.ts";
import type { Admission, RoomKey, RoomOrigin } from "./room_state.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest();

/**
 * Finds the tenant of an API secret. Takes the same time for any secret: every key's digest is compared.
 */
export function tenantFinder(keys: ApiKey[]): (secret: string) => string | undefined {
  const digests = keys.map(({ tenant, secret }) => ({ tenant, digest: sha256(secret) }));
  return (secret) => {
    const given = sha256(secret);
    let found: string | undefined;
    for (const { tenant, digest } of digests) {
      if (timingSafeEqual(digest, given)) found = tenant;
    }
    return found;
  };
}

const Claims = z.object({
  tenant: z.string(),
  room: z.string(),
  sub: z.string(),
  name: z.string().optional(),
  permissions: Permissions,
  metadata: z.unknown().optional(),
  jti: z.string(),
  exp: z.number(),
  made: z.custom<RoomOrigin>((value) => typeof value === "object" && value !== null).optional(),
});

const SessionClaims = Claims.extend({ participant: z.string() });

/** What a token is made of. */
export interface TokenGrant {
  room: RoomKey;
  identity: string;
  name?: string;
  permissions: Permissions;
  metadata?: unknown;
  /** ms since 1970. */
  expiresAt: number;
  /** What the room is like. */
  made?: RoomOrigin;
}

/** A token or session that cannot be taken. */
export class TokenError extends Error {
  override readonly name = "TokenError";
  constructor(readonly code: "token_invalid" | "token_expired" | "session_invalid", text: string) {
    super(text);
  }
}

/** What a good token or session says. */
export interface Ticket {
  room: RoomKey;
  admission: Admission;
  /** What the room was like when this was signed. */
  made?: RoomOrigin;
}

const ISSUER = "meshlift";
/** The one algorithm (RFC 7518 §3.2): `none` and all others are refused before a signature is looked at. */
const ALGORITHM = "HS256";

/** Signs and checks tokens (RFC 7519) with one shared secret. */
export class Tokens {
  readonly #secret: string;
  readonly #key: Promise<CryptoKey>;

  constructor(secret: string) {
    this.#secret = secret;
    this.#key = crypto.subtle.importKey(
      "raw",
      new TextEncoder().encode(secret),
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["verify"],
    );
  }

  /** A token for one identity in one room. */
  sign(grant: TokenGrant): string {
    const { room, identity, name, permissions, metadata, expiresAt, made } = grant;
    return this.#sign("join", expiresAt, {
      tenant: room.tenant,
      room: room.id,
      sub: identity,
      name,
      permissions,
      metadata,
      jti: randomId(16),
      made,
    });
  }

  /** The proof with which a participant comes back. As good as its token: it lives as long. */
  signSession({ room, admission, made }: Ticket): string {
    const { id, identity, name, permissions, metadata, ticket, expiresAt } = admission;
    return this.#sign("session", expiresAt, {
      tenant: room.tenant,
      room: room.id,
      sub: identity,
      name,
      permissions,
      metadata,
      jti: ticket,
      participant: id,
      made,
    });
  }

  /** @throws {TokenError} `token_invalid` or `token_expired`. */
  async verify(token: string, participant: string, now: number): Promise<Ticket> {
    const claims = await this.#verify(token, "join", Claims, now);
    if (claims.exp * 1000 <= now) {
      throw new TokenError(
        "token_expired",
        `Cannot join: the token expired at ${
          new Date(claims.exp * 1000).toISOString()
        }; expected one that is still valid`,
      );
    }
    return ticket(claims, participant);
  }

  /**
   * Does not mind the expiry: who never left may come back at any time; the room refuses the others.
   *
   * @throws {TokenError} `session_invalid`.
   */
  async verifySession(session: string, now: number): Promise<Ticket> {
    const claims = await this.#verify(session, "session", SessionClaims, now);
    return ticket(claims, claims.participant);
  }

  /**
   * A JWS in compact serialization (RFC 7515 §7.1). At once: between the store's answer to a join and the welcome with
   * its session nothing may come.
   */
  #sign(audience: Audience, expiresAt: number, claims: Record<string, unknown>): string {
    const iat = Math.floor(Date.now() / 1000);
    const exp = Math.ceil(expiresAt / 1000);
    const payload = { ...claims, iss: ISSUER, aud: audience, iat, exp };
    const signed = `${base64url({ alg: ALGORITHM, typ: "JWT" })}.${base64url(payload)}`;
    const signature = createHmac("sha256", this.#secret).update(signed).digest("base64url");
    return `${signed}.${signature}`;
  }

  async #verify<T>(token: string, audience: Audience, schema: z.ZodType<T>, now: number) {
    const refuse = (why: string) =>
      new TokenError(
        audience === "join" ? "token_invalid" : "session_invalid",
        `Cannot accept the ${
          audience === "join" ? "token" : "session"
        }: ${why}; expected one signed by this service (${ALGORITHM})`,
      );
    const claims = schema.safeParse(await this.#payload(token, audience, now, refuse));
    if (!claims.success) {
      throw refuse(`its claim "${String(claims.error.issues[0]?.path[0])}" is wrong`);
    }
    return claims.data;
  }

  async #payload(
    token: string,
    audience: Audience,
    now: number,
    refuse: (why: string) => TokenError,
  ) {
    try {
      const { payload } = await jwtVerify(token, await this.#key, {
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        audience,
        currentDate: new Date(now),
      });
      return payload;
    } catch (error) {
      // The signature was good: the expiry is for the caller to judge.
      if (error instanceof errors.JWTExpired) return error.payload;
      if (error instanceof errors.JOSEError) throw refuse(reason(error));
      throw error;
    }
  }
}

type Audience = "join" | "session";

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function reason(error: errors.JOSEError): string {
  if (error instanceof errors.JOSEAlgNotAllowed) return "its algorithm is not allowed";
  if (error instanceof errors.JWSSignatureVerificationFailed) return "its signature is wrong";
  if (error instanceof errors.JWTClaimValidationFailed) {
    return `its claim "${error.claim}" is wrong`;
  }
  return "it is not a JWT";
}

function ticket(claims: z.infer<typeof Claims>, participant: string): Ticket {
  const { made } = claims;
  return {
    ...(made && { made }),
    room: { tenant: claims.tenant, id: claims.room },
    admission: {
      id: participant,
      identity: claims.sub,
      name: claims.name,
      permissions: claims.permissions,
      metadata: claims.metadata,
      ticket: claims.jti,
      expiresAt: claims.exp * 1000,
    },
  };
}
