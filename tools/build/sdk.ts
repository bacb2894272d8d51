/**
 * The SDK: client/mod.ts and all it needs, as ES modules for browsers.
 *
 * @module
 */
import * as esbuild from "esbuild";
import { checkCovered } from "./inputs.ts";
import { licencesOf } from "./licences.ts";

/** What both bundles, the SDK and the demo, have in common. */
export const COMMON = {
  bundle: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  minify: true,
  metafile: true,
  legalComments: "none",
  logLevel: "warning",
} satisfies esbuild.BuildOptions;

/**
 * simple-peer is made for streams of data, with Node's own modules brought along. Calls need none of it:
 * these few lines of ours stand in, and the SDK weighs a sixth.
 */
const SHIMS = {
  "buffer": "buffer.ts",
  "debug": "debug.ts",
  "randombytes": "randombytes.ts",
  "readable-stream": "readable_stream.ts",
};

/** Writes client.js, its map, its licences, and client-*.js for what it imports on demand. */
export async function buildSdk(root: string, target: string): Promise<void> {
  const { metafile } = await esbuild.build({
    ...COMMON,
    absWorkingDir: root,
    entryPoints: { client: "client/mod.ts" },
    outdir: target,
    splitting: true,
    chunkNames: "client-[name]-[hash]",
    sourcemap: true,
    define: { global: "globalThis" },
    // simple-peer's private properties; ours are private by the language.
    mangleProps: /^_[a-z]/i,
    alias: Object.fromEntries(
      Object.entries(SHIMS).map(([name, file]) => [name, `${root}/client/shims/${file}`]),
    ),
    banner: {
      js: "/*! meshlift, MIT licence; with parts of others, see client.js.LEGAL.txt */",
    },
  });
  const sources = Object.keys(metafile.inputs);
  checkCovered(sources);
  await Deno.writeTextFile(`${target}/client.js.LEGAL.txt`, await licencesOf(root, sources));
}
