/**
 * All routes of a node, composed.
 *
 * @module
 */
import { OpenAPIHono } from "@hono/zod-openapi";
import { tenantFinder } from "../lib/auth.ts";
import type { Asset } from "../lib/assets.ts";
import type { Hub } from "../lib/hub.ts";
import type { Idempotency } from "../lib/idempotency/mod.ts";
import type { Metrics } from "../lib/metrics.ts";
import { addressBehind } from "./caller.ts";
import { assetRoutes } from "./assets.ts";
import { demoRoutes } from "./demo.ts";
import { expectJson, limitBody, limitTime } from "./middleware/body.ts";
import { idempotent } from "./middleware/idempotency.ts";
import { observe } from "./middleware/observe.ts";
import { limitAddress, limitTenant } from "./middleware/rate_limit.ts";
import { requireTenant, type TenantEnv } from "./middleware/tenant.ts";
import { openApiDocument } from "./openapi.ts";
import { operationRoutes } from "./operations.ts";
import { participantRoutes } from "./participants.ts";
import { answerError, ProblemError } from "./problem.ts";
import { roomRoutes } from "./rooms.ts";
import { signalRoutes } from "./signal.ts";
import { tokenRoutes } from "./tokens.ts";
import { topologyRoutes } from "./topology.ts";

export interface AppParts {
  hub: Hub;
  idempotency: Idempotency;
  metrics: Metrics;
  assets: ReadonlyMap<string, Asset>;
}

/** The service's one handler. */
export function createApp({ hub, idempotency, metrics, assets }: AppParts): OpenAPIHono {
  const { log, config } = hub.parts;
  const addressOf = addressBehind(config.proxyHops);
  const app = new OpenAPIHono();
  app.onError(answerError(log));
  app.notFound((c) => {
    throw new ProblemError(
      "not_found",
      `Cannot ${c.req.method} ${c.req.path}: there is nothing; see /openapi.json`,
    );
  });
  app.route("/", signalRoutes(hub, addressOf));
  app.route("/", restRoutes());
  app.route("/", operationRoutes(hub, metrics));
  app.route("/", demoRoutes(hub, addressOf));
  app.route("/", assetRoutes(assets));
  return app;

  function restRoutes(): OpenAPIHono<TenantEnv> {
    const rest = new OpenAPIHono<TenantEnv>({ defaultHook: refuseInvalid });
    rest.use(
      "/v1/*",
      observe(log, metrics),
      limitAddress(hub.limits, addressOf),
      requireTenant(tenantFinder(config.apiKeys)),
      limitTenant(hub.limits),
      limitTime(),
      limitBody(),
      expectJson(),
      idempotent(idempotency, log),
    );
    roomRoutes(rest, hub);
    tokenRoutes(rest, hub);
    participantRoutes(rest, hub);
    topologyRoutes(rest, hub);
    rest.get("/openapi.json", (c) => c.json(openApiDocument(rest)));
    return rest;
  }
}

/** What the schemas refuse -> one problem that names the field. */
const refuseInvalid: NonNullable<
  ConstructorParameters<typeof OpenAPIHono<TenantEnv>>[0]
>["defaultHook"] = (result) => {
  if (result.success) return;
  const issue = result.error.issues[0]!;
  const where = [result.target, ...issue.path].join(".");
  throw new ProblemError("invalid_request", `Cannot take the request: ${where}: ${issue.message}`);
};
