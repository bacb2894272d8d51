/**
 * What dist/ is made of, as one hash.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** All that a build reads: sources, tools, and the exact versions of the packages. */
const INPUTS = ["client", "lib", "tools", "LICENSE", "deno.json", "deno.lock"];

/** A SHA-256 of names and contents; changes whenever a build could come out differently. */
export async function fingerprint(root: string): Promise<string> {
  const files = (await Promise.all(INPUTS.map((path) => filesOf(root, path)))).flat().sort();
  const contents = await Promise.all(files.map((path) => Deno.readFile(`${root}/${path}`)));
  const hash = createHash("sha256");
  for (const [index, path] of files.entries()) {
    const content = contents[index]!;
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

/** @throws {Error} if a bundle read a source that the hash does not cover, so that it could go stale. */
export function checkCovered(sources: string[]): void {
  const strange = sources.find((path) =>
    !path.startsWith("node_modules/") && !INPUTS.includes(path.split("/")[0]!)
  );
  if (strange === undefined) return;
  throw new Error(
    `Cannot bundle "${strange}": expected sources under ${INPUTS.join(", ")} or node_modules; ` +
      `add its folder to INPUTS in tools/build/inputs.ts`,
  );
}

async function filesOf(root: string, path: string): Promise<string[]> {
  const info = await Deno.stat(`${root}/${path}`).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  });
  if (info === undefined) return [];
  if (info.isFile) return [path];
  const files: Promise<string[]>[] = [];
  for await (const entry of Deno.readDir(`${root}/${path}`)) {
    files.push(filesOf(root, `${path}/${entry.name}`));
  }
  return (await Promise.all(files)).flat();
}
