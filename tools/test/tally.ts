/**
 * The numbers at the end of what `deno test` prints.
 *
 * @module
 */
import { stripVTControlCharacters } from "node:util";

export interface Tally {
  passed: number;
  failed: number;
  /** Tests and steps that were told not to run. */
  ignored: number;
}

const CLOSING_LINE = /^(?:ok|FAILED) \| (\d+) passed(?: \([^)]*\))? \| (\d+) failed(.*)$/gm;

/** Reads the last closing line; undefined when there is none, because the run broke off. */
export function tallyOf(output: string): Tally | undefined {
  const line = [...stripVTControlCharacters(output).matchAll(CLOSING_LINE)].at(-1);
  if (line === undefined) return undefined;
  const [, passed, failed, rest = ""] = line;
  const [, ignored = 0, steps = 0] = rest.match(/\| (\d+) ignored(?: \((\d+) steps?\))?/) ?? [];
  return {
    passed: Number(passed),
    failed: Number(failed),
    ignored: Number(ignored) + Number(steps),
  };
}
