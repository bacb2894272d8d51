/**
 * The SDK: client/mod.ts and all it needs, as ES modules for browsers.
 *
 * @module
 */
import * as esbuild from "esbuild";
import { checkCovered } from "./inputs.ts";
import { INTERNAL_NAMES, SHORT_NAMES } from "./internal_names.ts";
import { licencesOf } from "./licences.ts";
import { LEAN_SIMPLE_PEER } from "./simple_peer.ts";

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
  "err-code": "err_code.ts",
  "get-browser-rtc": "get_browser_rtc.ts",
  "queue-microtask": "queue_microtask.ts",
  "randombytes": "randombytes.ts",
  "readable-stream": "readable_stream.ts",
};

const INTERNAL = new RegExp(`^(?:${INTERNAL_NAMES.join("|")})$`);

/** What a call does not need to stand: the names of its files, and what they are made of. Later ones may import earlier ones. */
const ON_DEMAND = [
  { name: "client-code", source: "client/code/handshake.ts" },
  { name: "client-care", source: "client/care/care.ts" },
  { name: "client-switch", source: "client/sfu/switch.ts" },
];

/** Writes client.js, the parts that it and they import on demand, their maps and their licences. Returns what each is made of. */
export async function buildSdk(root: string, target: string): Promise<esbuild.Metafile[]> {
  const options = {
    ...COMMON,
    absWorkingDir: root,
    outdir: target,
    sourcemap: true,
    mangleProps: INTERNAL,
    mangleCache: SHORT_NAMES,
  } satisfies esbuild.BuildOptions;
  // One after the other instead of by splitting, which makes more files of what they have in common.
  const parts: { metafile: esbuild.Metafile; plugin: esbuild.Plugin }[] = [];
  for (const { name, source } of ON_DEMAND) {
    const { metafile } = await esbuild.build({
      ...options,
      entryPoints: { [name]: source },
      entryNames: "[name]-[hash]",
      plugins: parts.map(({ plugin }) => plugin),
    });
    parts.push({ metafile, plugin: external(source, outputOf(metafile)) });
  }
  const sdk = await esbuild.build({
    ...options,
    entryPoints: { client: "client/mod.ts" },
    banner: {
      js: "/*! meshlift, MIT licence; with parts of others, see client.js.LEGAL.txt */",
    },
    define: { global: "globalThis" },
    // simple-peer's private properties too; ours are private by the language.
    mangleProps: new RegExp(`${INTERNAL.source}|^_[A-Za-z]`),
    alias: Object.fromEntries(
      Object.entries(SHIMS).map(([name, file]) => [name, `${root}/client/shims/${file}`]),
    ),
    plugins: [LEAN_SIMPLE_PEER, ...parts.map(({ plugin }) => plugin)],
  });
  const sources = [sdk, ...parts].flatMap(({ metafile }) => Object.keys(metafile.inputs));
  checkCovered(sources);
  await Deno.writeTextFile(`${target}/client.js.LEGAL.txt`, await licencesOf(root, sources));
  return [sdk, ...parts].map(({ metafile }) => metafile);
}

/** Imports the bundle `file`, of the same folder, in place of `source`. */
function external(source: string, file: string): esbuild.Plugin {
  return {
    name: `external ${source}`,
    setup: ({ onResolve }) =>
      onResolve({ filter: /\.ts$/ }, ({ path, resolveDir, kind }) => {
        const isSource = kind === "dynamic-import" &&
          new URL(path, `file://${resolveDir}/`).pathname.endsWith(`/${source}`);
        return isSource ? { path: `./${file}`, external: true } : undefined;
      }),
  };
}

/** The name of the one bundle of a build. */
function outputOf({ outputs }: esbuild.Metafile): string {
  const [path] = Object.keys(outputs).filter((path) => path.endsWith(".js"));
  return path!.slice(path!.lastIndexOf("/") + 1);
}
