/**
 * Where everything that is measured is written: a folder of the checkout that git ignores.
 *
 * @module
 */
import { report } from "./markdown.ts";
import { plotsOf } from "./plots.ts";
import type { Results } from "./results.ts";

const FOLDER = new URL("../../../bench/", import.meta.url);
/** The last report that somebody has looked through, and what is added to it by hand. */
const REVIEWED = new URL("../../../docs/bench/", import.meta.url);

/** Path of a file in it; its folder is there afterwards. */
export async function inFolder(name: string): Promise<URL> {
  const path = new URL(name, FOLDER);
  await Deno.mkdir(new URL(".", path), { recursive: true });
  return path;
}

/** Draws the plots and writes report.md; `folder` is empty, or the name of one within that ends in a slash. */
export async function writeReport(folder: string, results: Results): Promise<void> {
  for (const [target, { figures }] of Object.entries(results)) {
    for (const { name, svg } of plotsOf(target, figures)) {
      await Deno.writeTextFile(await inFolder(`${folder}${name}.svg`), svg);
    }
  }
  const path = await inFolder(`${folder}report.md`);
  const pictures = await picturesIn(new URL(".", path));
  const profile = await textOf(new URL("profile.md", REVIEWED));
  await Deno.writeTextFile(path, report({ results, pictures, profile }));
}

/** Copies the report and its pictures to docs/bench/, in place of the last one; returns where that is. */
export async function publish(): Promise<string> {
  await Deno.mkdir(REVIEWED, { recursive: true });
  const text = await Deno.readTextFile(new URL("report.md", FOLDER));
  const used = (await picturesIn(FOLDER)).filter((name) => text.includes(`(${name})`));
  const old = await textOf(new URL("report.md", REVIEWED)) ?? "";
  for (const name of await picturesIn(REVIEWED)) {
    if (old.includes(`(${name})`)) await Deno.remove(new URL(name, REVIEWED));
  }
  for (const name of ["report.md", ...used]) {
    await Deno.copyFile(new URL(name, FOLDER), new URL(name, REVIEWED));
  }
  return REVIEWED.pathname;
}

async function picturesIn(folder: URL): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) if (name.endsWith(".svg")) names.push(name);
  return names.sort();
}

async function textOf(path: URL): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
