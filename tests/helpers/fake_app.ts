import type { Asset } from "../../lib/assets.ts";
import { memoryIdempotency } from "../../lib/idempotency/memory.ts";
import { nodeMetrics } from "../../lib/metrics.ts";
import { createApp } from "../../routes/app.ts";
import { Api } from "./api.ts";
import { type FakeNode, fakeNode, type FakeNodeParts } from "./fake_node.ts";

/** The whole app without a port, and two tenants who use it. */
export interface FakeApp {
  app: ReturnType<typeof createApp>;
  node: FakeNode;
  acme: Api;
  globex: Api;
}

export function fakeApp(parts: FakeNodeParts & { assets?: Map<string, Asset> } = {}): FakeApp {
  const node = fakeNode(parts);
  const app = createApp({
    hub: node.hub,
    idempotency: memoryIdempotency(),
    metrics: nodeMetrics(node.hub, { otlp: false }),
    assets: parts.assets ?? new Map(),
  });
  const acme = new Api((path, init) => app.request(path, init), "acme-secret");
  return { app, node, acme, globex: acme.as("globex-secret") };
}
