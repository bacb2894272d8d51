import { type Context, Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import type { Asset } from "../lib/assets.ts";

/** The built files: the SDK for every origin, the demo at `/`, the API page at `/docs`. */
export function assetRoutes(assets: ReadonlyMap<string, Asset>): Hono {
  const serve = (c: Context, path: string) => {
    const asset = assets.get(path);
    if (!asset) return c.notFound();
    c.header("etag", asset.etag);
    c.header("cache-control", "no-cache");
    if (c.req.header("if-none-match")?.includes(asset.etag)) return c.body(null, 304);
    c.header("content-type", asset.contentType);
    return c.body(asset.body);
  };
  const page = secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'self'"],
      // The demo joins by WebSocket, on this origin; older browsers do not count ws: as 'self'.
      connectSrc: ["'self'", "ws:", "wss:"],
      imgSrc: ["'self'", "data:"],
      mediaSrc: ["'self'", "blob:"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      frameAncestors: ["'self'"],
    },
    crossOriginOpenerPolicy: false,
    crossOriginResourcePolicy: false,
    strictTransportSecurity: false,
    permissionsPolicy: {
      camera: ["self"],
      microphone: ["self"],
      displayCapture: ["self"],
    },
  });
  const app = new Hono();
  app.get("/", page, (c) => serve(c, "demo/index.html"));
  app.get("/demo/:file", page, (c) => serve(c, `demo/${c.req.param("file")}`));
  app.get("/docs", (c) => c.redirect("/docs/"));
  app.get("/docs/", page, (c) => serve(c, "docs/index.html"));
  app.get("/docs/:file", page, (c) => serve(c, `docs/${c.req.param("file")}`));
  // Everything else that lies at the top of dist/ is the SDK: the module, its parts, its types, its licences.
  app.get("/:file{.+\\.(js|ts|map|txt)}", (c) => {
    const file = c.req.param("file");
    c.header("access-control-allow-origin", "*");
    c.header("cross-origin-resource-policy", "cross-origin");
    if (file === "client.js") c.header("x-typescript-types", "/client.d.ts");
    return file.includes("/") ? c.notFound() : serve(c, file);
  });
  return app;
}
