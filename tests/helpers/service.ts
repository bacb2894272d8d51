/**
 * A node of the service as a process of its own, as an operator starts it.
 *
 * @module
 */
import { linesOf } from "./lines.ts";

export interface ServiceOptions {
  /** Added to the environment; by default the port is any free one of 127.0.0.1. */
  env?: Record<string, string>;
  /** Arguments of main.ts, by default `--dev`. */
  args?: string[];
  /** What it tells its Deno, before `main.ts`. */
  flags?: readonly string[];
  /** The executable, by default the Deno that runs the test. */
  deno?: string;
  /** What its command line follows, to run it in a network namespace for example. */
  within?: readonly string[];
}

export interface Service extends AsyncDisposable {
  /** `http://127.0.0.1:...`, without a slash at the end. */
  readonly url: string;
  /** Of `/v1/signal`. */
  readonly wsUrl: string;
  readonly pid: number;
  /** What it printed so far, a line each, both streams. */
  readonly logs: readonly string[];
  /** How it ended. */
  readonly exited: Promise<Deno.CommandStatus>;
  /** The first line, past or to come, that matches. */
  log(pattern: RegExp, timeoutMs?: number): Promise<string>;
  kill(signal: Deno.Signal): void;
  /** Ends it by SIGTERM and waits; a second call only waits. @throws {Error} if it does not end in time. */
  stop(): Promise<Deno.CommandStatus>;
}

const START_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 10_000;

/**
 * Starts main.ts and waits until it listens. `await using` stops it at the end of the block.
 *
 * @throws {Error} with all that it printed, if it ends before or takes longer than 20 s.
 */
export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const { env = {}, args = ["--dev"], flags = [], deno = Deno.execPath(), within = [] } = options;
  const [program = deno, ...before] = [...within, deno];
  const child = new Deno.Command(program, {
    args: [...before, "run", "-A", "--no-prompt", ...flags, "main.ts", ...args],
    cwd: new URL("../../", import.meta.url),
    env: { PORT: "0", HOST: "127.0.0.1", NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const log = new Log(child);
  const exited = Promise.all([child.status, log.ended]).then(([status]) => status);
  try {
    const line = await log.find(/"url":"http/, START_LIMIT_MS);
    const url = new URL(JSON.parse(line).url).origin;
    return new RunningService(child, url, log, exited);
  } catch (error) {
    end(child, "SIGKILL");
    await exited;
    throw new Error(
      `Cannot start the service by \`${deno} run -A main.ts ${args.join(" ")}\`: ${
        error instanceof Error ? error.message : error
      }`,
    );
  }
}

class RunningService implements Service {
  readonly wsUrl: string;
  readonly pid: number;
  #stopping: Promise<Deno.CommandStatus> | undefined;

  constructor(
    readonly child: Deno.ChildProcess,
    readonly url: string,
    readonly output: Log,
    readonly exited: Promise<Deno.CommandStatus>,
  ) {
    this.wsUrl = `${url.replace(/^http/, "ws")}/v1/signal`;
    this.pid = child.pid;
  }

  get logs(): readonly string[] {
    return this.output.lines;
  }

  log(pattern: RegExp, timeoutMs = START_LIMIT_MS): Promise<string> {
    return this.output.find(pattern, timeoutMs);
  }

  kill(signal: Deno.Signal): void {
    end(this.child, signal);
  }

  stop(): Promise<Deno.CommandStatus> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #stop(): Promise<Deno.CommandStatus> {
    this.kill("SIGTERM");
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.kill("SIGKILL");
    }, STOP_LIMIT_MS);
    const status = await this.exited;
    clearTimeout(timer);
    if (!late) return status;
    throw new Error(
      `Cannot stop the service: expected it to end within ${STOP_LIMIT_MS} ms of SIGTERM; ` +
        `it printed:\n${this.logs.join("\n")}`,
    );
  }
}

/** Both output streams of a process. Reads them to their end, so that nothing of it leaks. */
class Log {
  readonly lines: string[] = [];
  readonly ended: Promise<void>;
  readonly #watchers = new Set<() => void>();
  #open = true;

  constructor(child: Deno.ChildProcess) {
    this.ended = Promise.all([this.#read(child.stdout), this.#read(child.stderr)]).then(() => {
      this.#open = false;
      this.#notify();
    });
  }

  find(pattern: RegExp, timeoutMs: number): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const fail = (why: string) =>
      reject(
        new Error(`${why} before it printed ${pattern}; it printed:\n${this.lines.join("\n")}`),
      );
    const timer = setTimeout(() => fail(`${timeoutMs} ms went by`), timeoutMs);
    const look = () => {
      const line = this.lines.find((line) => pattern.test(line));
      if (line !== undefined) resolve(line);
      else if (!this.#open) fail("it ended");
    };
    this.#watchers.add(look);
    look();
    return promise.finally(() => {
      clearTimeout(timer);
      this.#watchers.delete(look);
    });
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const line of linesOf(stream)) {
      this.lines.push(line);
      this.#notify();
    }
  }

  #notify(): void {
    for (const look of this.#watchers) look();
  }
}

/** A process that has ended meanwhile needs no signal. */
function end(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
  }
}
