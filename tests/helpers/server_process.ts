/**
 * A server of a test's own as a process, that can be made to fail.
 *
 * @module
 */
import { linesOf } from "./lines.ts";

export interface ServerProcess extends AsyncDisposable {
  /** Of the process as it was started first. */
  readonly pid: number;
  /** Ends it by SIGKILL, and waits. */
  kill(): Promise<void>;
  /** Starts it again after `kill`, as it was. */
  start(): Promise<void>;
  /** Stops it in its tracks (SIGSTOP): connections stay, and nothing answers. */
  pause(): void;
  /** Lets it go on (SIGCONT). */
  resume(): void;
}

export interface ServerOptions {
  /** For people. */
  name: string;
  program: string;
  args: string[];
  cwd?: string;
  env?: Record<string, string>;
  /** What it prints when it can be used. */
  ready: RegExp;
  limitMs: number;
  /** The signal by which its last end is asked for; by default SIGKILL. */
  endBy?: Deno.Signal;
}

/** Starts it and waits until it is ready. @throws {Error} with what it printed, when it ends before or takes too long. */
export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  let running = await run(options);
  return {
    pid: running.child.pid,
    kill: () => running.end(),
    async start() {
      running = await run(options);
    },
    pause: () => running.child.kill("SIGSTOP"),
    resume: () => running.child.kill("SIGCONT"),
    [Symbol.asyncDispose]: () => running.end(options.endBy),
  };
}

async function run({ name, program, args, cwd, env = {}, ready, limitMs }: ServerOptions) {
  const child = new Deno.Command(program, {
    args,
    cwd,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const printed: string[] = [];
  const isReady = Promise.withResolvers<void>();
  async function read(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const line of linesOf(stream)) {
      printed.push(line);
      if (ready.test(line)) isReady.resolve();
    }
  }
  const fail = (why: string) =>
    isReady.reject(
      new Error(
        `Cannot start ${name} by ${program} ${
          args.join(" ")
        }: ${why} before it printed ${ready}; it printed:\n${printed.join("\n")}`,
      ),
    );
  const ended = Promise.all([child.status, read(child.stdout), read(child.stderr)])
    .then(([{ code }]) => fail(`it ended with ${code}`));
  const end = async (signal: Deno.Signal = "SIGKILL") => {
    try {
      child.kill(signal);
    } catch (error) {
      // It has ended meanwhile.
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
    await ended;
  };
  const timer = setTimeout(() => fail(`${limitMs} ms went by`), limitMs);
  try {
    await isReady.promise;
  } catch (error) {
    await end();
    throw error;
  } finally {
    clearTimeout(timer);
  }
  return { child, end };
}
