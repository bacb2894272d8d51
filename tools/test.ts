/**
 * `deno task test`: everything. Gets what is missing where it can, runs the checks and all tests, and
 * ends with a line `N passed, N failed`. What cannot run fails; nothing is left out in silence.
 *
 * @module
 */
import { HangWatch } from "./test/hang.ts";
import { ensure, REQUIREMENTS } from "./test/requirements.ts";
import { type Tally, tallyOf } from "./test/tally.ts";

const ROOT = new URL("..", import.meta.url);

/** Quick ones side by side; those that start services and browsers one after the other. */
const RUNS = [
  { folders: ["tests/unit", "tests/contract"], flags: ["--parallel"] },
  { folders: ["tests/integration", "tests/e2e", "tests/lab"], flags: [] },
];

if (import.meta.main) Deno.exit(await main());

async function main(): Promise<number> {
  const env: Record<string, string> = { NO_COLOR: "1" };
  for (const requirement of REQUIREMENTS) {
    try {
      env[requirement.variable] = await ensure(requirement);
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
      return 1;
    }
  }
  const total: Tally = { passed: 0, failed: 0, ignored: 0 };
  if (!await check(env)) total.failed++;
  for (const { folders, flags } of RUNS) {
    const present = folders.filter(exists);
    if (present.length > 0) add(total, await runTests(present, flags, env));
  }
  if (total.ignored > 0) console.log(`\n${total.ignored} ignored: see "ignored" above`);
  console.log(`\n${total.passed} passed, ${total.failed} failed`);
  return total.failed > 0 || total.passed === 0 ? 1 : 0;
}

/** The checks of `deno task ok`; when they fail the tests run nevertheless, to tell all in one go. */
async function check(env: Record<string, string>): Promise<boolean> {
  const { success } = await deno(["task", "check"], env, "inherit").status;
  if (!success) console.error("\nFAILED: deno task check");
  return success;
}

async function runTests(
  folders: string[],
  flags: string[],
  env: Record<string, string>,
): Promise<Tally> {
  const args = ["test", "-A", ...flags, ...folders];
  const child = deno(args, env, "piped");
  using watch = new HangWatch(child);
  const output = await streamed(child.stdout, watch);
  const { success, code } = await child.status;
  if (watch.hung) console.error("\nFAILED: for minutes no test came to its end; ended the run");
  const tally = tallyOf(output);
  if (tally !== undefined && (success || tally.failed > 0)) return tally;
  console.error(`\nFAILED: deno ${args.join(" ")} ended with code ${code}`);
  const { passed = 0, failed = 0, ignored = 0 } = tally ?? {};
  return { passed, failed: failed + 1, ignored };
}

function deno(
  args: string[],
  env: Record<string, string>,
  stdout: "inherit" | "piped",
): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), { args, cwd: ROOT, env, stdin: "null", stdout }).spawn();
}

/** Passes on what comes as it comes, and returns it all. */
async function streamed(
  source: ReadableStream<Uint8Array<ArrayBuffer>>,
  watch: HangWatch,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of source) {
    const came = decoder.decode(chunk, { stream: true });
    watch.read(came);
    text += came;
    for (let sent = 0; sent < chunk.length;) sent += await Deno.stdout.write(chunk.subarray(sent));
  }
  return text + decoder.decode();
}

function add(total: Tally, more: Tally): void {
  total.passed += more.passed;
  total.failed += more.failed;
  total.ignored += more.ignored;
}

function exists(folder: string): boolean {
  try {
    return Deno.statSync(new URL(folder, ROOT)).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
