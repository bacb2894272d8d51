/**
 * Ends what the bench has started when the bench itself ends, however that is: servers and browsers that went on would be load
 * for the next run. A process of its own, which reads its input to the end; that comes with the end of the bench, also
 * by SIGKILL. What has been started, by whichever process, is known by its environment.
 *
 * @module
 */
import { hasProc, pause } from "./proc.ts";

/** In the environment of a run and of all that it starts. */
const MARK = "BENCH_RUN";
/** Between asking what is left to end, and ending it. */
const GRACE_MS = 5_000;

/** Held, since the input of the other process ends where nobody holds it. */
let watching: Deno.ChildProcess | undefined;

if (import.meta.main) {
  // What ends the bench by a key at the terminal is sent here too: this one ends after it.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    Deno.addSignalListener(signal, () => {});
  }
  for await (const _ of Deno.stdin.readable);
  await endAll(Deno.env.get(MARK)!);
  Deno.exit(0);
}

/** From now on, what this process and its children start ends with it. Does nothing where there is no /proc. */
export function endChildrenWithThis(): void {
  if (!hasProc() || Deno.env.has(MARK)) return;
  Deno.env.set(MARK, crypto.randomUUID());
  watching = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", import.meta.filename!],
    stdin: "piped",
    stdout: "null",
  }).spawn();
  watching.unref();
}

async function endAll(run: string): Promise<void> {
  // Some have something of their own to put away.
  for (const pid of processesOf(run)) signal(pid, "SIGTERM");
  const limit = performance.now() + GRACE_MS;
  while (processesOf(run).length > 0 && performance.now() < limit) await pause(100);
  for (const pid of processesOf(run)) signal(pid, "SIGKILL");
}

/** All of a run that are alive, but for this one. */
function processesOf(run: string): number[] {
  const names = [...Deno.readDirSync("/proc")].map(({ name }) => name);
  return names.filter((name) => /^\d+$/.test(name)).map(Number)
    .filter((pid) => pid !== Deno.pid && isOf(run, environmentOf(pid)));
}

/** Whether an environment, as /proc tells of it, is that of a process of this run. */
export function isOf(run: string, environment: string): boolean {
  return environment.split("\0").includes(`${MARK}=${run}`);
}

/** Empty for those that are gone, or that are of others. */
function environmentOf(pid: number): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/environ`);
  } catch {
    return "";
  }
}

function signal(pid: number, name: Deno.Signal): void {
  try {
    Deno.kill(pid, name);
  } catch {
    // It has ended meanwhile.
  }
}
