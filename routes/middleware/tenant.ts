import type { MiddlewareHandler } from "hono";
import { ProblemError } from "../problem.ts";

/** What a REST handler knows of its caller. */
export interface TenantEnv {
  Variables: { tenant: string };
}

/** Lets in who shows an API secret (RFC 6750 bearer), and says whose it is. */
export function requireTenant(
  find: (secret: string) => string | undefined,
): MiddlewareHandler<TenantEnv> {
  return async (c, next) => {
    const [, secret] = /^Bearer +(\S+) *$/i.exec(c.req.header("authorization") ?? "") ?? [];
    const tenant = secret === undefined ? undefined : find(secret);
    if (tenant === undefined) {
      throw new ProblemError(
        "unauthorized",
        `Cannot authorize: ${
          secret === undefined ? "no bearer secret was sent" : "no tenant has this secret"
        }; expected "Authorization: Bearer <api secret>"`,
        { headers: { "www-authenticate": `Bearer realm="meshlift"` } },
      );
    }
    c.set("tenant", tenant);
    await next();
  };
}
