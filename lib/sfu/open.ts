/**
 * The SFUs that a node uses, as its configuration says.
 *
 * @module
 */
import type { Config } from "../config.ts";
import type { Log } from "../log.ts";
import type { Sfu } from "./mod.ts";
import { parseSfuUrls, type SfuUrl } from "./url.ts";

/** Opens them; waits for none to answer. `node`: this node's name. */
export async function openSfus(
  { sfus, region }: Pick<Config, "sfus" | "region">,
  node: string,
  log: Log,
): Promise<Sfu[]> {
  const urls = sfus === "default" ? await defaultSfus(region) : sfus;
  return await Promise.all(urls.map((url) => openSfu(url, node, log)));
}

async function defaultSfus(region: string): Promise<SfuUrl[]> {
  const { hasUdp } = await import("./embedded/mod.ts");
  return await hasUdp() ? parseSfuUrls("embedded:", { region, embeddedId: "embedded" }) : [];
}

/** Each adapter is loaded only where it is used. */
async function openSfu(url: SfuUrl, node: string, log: Log): Promise<Sfu> {
  switch (url.kind) {
    case "embedded": {
      const { embeddedSfu } = await import("./embedded/mod.ts");
      const { address, ports } = url;
      // Every node has its own.
      const info = { ...url.info, id: `${url.info.id}-${node}` };
      const range = ports && [ports.from, ports.to] as const;
      return embeddedSfu({ info, address, ports: range }, log);
    }
    case "janus": {
      const { janusSfu } = await import("./janus/mod.ts");
      return janusSfu(url, log);
    }
  }
}
