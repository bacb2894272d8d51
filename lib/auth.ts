/**
 * Who may do what: API secrets for back ends, tokens and sessions for browsers.
 *
 * @module
 */
import { createHash, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";
import jwt from "jsonwebtoken";
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

const ISSUER = "meshlift";
/** The one algorithm (RFC 7518 §3.2): `none` and all others are refused before a signature is looked at. */
const ALGORITHM = "HS256";

const Claims = z.object({
  iss: z.literal(ISSUER),
  tenant: z.string(),
  room: z.string(),
  sub: z.string(),
  name: z.string().optional(),
  permissions: Permissions,
  metadata: z.unknown().optional(),
  jti: z.string(),
  exp: z.int().nonnegative(),
  made: z.custom<RoomOrigin>((value) => typeof value === "object" && value !== null).optional(),
});

const TokenClaims = Claims.extend({ aud: z.literal("join") });
const SessionClaims = Claims.extend({ aud: z.literal("session"), participant: z.string() });

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

/**
 * Signs and checks tokens (RFC 7519) with one shared secret. At once: between the store's answer to a join and the
 * welcome with its session nothing may come, and to hand a signature to another thread costs more than to make it.
 */
export class Tokens {
  readonly #key: KeyObject;

  constructor(secret: string) {
    this.#key = createSecretKey(secret, "utf8");
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
  verify(token: string, participant: string, now: number): Ticket {
    const claims = this.#verify(token, "token", TokenClaims);
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
  verifySession(session: string): Ticket {
    const claims = this.#verify(session, "session", SessionClaims);
    return ticket(claims, claims.participant);
  }

  #sign(audience: "join" | "session", expiresAt: number, claims: Record<string, unknown>): string {
    const payload = { ...claims, iss: ISSUER, aud: audience, exp: Math.ceil(expiresAt / 1000) };
    return jwt.sign(payload, this.#key, { algorithm: ALGORITHM });
  }

  #verify<T>(token: string, what: "token" | "session", schema: z.ZodType<T>): T {
    const refuse = (why: string) =>
      new TokenError(
        `${what}_invalid`,
        `Cannot accept the ${what}: ${why}; expected one signed by this service (${ALGORITHM})`,
      );
    let payload: unknown;
    try {
      // The expiry is for the caller to judge.
      payload = jwt.verify(token, this.#key, { algorithms: [ALGORITHM], ignoreExpiration: true });
    } catch (error) {
      if (error instanceof jwt.JsonWebTokenError) throw refuse(error.message);
      // Of a payload that is no JSON the library lets out the parser's word.
      if (error instanceof SyntaxError) throw refuse("jwt malformed");
      throw error;
    }
    const claims = schema.safeParse(payload);
    if (claims.success) return claims.data;
    throw refuse(`its claim "${String(claims.error.issues[0]?.path[0])}" is wrong`);
  }
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
