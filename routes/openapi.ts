import type { OpenAPIHono } from "@hono/zod-openapi";
import type { TenantEnv } from "./middleware/tenant.ts";

/** The REST contract as OpenAPI 3.1, made from the routes' own schemas. */
export function openApiDocument(rest: OpenAPIHono<TenantEnv>) {
  rest.openAPIRegistry.registerComponent("securitySchemes", "apiSecret", {
    type: "http",
    scheme: "bearer",
    description: "An API secret of `API_KEYS`. For your back end only: never in a browser.",
  });
  return rest.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "meshlift",
      version: VERSION,
      license: { name: "MIT" },
      description:
        "Rooms, tokens and participants of small-group calls. Browsers join with the SDK at `/client.js`. " +
        "Errors are problem details (RFC 9457) with a stable `code`. Times are RFC 3339.",
    },
    servers: [{ url: "/" }],
  });
}

/** The version of the contract, see CHANGELOG.md. */
export const VERSION = "0.1.0";
