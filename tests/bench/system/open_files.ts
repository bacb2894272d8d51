import { hasProc, openFileLimit } from "./proc.ts";

/** As T5 needs them, in one process; children inherit it. */
const WANTED = 20_000;

/**
 * Where too few open files are allowed, runs the script again with more, and returns its exit code; else returns
 * undefined at once. A limit that cannot be raised is left to the measurement to judge.
 */
export async function withOpenFiles(script: string, args: string[]): Promise<number | undefined> {
  if (!hasProc() || openFileLimit() >= WANTED || Deno.env.has(RAISED)) return undefined;
  const raise = `ulimit -n ${WANTED} 2>/dev/null || ulimit -n "$(ulimit -Hn)"; exec "$@"`;
  const { code } = await new Deno.Command("sh", {
    args: ["-c", raise, "sh", Deno.execPath(), "run", "-A", script, ...args],
    env: { [RAISED]: "1" },
  }).spawn().status;
  return code;
}

/** Set for the second start, so that there is no third. */
const RAISED = "BENCH_OPEN_FILES_RAISED";
