/**
 * `deno task chaos`: real nodes, real servers, many calls, and everything goes wrong. Says what it saw and ends with 1 if
 * anything was not as it should be. The same seed gives the same faults in the same order.
 *
 * @module
 */
import { withOpenFiles } from "../bench/system/open_files.ts";
import { between } from "./random.ts";
import { type ChaosOptions, readOptions, usage } from "./options.ts";
import { type Outcome, reportOf } from "./report.ts";
import { runChaos } from "./run.ts";

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: string[]): Promise<number> {
  let options: ChaosOptions;
  try {
    options = readOptions(args, between(1, 1_000_000, Math.random));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage()}`);
    return 2;
  }
  const elsewhere = await withOpenFiles(import.meta.filename!, args);
  if (elsewhere !== undefined) return elsewhere;
  console.log(`seed ${options.seed}`);
  const outcome = await runChaos(options, (line) => console.log(line));
  console.log(reportOf(outcome));
  if (options.logs !== undefined) await keep(options.logs, outcome);
  return outcome.violations.length > 0 ? 1 : 0;
}

/** What the nodes printed, and who was told to have left: for whoever looks for the cause. */
async function keep(folder: string, { printed, crowd, violations }: Outcome): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const files: Record<string, string[]> = Object.fromEntries(
    printed.map((lines, index) => [`node_${index + 1}`, [...lines]]),
  );
  files.wrong_lefts = [...crowd.wrongLefts.values()].map(({ at, ...rest }) =>
    JSON.stringify({ time: new Date(at).toISOString(), ...rest })
  );
  files.violations = violations.flatMap(({ what, cases }) => cases.map((one) => `${what}: ${one}`));
  for (const [name, lines] of Object.entries(files)) {
    await Deno.writeTextFile(`${folder}/${name}.log`, lines.join("\n") + "\n");
  }
}
