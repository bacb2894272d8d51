/** Where everything that is measured is written: a folder of the checkout that git ignores. */
export const FOLDER = new URL("../../../bench/", import.meta.url);

/** Path of a file in it; the folder is there afterwards. */
export async function inFolder(name: string): Promise<URL> {
  await Deno.mkdir(FOLDER, { recursive: true });
  return new URL(name, FOLDER);
}
