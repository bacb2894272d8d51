/**
 * The API page: swagger-ui as it is published, and a page of ours that opens it.
 *
 * @module
 */

const ASSETS = ["swagger-ui-bundle.js", "swagger-ui.css", "LICENSE"];

/** Copies swagger-ui's assets and tools/docs_page. */
export async function copyDocs(root: string, target: string): Promise<void> {
  await Deno.mkdir(target, { recursive: true });
  const copy = (folder: string, names: string[]) =>
    names.map((name) => Deno.copyFile(`${root}/${folder}/${name}`, `${target}/${name}`));
  await Promise.all([
    ...copy("node_modules/swagger-ui-dist", ASSETS),
    ...copy("tools/docs_page", ["index.html", "docs.js"]),
  ]);
}
