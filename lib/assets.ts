/** A file of dist/, in memory: there are few, and a node must not wait for a disk. */
export interface Asset {
  body: Uint8Array<ArrayBuffer>;
  contentType: string;
  /** Strong validator (RFC 9110 §8.8.3). */
  etag: string;
}

const CONTENT_TYPES: Record<string, string> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  ts: "text/plain; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  png: "image/png",
  map: "application/json",
  txt: "text/plain; charset=utf-8",
};

/**
 * Reads all files under `folder`, by their path within it.
 *
 * @throws {Error} when the folder is not there: the build has not run.
 */
export async function loadAssets(folder: URL): Promise<ReadonlyMap<string, Asset>> {
  const assets = new Map<string, Asset>();
  try {
    await load(folder, "", assets);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`Cannot serve the SDK: ${folder.pathname} is missing; run \`deno task build\``);
  }
  return assets;
}

async function load(folder: URL, prefix: string, assets: Map<string, Asset>): Promise<void> {
  for await (const entry of Deno.readDir(folder)) {
    if (entry.name.startsWith(".")) continue;
    const path = prefix + entry.name;
    if (entry.isDirectory) {
      await load(new URL(`${entry.name}/`, folder), `${path}/`, assets);
      continue;
    }
    const body = await Deno.readFile(new URL(entry.name, folder));
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
    const etag = `"${
      digest.slice(0, 12).reduce((text, byte) => text + byte.toString(16).padStart(2, "0"), "")
    }"`;
    const contentType = CONTENT_TYPES[entry.name.split(".").at(-1)!] ?? "application/octet-stream";
    assets.set(path, { body, contentType, etag });
  }
}
