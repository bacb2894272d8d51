/**
 * The licences of the packages in a bundle, which go where the bundle goes.
 *
 * @module
 */

/** One text with our own licence and that of every package that one of `sources` is from. */
export async function licencesOf(root: string, sources: string[]): Promise<string> {
  const folders = new Set(sources.map(packageFolder).filter((folder) => folder !== undefined));
  const parts = await Promise.all(
    [...folders].sort().map((folder) => packageLicence(`${root}/${folder}`)),
  );
  const own = await Deno.readTextFile(`${root}/LICENSE`);
  return [`meshlift\n\n${own}`, ...parts].join(`\n${"-".repeat(80)}\n\n`);
}

/** `node_modules/.deno/simple-peer@9.11.1/node_modules/simple-peer/index.js` -> its folder. */
function packageFolder(source: string): string | undefined {
  return source.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/)?.[0];
}

async function packageLicence(folder: string): Promise<string> {
  const { name, version, license } = JSON.parse(await Deno.readTextFile(`${folder}/package.json`));
  const text = await readOne(folder, /^licen[cs]e/i) ??
    (await readOne(folder, /^readme/i))?.match(/^#+ *licen[cs]e\s+(.+)/im)?.[1] ??
    license;
  return `${name} ${version}\n\n${text}\n`;
}

async function readOne(folder: string, name: RegExp): Promise<string | undefined> {
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isFile && name.test(entry.name)) {
      return await Deno.readTextFile(`${folder}/${entry.name}`);
    }
  }
  return undefined;
}
