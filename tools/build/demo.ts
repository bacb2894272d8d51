/**
 * The demo app: its code in one file, everything else as it is.
 *
 * @module
 */
import * as esbuild from "esbuild";
import { checkCovered } from "./inputs.ts";
import { COMMON } from "./sdk.ts";

/** Writes main.js and copies what is no code. The SDK stays outside: the page loads `/client.js`. */
export async function buildDemo(root: string, target: string): Promise<void> {
  const { metafile } = await esbuild.build({
    ...COMMON,
    absWorkingDir: root,
    entryPoints: { main: "client/demo/main.ts" },
    outdir: target,
    sourcemap: true,
    external: ["/client.js"],
  });
  checkCovered(Object.keys(metafile.inputs));
  const source = `${root}/client/demo`;
  for await (const entry of Deno.readDir(source)) {
    if (!entry.isFile || entry.name.endsWith(".ts")) continue;
    await Deno.copyFile(`${source}/${entry.name}`, `${target}/${entry.name}`);
  }
}
