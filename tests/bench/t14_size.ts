/**
 * T14, SDK size: `/client.js` and what it imports at once, as it is served, gzip 9.
 *
 * @module
 */
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import type { Figure } from "./figure.ts";

const DIST = new URL("../../dist/", import.meta.url).pathname;
const ENTRY = "client.js";
const BOUND_BYTES = 20_000;

export async function t14(): Promise<Figure[]> {
  const files = (await loadedAtOnce()).map((path) => {
    const bytes = Deno.readFileSync(DIST + path);
    return { path, bytes: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length };
  });
  const gzip = files.reduce((sum, file) => sum + file.gzip, 0);
  const plain = files.reduce((sum, file) => sum + file.bytes, 0);
  return [
    {
      kind: "measured",
      target: "T14",
      what: "SDK, min + gzip",
      value: gzip,
      unit: "B",
      bound: { is: "at most", value: BOUND_BYTES },
      note: `${files.map(({ path }) => path).join(" + ")}, ${plain} B before gzip`,
      samples: files,
    },
    {
      kind: "not measured",
      target: "T14",
      what: "what one SFU transport adds",
      why: "no SFU transport yet",
    },
  ];
}

/** The entry and all that it imports statically; what it imports on demand is not needed for a mesh call. */
async function loadedAtOnce(): Promise<string[]> {
  try {
    const { metafile } = await esbuild.build({
      absWorkingDir: DIST,
      entryPoints: [ENTRY],
      bundle: true,
      splitting: true,
      format: "esm",
      write: false,
      metafile: true,
      outdir: "unused",
      logLevel: "silent",
    });
    const found = new Set([ENTRY]);
    for (const path of found) {
      for (const { kind, path: imported } of metafile.inputs[path]!.imports) {
        if (kind === "import-statement") found.add(imported);
      }
    }
    return [...found];
  } finally {
    await esbuild.stop();
  }
}
