/**
 * What was measured, as it is kept in bench.json: the last result of each target, whenever that was.
 *
 * @module
 */
import type { Machine } from "../system/machine.ts";
import type { Figure } from "./figure.ts";

/** How much is measured: all, or what can be in a minute. */
export type Scale = "full" | "quick";

/** Of one target. */
export interface Result {
  /** ISO 8601, when it was begun. */
  readonly date: string;
  readonly seconds: number;
  readonly scale: Scale;
  readonly machine: Machine;
  /** Which code, as git names it, where it could be asked. */
  readonly revision?: string;
  /** Processes that wanted to run, over the minute before it and its last one. */
  readonly load: { readonly before: number; readonly after: number };
  readonly figures: readonly Figure[];
  /** Why there are none: the measurement failed, which says nothing about the target. */
  readonly failure?: string;
}

/** By the target's name, e.g. `T1`. */
export type Results = Readonly<Record<string, Result>>;

/** Reads bench.json; nothing, where there is none. @throws {Error} (rejects) where it cannot be read. */
export async function readResults(path: URL): Promise<Results> {
  try {
    return JSON.parse(await Deno.readTextFile(path)).targets ?? {};
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw new Error(
      `Cannot read ${path.pathname}: expected the results of earlier runs, or no file`,
      {
        cause: error,
      },
    );
  }
}

/** All of it or nothing: whoever ends the bench meanwhile has the old one. */
export async function writeResults(path: URL, targets: Results): Promise<void> {
  const next = new URL(`${path}.next`);
  await Deno.writeTextFile(next, JSON.stringify({ targets }, null, 1) + "\n");
  await Deno.rename(next, path);
}
