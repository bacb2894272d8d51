/**
 * Puts a finished build in place, so that whoever reads dist/ meanwhile sees whole files only,
 * and an interrupted or doubled build leaves nothing stale behind.
 *
 * @module
 */
import { dirname } from "node:path";

/** The mark of a whole build: the hash of its inputs and the files that came out. Written last. */
interface Mark {
  inputs: string;
  files: string[];
}

const MARK = ".inputs";
const LOCK = ".lock";
const WORK = ".work";

/** Whether `dist` holds a whole build of these inputs. */
export async function isCurrent(dist: string, inputs: string): Promise<boolean> {
  try {
    const mark: Mark = JSON.parse(await Deno.readTextFile(`${dist}/${MARK}`));
    if (mark.inputs !== inputs) return false;
    await Promise.all(mark.files.map((file) => Deno.stat(`${dist}/${file}`)));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return false;
    throw error;
  }
}

/**
 * Lets `make` fill a folder, then moves what came out into `dist`. Builds take turns by a file lock,
 * which the system gives back even when one is killed. Returns false when another did it meanwhile.
 */
export async function publish(
  dist: string,
  inputs: string,
  make: (target: string) => Promise<void>,
): Promise<boolean> {
  await Deno.mkdir(dist, { recursive: true });
  using lock = await Deno.open(`${dist}/${LOCK}`, { create: true, write: true });
  await lock.lock(true);
  if (await isCurrent(dist, inputs)) return false;
  const work = `${dist}/${WORK}`;
  await remove(work);
  await Deno.mkdir(work);
  try {
    await make(work);
    await moveInto(dist, work, inputs);
  } finally {
    await remove(work);
  }
  return true;
}

/** Entry files come after the files that they load; the mark goes first and comes back last. */
async function moveInto(dist: string, work: string, inputs: string): Promise<void> {
  const files = await listFiles(work);
  await remove(`${dist}/${MARK}`);
  for (const file of files.sort((a, b) => loadOrder(a) - loadOrder(b))) {
    await Deno.mkdir(dirname(`${dist}/${file}`), { recursive: true });
    await Deno.rename(`${work}/${file}`, `${dist}/${file}`);
  }
  for (const file of await listFiles(dist)) {
    const ours = file === LOCK || file.startsWith(`${WORK}/`);
    if (!ours && !files.includes(file)) await remove(`${dist}/${file}`);
  }
  const mark: Mark = { inputs, files };
  await Deno.writeTextFile(`${work}/${MARK}`, JSON.stringify(mark));
  await Deno.rename(`${work}/${MARK}`, `${dist}/${MARK}`);
}

function loadOrder(file: string): number {
  if (file.endsWith(".html")) return 2;
  return file === "client.js" ? 1 : 0;
}

async function listFiles(folder: string, under = ""): Promise<string[]> {
  const files: string[] = [];
  for await (const entry of Deno.readDir(`${folder}/${under}`)) {
    const path = `${under}${entry.name}`;
    if (entry.isDirectory) files.push(...await listFiles(folder, `${path}/`));
    else files.push(path);
  }
  return files;
}

async function remove(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}
