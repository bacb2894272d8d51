/**
 * `deno task build`: makes dist/, which the service serves.
 *
 * ```
 * client.js  client-*.js  client.d.ts   the SDK, what it loads on demand, its types
 * client.js.map  client.js.LEGAL.txt    its source map, the licences of what is in it
 * demo/  docs/                          the page at `/`, the page at `/docs`
 * ```
 *
 * @module
 */
import { dirname } from "node:path";
import * as esbuild from "esbuild";
import { buildDemo } from "./build/demo.ts";
import { copyDocs } from "./build/docs.ts";
import { fingerprint } from "./build/inputs.ts";
import { isCurrent, publish } from "./build/publish.ts";
import { buildSdk } from "./build/sdk.ts";
import { bundleTypes } from "./build/types.ts";

/** Brings `${root}/dist` up to date; says whether there was anything to do. */
export async function build(root: string): Promise<boolean> {
  const dist = `${root}/dist`;
  const inputs = await fingerprint(root);
  if (await isCurrent(dist, inputs)) return false;
  return await publish(dist, inputs, async (target) => {
    try {
      await buildSdk(root, target);
      await buildDemo(root, `${target}/demo`);
    } finally {
      await esbuild.stop();
    }
    await bundleTypes(`${root}/client/mod.ts`, `${target}/client.d.ts`);
    await copyDocs(root, `${target}/docs`);
  });
}

if (import.meta.main) {
  const started = performance.now();
  const done = await build(dirname(import.meta.dirname!));
  const took = Math.round(performance.now() - started);
  console.log(done ? `dist/ built in ${took} ms` : `dist/ is up to date (${took} ms)`);
}
