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
  "err-code": "err_code.ts",
  "get-browser-rtc": "get_browser_rtc.ts",
  "queue-microtask": "queue_microtask.ts",
  "randombytes": "randombytes.ts",
  "readable-stream": "readable_stream.ts",
};

/** Takes simple-peer's traces out, forty calls whose texts nobody ever reads. */
const UNTRACED: esbuild.Plugin = {
  name: "untraced",
  setup: ({ onLoad }) =>
    onLoad({ filter: /[/\\]simple-peer[/\\]index\.js$/ }, async ({ path }) => ({
      contents: (await Deno.readTextFile(path))
        .replace(/this\._debug\((?:[^()]|\([^()]*\))*\)/g, "undefined"),
    })),
};

/** What most calls never need, and what names it in the rest. */
const ON_DEMAND = { name: "client-switch", source: "client/sfu/switch.ts" };

/** Writes client.js, client-switch-*.js which it imports on demand, their maps and their licences. */
export async function buildSdk(root: string, target: string): Promise<void> {
  const options = {
    ...COMMON,
    absWorkingDir: root,
    outdir: target,
    sourcemap: true,
  } satisfies esbuild.BuildOptions;
  // One after the other instead of by splitting, which makes a third file of what both have in common.
  const onDemand = await esbuild.build({
    ...options,
    entryPoints: { [ON_DEMAND.name]: ON_DEMAND.source },
    entryNames: "[name]-[hash]",
    // Times are thresholds of its own; these two it hands to the SDK's `retryDelay`.
    mangleProps: /Ms$/,
    reserveProps: /^(base|cap)Ms$/,
  });
  const sdk = await esbuild.build({
    ...options,
    entryPoints: { client: "client/mod.ts" },
    banner: {
      js: "/*! meshlift, MIT licence; with parts of others, see client.js.LEGAL.txt */",
    },
    define: { global: "globalThis" },
    // simple-peer's private properties; ours are private by the language.
    mangleProps: /^_[a-z]/i,
    alias: Object.fromEntries(
      Object.entries(SHIMS).map(([name, file]) => [name, `${root}/client/shims/${file}`]),
    ),
    plugins: [UNTRACED, external(ON_DEMAND.source, outputOf(onDemand.metafile))],
  });
  const sources = [sdk, onDemand].flatMap(({ metafile }) => Object.keys(metafile.inputs));
  checkCovered(sources);
  await Deno.writeTextFile(`${target}/client.js.LEGAL.txt`, await licencesOf(root, sources));
}

/** Imports the bundle `file`, of the same folder, in place of `source`. */
function external(source: string, file: string): esbuild.Plugin {
  return {
    name: "external",
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
